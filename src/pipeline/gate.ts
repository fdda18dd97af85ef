import { openPackageHarbor, type PackageHarbor, readTarget } from '../access/harbor-access.ts';
import type { Package } from '../config/package.ts';
import { isObjDockerError, ObjDockerError } from '../errors.ts';
import type { HarborRepository } from '../harbor/harbor.ts';
import type { ScanEvent } from '../harbor/scan/scan-event.ts';
import { createOperation, type Operation } from '../lib/operation.ts';
import { readWhenSettled } from '../obj-docker/harbor/scans.ts';
import type { PipelineEvent } from './events.ts';
import type { PipelineMachine } from './machine.ts';
import type { GateOptions, GateReport } from './obj-build.ts';
import { judge } from './policy/evaluate.ts';
import { type JudgedSubject, outcomeOfError } from './policy/image.ts';

/** Applies a package's policy to images that Harbor has already; see ObjBuild.gate. */
export function gatePackage(
  pkg: Package,
  repos: readonly string[],
  { signal: callerSignal, wait = false, timeoutMs, onRetry }: GateOptions,
  { environment }: PipelineMachine,
): Operation<PipelineEvent, GateReport> {
  return createOperation(async ({ emit, signal: calling }) => {
    if (repos.length === 0) throw nothingNamed();
    // All of it is read before anything is asked: a variable that is not set is an error then, and not after a long wait.
    const policy = { ...pkg.scan, allow: pkg.scan.allow.map((entry) => ({ ...entry })) };
    const names = readNames(pkg, repos);
    // What fails ends the others, which may wait for long.
    const failing = new AbortController();
    const signal = AbortSignal.any([calling, failing.signal]);
    const onWarning = (message: string): void => void emit({ type: 'warning', message });
    await using opened = await openPackageHarbor(pkg, { environment, signal, onWarning, onRetry });
    try {
      const images = distinct(await Promise.all(names.map((name) => findImage(opened, name, signal))));
      const subjects = await Promise.all(
        images.map((image) =>
          wait
            ? waitForSubject(image, { opened, timeoutMs: timeoutMs ?? policy.timeoutMs, signal }, (event) => {
                void emit({ type: 'scan', reference: image.reference, event });
              })
            : readSubject(image, signal),
        ),
      );
      const verdict = judge(policy, subjects, environment.now());
      void emit({ type: 'verdict', verdict });
      return { verdict, scans: subjects.flatMap(({ report }) => report ?? []) };
    } finally {
      failing.abort();
    }
  }, callerSignal);
}

/** A tag or digest in a repository of the project. */
interface ImageName {
  readonly repository: string;
  readonly reference: string;
}

/** What the texts name, each image once. */
function readNames(pkg: Package, repos: readonly string[]): ImageName[] {
  const names = new Map<string, ImageName>();
  for (const text of repos) {
    const { repository, reference = pkg.image.tag } = readTarget(pkg, text);
    names.set(`${repository} ${reference}`, { repository, reference });
  }
  return [...names.values()];
}

interface FoundImage {
  readonly repository: HarborRepository;
  /** With its project. */
  readonly path: string;
  readonly digest: string;
  /** In full. */
  readonly reference: string;
}

/** What was named twice, by two tags or by tag and digest, is one image. */
function distinct(images: readonly FoundImage[]): FoundImage[] {
  const byDigest = new Map<string, FoundImage>();
  for (const image of images) {
    const key = `${image.path}@${image.digest}`;
    if (!byDigest.has(key)) byDigest.set(key, image);
  }
  return [...byDigest.values()];
}

/** From here on an image is its digest: a tag may be moved while its scan is waited for. */
async function findImage(
  { harbor, project }: PackageHarbor,
  name: ImageName,
  signal: AbortSignal,
): Promise<FoundImage> {
  const repository = project.repository(name.repository);
  const { digest } = await repository.getArtifact(name.reference, { signal });
  const path = `${project.name}/${name.repository}`;
  const separator = name.reference.includes(':') ? '@' : ':';
  return { repository, path, digest, reference: `${harbor.host}/${path}${separator}${name.reference}` };
}

async function readSubject({ repository, digest }: FoundImage, signal: AbortSignal): Promise<JudgedSubject> {
  return { report: await repository.scanReport(digest, { signal }) };
}

/** How long to ask what is known of an image whose scan did not end in time. */
const REMAINS_WITHIN_MS = 10_000;

async function waitForSubject(
  image: FoundImage,
  {
    opened,
    timeoutMs,
    signal,
  }: { readonly opened: PackageHarbor; readonly timeoutMs: number; readonly signal: AbortSignal },
  emit: (event: ScanEvent) => void,
): Promise<JudgedSubject> {
  const { repository, path, digest } = image;
  try {
    const target = { project: opened.project, repository, reference: digest };
    return { report: await readWhenSettled(target, { timeoutMs, signal }, emit) };
  } catch (error) {
    const outcome = outcomeOfError(error);
    if (outcome === undefined) throw error;
    const known = await readSubject(image, AbortSignal.any([signal, AbortSignal.timeout(REMAINS_WITHIN_MS)])).catch(
      (cause: unknown) => {
        if (!isObjDockerError(cause) || signal.aborted) throw cause;
        return undefined;
      },
    );
    return { repository: path, digest, ...outcome, report: known?.report };
  }
}

function nothingNamed(): ObjDockerError {
  return new ObjDockerError('USAGE', 'the gate was told of no repository', {
    hint: 'Name one or more: objdocker gate services/api, api:1.0, api@sha256:…',
  });
}
