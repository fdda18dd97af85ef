import { hasErrorCode, isObjDockerError } from '../../errors.ts';
import { isScanned } from '../../model/enums.ts';
import { type GateImage, outcomeOfError } from '../policy/image.ts';
import { checkAge, renewReports } from '../policy/report-age.ts';
import type { ReadyContext, RunImage } from '../run/context.ts';
import { deletedMeanwhile } from '../run/deleted-image.ts';
import type { EarlierReports } from '../run/earlier-reports.ts';
import { repositoryOf } from '../run/open-registry.ts';
import type { StageResult } from '../run/run-progress.ts';
import type { ImagePlan } from './image-plan.ts';

export interface ScanStage extends StageResult {
  /** What the gate evaluates, in the order of the images. */
  readonly images: readonly GateImage[];
}

export interface ScanInput {
  /** In the order of the images. */
  readonly planned: readonly ImagePlan[];
  /** Undefined when Harbor does not scan on push: then each scan is triggered. */
  readonly earlierReports: EarlierReports | undefined;
  /** The pushed digests, by public reference. */
  readonly digests: ReadonlyMap<string, string>;
}

/**
 * Waits for the scans of all images and platforms concurrently, with one deadline. A scan without a result does not end the other
 * waits: the gate evaluates it.
 */
export async function scanImages(context: ReadyContext, input: ScanInput): Promise<ScanStage> {
  // An error cancels the other waits, which may be long.
  const failing = new AbortController();
  const signal = AbortSignal.any([context.signal, failing.signal]);
  const reports = reusedReports({ ...context, signal }, input.planned);
  const scans = await Promise.allSettled(
    input.planned.map(async ({ image, reused }) => {
      try {
        const known = reused === undefined ? undefined : (await reports).get(image.reference);
        return known ?? (await scanOne({ ...context, signal }, image, input));
      } catch (error) {
        failing.abort();
        throw error;
      }
    }),
  );
  const failures = scans.flatMap((scan) => (scan.status === 'rejected' ? [scan.reason as unknown] : []));
  if (failures.length > 0) throw failures.find(isCause) ?? failures[0];
  const images = scans.flatMap((scan) => (scan.status === 'fulfilled' ? [scan.value] : []));
  context.progress.setScans(images.flatMap(({ report }) => report ?? []));
  return { images, ...resultOf(images) };
}

/** The reports of reused images, by reference; scanned again when they are too old. None for an image without a report. */
async function reusedReports(
  context: ReadyContext,
  planned: readonly ImagePlan[],
): Promise<ReadonlyMap<string, GateImage>> {
  const { environment, options, policy, progress, registry, signal } = context;
  const { project } = registry;
  if (project === undefined) return new Map();
  // A build takes long enough for a report to change.
  const isFresh = planned.every(({ action }) => action === 'unchanged' || action === 'reuse');
  const read = await Promise.all(
    planned.map(async ({ image, reused, report: known }) => {
      if (reused === undefined) return [];
      const { digest } = reused.pushed;
      const repository = repositoryOf(project, image.repository);
      const report = (isFresh ? known : undefined) ?? (await repository.scanReport(digest, { signal }));
      const hasReport = report.images.length > 0 && report.images.every(({ state }) => isScanned(state));
      return hasReport ? [{ image, repository, digest, found: { service: image.service, report } }] : [];
    }),
  );
  const reports = read.flat();
  const age = { maxAgeMs: policy.maxAgeMs, now: registry.now?.() ?? environment.now() };
  const renewed = await renewReports(
    reports.map(({ found }) => checkAge(found, age)),
    reports.map(({ image, repository, digest }) => ({ repository, digest, reference: image.reference })),
    {
      project,
      rescan: 'too-old',
      timeoutMs: options.timeoutMs ?? policy.timeoutMs,
      signal,
      emit: (reference, event) => void progress.emit({ type: 'scan', reference, event }),
    },
  );
  return new Map(
    reports.map(({ image, found }, index) => {
      const result = renewed[index] ?? found;
      // A project that prevents pulls hides the image from nodes during a scan: a report that passes stays.
      const isKept = 'outcome' in result && result.outcome === 'report-too-old' && result.report !== undefined;
      if (isKept) progress.warn(`${image.reference}: ${result.reason}`);
      return [image.reference, isKept ? found : result];
    }),
  );
}

async function scanOne(context: ReadyContext, image: RunImage, input: ScanInput): Promise<GateImage> {
  const { options, policy, progress, registry, signal } = context;
  const { reference, repository: path, service } = image;
  const digest = input.digests.get(reference);
  if (digest === undefined || registry.project === undefined) throw new Error(`${reference} cannot be scanned`);
  const repository = repositoryOf(registry.project, path);
  const oldReports = input.earlierReports?.of(reference, digest);
  try {
    const scan = repository.scan(digest, {
      timeoutMs: options.timeoutMs ?? policy.timeoutMs,
      // Without knowing the reports from before the push, an existing report may be an old one.
      trigger: oldReports === undefined ? 'always' : 'if-none',
      oldReports,
      signal,
    });
    for await (const event of scan) await progress.emit({ type: 'scan', reference, event });
    return { service, report: await scan.result };
  } catch (error) {
    if (hasErrorCode(error, 'ARTIFACT_NOT_FOUND', 'REPOSITORY_NOT_FOUND'))
      throw await deletedMeanwhile(context, image, digest, error);
    const outcome = outcomeOfError(error);
    if (outcome === undefined) throw error;
    const report = await repository
      .scanReport(digest, { signal: AbortSignal.any([signal, AbortSignal.timeout(PARTIAL_REPORT_MS)]) })
      .catch(() => undefined);
    return { service, repository: path, digest, ...outcome, ...(report === undefined ? {} : { report }) };
  }
}

/** The deadline for reading the partial report of an image whose scan did not finish. */
const PARTIAL_REPORT_MS = 10_000;

/** An error that is not the consequence of cancelling the other waits. */
function isCause(error: unknown): boolean {
  return !isObjDockerError(error) || error.code !== 'CANCELLED';
}

function resultOf(images: readonly GateImage[]): StageResult {
  const done = images.filter(hasScan).length;
  const detail = images.length === 1 ? (done === 1 ? 'scanned' : 'no result') : `${done} of ${images.length} scanned`;
  return { detail, failed: done < images.length };
}

function hasScan(image: GateImage): boolean {
  return !('outcome' in image) && isScanned(image.report.state);
}
