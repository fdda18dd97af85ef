import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import { parseImageReference } from '../../image-ref.ts';
import { cancelled, createOperation, type Operation, throwIfCancelled } from '../../lib/operation.ts';
import { createRedactor } from '../../lib/secret.ts';
import type { Engine } from '../connection/engine.ts';
import { EngineHttpError } from '../connection/http.ts';
import { readJsonLines } from '../connection/json-lines.ts';
import { type RegistryCredentials, registryAuthHeader } from '../credentials/registry-auth.ts';
import { pushFailure } from './failure.ts';
import { pushInLayerOrder } from './layer-order.ts';
import { LayerCounter, type PushProgress } from './progress.ts';
import { readPushLine } from './push-line.ts';

export type PushEvent =
  | { readonly type: 'push-started'; readonly reference: string }
  | {
      readonly type: 'push-progress';
      readonly reference: string;
      readonly image: PushProgress;
      /** The sum over all images. A layer that several images share counts once. */
      readonly overall: PushProgress;
    }
  | { readonly type: 'push-retrying'; readonly reference: string; readonly layer: string }
  | { readonly type: 'push-finished'; readonly image: PushedImage }
  | { readonly type: 'push-failed'; readonly reference: string; readonly error: ObjDockerError }
  | { readonly type: 'warning'; readonly message: string };

export interface PushedImage {
  readonly reference: string;
  /** The digest of the pushed manifest or index. */
  readonly digest: string;
  readonly durationMs: number;
}

export interface PushResult {
  /** In the order of the given references. */
  readonly images: readonly PushedImage[];
  /** Uploaded layer bytes. With the containerd store, the engine does not report small layers. */
  readonly bytesSent: number;
  readonly durationMs: number;
}

export interface PushImagesOptions {
  /** Credentials for the registry of the references. */
  readonly auth?: RegistryCredentials | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Number of parallel pushes. @default 4 */
  readonly concurrency?: number | undefined;
}

interface Job {
  readonly reference: string;
  readonly domain: string;
  readonly name: string;
  readonly tag: string;
  readonly layers: readonly string[];
}

/**
 * Pushes images over the Engine API. Credentials are sent in a header and never written to disk. Shared layers are uploaded once.
 *
 * When a push fails, the running ones finish and no new one starts. The error's details list the images that were `pushed` (with
 * digests), `failed` and `notPushed`.
 *
 * @throws {ObjDockerError} (from `result` and from the loop) IMAGE_NOT_BUILT, before anything is pushed; PUSH_FAILED or a
 * REGISTRY_ code; CANCELLED.
 */
export function pushImages(
  engine: Engine,
  references: readonly string[],
  options: PushImagesOptions = {},
): Operation<PushEvent, PushResult> {
  return createOperation(async ({ emit, signal }) => {
    const started = performance.now();
    const jobs = await findImages(engine, references, signal);
    const overall = new LayerCounter();
    const pushed = new Map<string, PushedImage>();
    const failures = new Map<string, ObjDockerError>();
    await pushInLayerOrder(jobs, options.concurrency ?? 4, async (job) => {
      try {
        const image = await pushOne(engine, job, options, { emit, signal, overall });
        pushed.set(job.reference, image);
        emit({ type: 'push-finished', image });
        return true;
      } catch (error) {
        const failure = signal.aborted ? cancelled(signal) : await engine.explain(error);
        failures.set(job.reference, failure);
        if (!signal.aborted) emit({ type: 'push-failed', reference: job.reference, error: failure });
        return false;
      }
    });
    throwIfCancelled(signal);
    if (failures.size > 0) throw summarize(references, pushed, failures);
    return {
      images: references.flatMap((reference) => pushed.get(reference) ?? []),
      bytesSent: overall.progress.bytes,
      durationMs: performance.now() - started,
    };
  }, options.signal);
}

