import { hasErrorCode, isObjDockerError, ObjDockerError } from '../../errors.ts';
import { shortDigest } from '../../lib/text/words.ts';
import { isScanned } from '../../model/enums.ts';
import { type GateImage, outcomeOfError } from '../policy/image.ts';
import type { ReadyContext, RunImage } from '../run/context.ts';
import type { EarlierReports } from '../run/earlier-reports.ts';
import { repositoryOf } from '../run/open-registry.ts';
import type { StageResult } from '../run/run-record.ts';

export interface ScanStage extends StageResult {
  /** What the gate evaluates, in the order of the images. */
  readonly images: readonly GateImage[];
}

export interface ScanInput {
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
  const scans = await Promise.allSettled(
    context.images.map(async (image) => {
      try {
        return await scanOne({ ...context, signal }, image, input);
      } catch (error) {
        failing.abort();
        throw error;
      }
    }),
  );
  const failures = scans.flatMap((scan) => (scan.status === 'rejected' ? [scan.reason as unknown] : []));
  if (failures.length > 0) throw failures.find(isCause) ?? failures[0];
  const images = scans.flatMap((scan) => (scan.status === 'fulfilled' ? [scan.value] : []));
  context.record.setScans(images.flatMap(({ report }) => report ?? []));
  return { images, ...resultOf(images) };
}

async function scanOne(context: ReadyContext, image: RunImage, input: ScanInput): Promise<GateImage> {
  const { options, policy, record, registry, signal } = context;
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
    for await (const event of scan) await record.emit({ type: 'scan', reference, event });
    return { service, report: await scan.result };
  } catch (error) {
    if (hasErrorCode(error, 'ARTIFACT_NOT_FOUND')) throw deletedMeanwhile(reference, digest, error);
    const outcome = outcomeOfError(error);
    if (outcome === undefined) throw error;
    const report = await repository
      .scanReport(digest, { signal: AbortSignal.any([signal, AbortSignal.timeout(PARTIAL_REPORT_MS)]) })
      .catch(() => undefined);
    return { service, repository: path, digest, ...outcome, ...(report === undefined ? {} : { report }) };
  }
}

/** This run has pushed the image and tagged it, so that somebody or something deleted it since. */
function deletedMeanwhile(reference: string, digest: string, cause: unknown): ObjDockerError {
  return new ObjDockerError(
    'ARTIFACT_NOT_FOUND',
    `the image that this run pushed for ${reference} (${shortDigest(digest)}) was deleted from Harbor before it was released`,
    {
      hint: 'Somebody deleted it, or a tag retention rule of the project did (Policy, Tag Retention): let the rule keep tags that match objdocker-**, then run again.',
      cause,
    },
  );
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
