import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import { parseImageReference } from '../../image-ref.ts';
import { cancelled, createOperation, type Operation, throwIfCancelled } from '../../lib/operation.ts';
import { createRedactor } from '../../lib/secret.ts';
import type { Engine } from '../connection/engine.ts';
import { EngineHttpError } from '../connection/engine-http.ts';
import { readJsonLines } from '../connection/json-lines.ts';
import { type RegistryCredentials, registryAuthHeader } from '../credentials/registry-auth.ts';
import { pushFailure } from './failure.ts';
import { pushInLayerOrder } from './order.ts';
import { LayerCounter, type PushProgress } from './progress.ts';
import { readPushLine } from './stream.ts';

export type PushEvent =
  | { readonly type: 'push-started'; readonly reference: string }
  | {
      readonly type: 'push-progress';
      readonly reference: string;
      readonly image: PushProgress;
      /** Over all images; a layer that several have is counted once. */
      readonly overall: PushProgress;
    }
  | { readonly type: 'push-retrying'; readonly reference: string; readonly layer: string }
  | { readonly type: 'push-finished'; readonly image: PushedImage }
  | { readonly type: 'push-failed'; readonly reference: string; readonly error: ObjDockerError };

export interface PushedImage {
  readonly reference: string;
  /** Of the manifest or index that the registry now has. */
  readonly digest: string;
  readonly durationMs: number;
}

export interface PushResult {
  /** In the order that was asked for. */
  readonly images: readonly PushedImage[];
  /** Layer bytes that were sent, as far as the engine tells: the containerd store is silent about small layers. */
  readonly bytesSent: number;
  readonly durationMs: number;
}

export interface PushImagesOptions {
  /** For the registry of the references. */
  readonly auth?: RegistryCredentials | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Pushes at once. @default 4 */
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
 * Pushes images over the Engine API, so that credentials travel in a header and are on no disk. Layers that images share
 * are sent once.
 *
 * Fails with IMAGE_NOT_BUILT, before anything is sent, when the engine lacks an image. When a push fails, those that run
 * are finished and no new one starts; the error's details say which images were `pushed` (with digests), which `failed`,
 * and which were `notPushed`.
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
    if (failures.size > 0) throw summarise(references, pushed, failures);
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
        throw new ObjDockerError('REFERENCE_INVALID', `cannot push ${reference}: a push needs a tag, not a digest`);
      }
      const name = `${domain}/${path}`;
      const image = await engine.inspectImage(`${name}:${tag}`, { signal });
      return { reference, domain, name, tag, layers: image?.layers };
    }),
  );
  const missing = found.filter(({ layers }) => layers === undefined).map(({ reference }) => reference);
  if (missing.length > 0) {
    throw new ObjDockerError('IMAGE_NOT_BUILT', `the engine has no image ${missing.join(', ')}; nothing was pushed`, {
      hint: 'Build it first: objdocker build',
      details: { missing },
    });
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
    throw new ObjDockerError('PUSH_FAILED', `cannot push ${reference}: the engine's answer ended without a digest`, {
      hint: "Look at the engine's log: it may have been restarted.",
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

/** One error for all: the first failure's code and hint, and in the details what happened to each image. */
function summarise(
  references: readonly string[],
  pushed: ReadonlyMap<string, PushedImage>,
  failures: ReadonlyMap<string, ObjDockerError>,
): ObjDockerError {
  const [first] = failures.values();
  if (first === undefined || !isObjDockerError(first)) throw new TypeError('there is no failure to summarise');
  const notPushed = references.filter((reference) => !pushed.has(reference));
  const among = references.length === 1 ? '' : ` (${pushed.size} of ${references.length} images were pushed)`;
  return new ObjDockerError(first.code, first.message + among, {
    hint: first.hint,
    cause: first,
    details: {
      pushed: [...pushed.values()].map(({ reference, digest }) => ({ reference, digest })),
      failed: [...failures].map(([reference, error]) => ({ reference, code: error.code, message: error.message })),
      notPushed: notPushed.filter((reference) => !failures.has(reference)),
    },
  });
}