async function findImages(engine: Engine, references: readonly string[], signal: AbortSignal): Promise<Job[]> {
  const found = await Promise.all(
    [...new Set(references)].map(async (reference) => {
      const { domain, path, tag = 'latest', digest } = parseImageReference(reference);
      if (digest !== undefined) {
        throw new ObjDockerError('REFERENCE_INVALID', `cannot push ${reference}: it has a digest`, {
          hint: 'Push a reference with a tag.',
        });
      }
      const name = `${domain}/${path}`;
      const image = await engine.inspectImage(`${name}:${tag}`, { signal });
      return { reference, domain, name, tag, layers: image?.layers };
    }),
  );
  const missing = found.filter(({ layers }) => layers === undefined).map(({ reference }) => reference);
  if (missing.length > 0) {
    throw new ObjDockerError(
      'IMAGE_NOT_BUILT',
      `cannot push ${missing.join(', ')}: the engine has no such image; nothing was pushed`,
      {
        hint: 'Build it first: objdocker build',
        details: { missing },
      },
    );
  }
  return found.map((job) => ({ ...job, layers: job.layers ?? [] }));
}

async function pushOne(
  engine: Engine,
  job: Job,
  { auth = {} }: PushImagesOptions,
  { emit, signal, overall }: { emit: (event: PushEvent) => void; signal: AbortSignal; overall: LayerCounter },
): Promise<PushedImage> {
  const { reference } = job;
  const started = performance.now();
  const redact = createRedactor([auth.credentials, auth.identityToken].filter((secret) => secret !== undefined));
  emit({ type: 'push-started', reference });
  const image = new LayerCounter();
  let digest: string | undefined;
  for await (const raw of readJsonLines(await openStream(engine, job, auth, signal))) {
    const line = readPushLine(raw);
    if (line.kind === 'error') throw pushFailure(redact(line.message), reference, job.domain);
    if (line.kind === 'digest') digest = line.digest;
    if (line.kind !== 'layer') continue;
    if (line.status === 'retrying') emit({ type: 'push-retrying', reference, layer: line.layer });
    image.add(line);
    overall.add(line);
    emit({ type: 'push-progress', reference, image: image.progress, overall: overall.progress });
  }
  if (digest === undefined) {
    throw new ObjDockerError('PUSH_FAILED', `cannot push ${reference}: the engine's response ended without a digest`, {
      hint: "Read the engine's log: it may have restarted.",
    });
  }
  return { reference, digest, durationMs: performance.now() - started };
}

async function openStream(
  engine: Engine,
  job: Job,
  auth: RegistryCredentials,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const path = `${engine.apiPath}/images/${encodePath(job.name)}/push?tag=${encodeURIComponent(job.tag)}`;
  try {
    return await engine.http.send(path, {
      method: 'POST',
      headers: { 'X-Registry-Auth': registryAuthHeader(job.domain, auth) },
      signal,
    });
  } catch (error) {
    if (error instanceof EngineHttpError) throw pushFailure(error.message, job.reference, job.domain);
    throw error;
  }
}

function encodePath(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/');
}

/** Makes one error: code and hint of the first failure, and the result of each image in the details. */
function summarize(
  references: readonly string[],
  pushed: ReadonlyMap<string, PushedImage>,
  failures: ReadonlyMap<string, ObjDockerError>,
): ObjDockerError {
  const [first] = failures.values();
  if (first === undefined || !isObjDockerError(first)) throw new TypeError('there is no failure to summarize');
  const notPushed = references.filter((reference) => !pushed.has(reference));
  const count = references.length === 1 ? '' : ` (${pushed.size} of ${references.length} images were pushed)`;
  return new ObjDockerError(first.code, first.message + count, {
    hint: first.hint,
    cause: first,
    details: {
      pushed: [...pushed.values()].map(({ reference, digest }) => ({ reference, digest })),
      failed: [...failures].map(([reference, error]) => ({ reference, code: error.code, message: error.message })),
      notPushed: notPushed.filter((reference) => !failures.has(reference)),
    },
  });
}
