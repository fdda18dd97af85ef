import { openPackageHarbor, type PackageHarbor, readTarget } from '../access/harbor-access.ts';
import { tagOf } from '../config/image-name.ts';
import type { Package } from '../config/package.ts';
import { isObjDockerError, ObjDockerError } from '../errors.ts';
import type { HarborRepository } from '../harbor/harbor.ts';
import type { ScanEvent } from '../harbor/scan/scan-event.ts';
import { createOperation, type Operation } from '../lib/operation.ts';
import { formatAge } from '../lib/text/duration.ts';
import { findTarget, type TargetScope } from '../obj-docker/harbor/find-target.ts';
import { readServices } from '../obj-docker/harbor/read-services.ts';
import { readWhenSettled } from '../obj-docker/harbor/scans.ts';
import type { PipelineEvent } from './events.ts';
import type { GateOptions, GateReport, PipelineDependencies } from './options.ts';
import { evaluatePolicy } from './policy/evaluate.ts';
import { type GateImage, outcomeOfError } from './policy/image.ts';
import { checkAge, type ReportAge, renewReports } from './policy/report-age.ts';

/** Evaluates a package's policy on images that are already in Harbor; see ObjBuild.gate. */
export function gatePackage(
  pkg: Package,
  repos: readonly string[],
  { signal: callerSignal, wait = false, rescan, timeoutMs, onRetry }: GateOptions,
  { environment }: PipelineDependencies,
): Operation<PipelineEvent, GateReport> {
  return createOperation(async ({ emit, signal: operationSignal }) => {
    if (repos.length === 0) throw noRepository();
    // Read all config values before the first request: an unset variable must not fail after a long wait.
    const policy = { ...pkg.scan, allow: pkg.scan.allow.map((entry) => ({ ...entry })) };
    checkNames(pkg, repos);
    // An error cancels the other waits, which may be long.
    const failing = new AbortController();
    const signal = AbortSignal.any([operationSignal, failing.signal]);
    const onWarning = (message: string): void => void emit({ type: 'warning', message });
    await using harbor = await openPackageHarbor(pkg, { environment, signal, onWarning, onRetry });
    try {
      const scope: TargetScope = { pkg, services: readServices(pkg, environment), open: async () => harbor };
      const images = distinct(await Promise.all([...new Set(repos)].map((name) => findImage(scope, name, signal))));
      const scanned = await Promise.all(
        images.map((image) =>
          wait
            ? waitForReport(image, { harbor, timeoutMs: timeoutMs ?? policy.timeoutMs, signal }, (event) => {
                void emit({ type: 'scan', reference: image.reference, event });
              })
            : readReport(image, signal),
        ),
      );
      const age: ReportAge = { maxAgeMs: policy.maxAgeMs, now: harbor.now() };
      const current = await renewReports(
        scanned.map((image) => checkAge(image, age)),
        images,
        {
          project: harbor.project,
          rescan,
          timeoutMs: timeoutMs ?? policy.timeoutMs,
          signal,
          emit: (reference, event) => void emit({ type: 'scan', reference, event }),
        },
      );
      const database = await harbor.project.scannerDatabase({ signal });
      warnAboutDatabase(database, age.now, onWarning);
      const verdict = evaluatePolicy(policy, current, environment.now());
      void emit({ type: 'verdict', verdict });
      return {
        verdict: database === undefined ? verdict : { ...verdict, database },
        scans: current.flatMap(({ report }) => report ?? []),
      };
    } finally {
      failing.abort();
    }
  }, callerSignal);
}

/** Rejects what is not a name, or has no tag, before the first request. */
function checkNames(pkg: Package, repos: readonly string[]): void {
  for (const text of repos) if (readTarget(pkg, text).reference === undefined) tagOf(pkg);
}

interface FoundImage {
  readonly repository: HarborRepository;
  /** With the project. */
  readonly path: string;
  readonly digest: string;
  /** The full reference. */
  readonly reference: string;
}

/** Two tags, or a tag and a digest, may name the same image. */
function distinct(images: readonly FoundImage[]): FoundImage[] {
  const byDigest = new Map<string, FoundImage>();
  for (const image of images) {
    const key = `${image.path}@${image.digest}`;
    if (!byDigest.has(key)) byDigest.set(key, image);
  }
  return [...byDigest.values()];
}

/** Resolves the tag to a digest, because the tag may move while the gate waits for a scan. */
async function findImage(scope: TargetScope, text: string, signal: AbortSignal): Promise<FoundImage> {
  const { opened, project, repository, reference = tagOf(scope.pkg) } = await findTarget(scope, text, { signal });
  const { digest } = await repository.getArtifact(reference, { signal });
  const path = `${project.name}/${repository.name}`;
  const separator = reference.includes(':') ? '@' : ':';
  return { repository, path, digest, reference: `${opened.harbor.host}/${path}${separator}${reference}` };
}

async function readReport({ repository, digest }: FoundImage, signal: AbortSignal): Promise<GateImage> {
  return { report: await repository.scanReport(digest, { signal }) };
}

/** The deadline for reading the partial report of an image whose scan did not finish. */
const PARTIAL_REPORT_MS = 10_000;

async function waitForReport(
  image: FoundImage,
  {
    harbor,
    timeoutMs,
    signal,
  }: { readonly harbor: PackageHarbor; readonly timeoutMs: number; readonly signal: AbortSignal },
  emit: (event: ScanEvent) => void,
): Promise<GateImage> {
  const { repository, path, digest } = image;
  try {
    const target = { project: harbor.project, repository, reference: digest };
    return { report: await readWhenSettled(target, { timeoutMs, signal }, emit) };
  } catch (error) {
    const outcome = outcomeOfError(error);
    if (outcome === undefined) throw error;
    const partial = await readReport(image, AbortSignal.any([signal, AbortSignal.timeout(PARTIAL_REPORT_MS)])).catch(
      (cause: unknown) => {
        if (!isObjDockerError(cause) || signal.aborted) throw cause;
        return undefined;
      },
    );
    return { repository: path, digest, ...outcome, report: partial?.report };
  }
}

/** A database of vulnerabilities that is older may lack what is known today. */
const OLD_DATABASE_MS = 3 * 86_400_000;

function warnAboutDatabase(database: string | undefined, now: Date, warn: (message: string) => void): void {
  if (database === undefined) return;
  const age = now.getTime() - Date.parse(database);
  if (age > OLD_DATABASE_MS)
    warn(`the scanner's vulnerability database is ${formatAge(age)} old: it does not know later vulnerabilities`);
}

function noRepository(): ObjDockerError {
  return new ObjDockerError('USAGE', 'no repository named', {
    hint: 'Name one or more: objdocker gate services/api, api:1.0, api@sha256:…',
  });
}
