import { isObjDockerError } from '../../errors.ts';
import type { ScanReport } from '../../model/scan-report.ts';
import { type JudgedSubject, outcomeOfError } from '../policy/image.ts';
import type { ReadyContext, RunImage } from '../run/context.ts';
import type { KnownReports } from '../run/known-reports.ts';
import { repositoryOf } from '../run/open-registry.ts';
import type { StageResult } from '../run/record.ts';

export interface ScanStage extends StageResult {
  /** What is to be judged, in the order of the images. */
  readonly subjects: readonly JudgedSubject[];
}

export interface ScanOrder {
  /** Where Harbor scans what is pushed by itself: undefined where each scan is to be asked for. */
  readonly known: KnownReports | undefined;
  /** What was pushed, by public reference. */
  readonly digests: ReadonlyMap<string, string>;
}

/**
 * Waits for the scans of what was pushed, all images and their platforms side by side, under one deadline. That there is no
 * result of one is for the gate to judge, and ends no other's wait.
 */
export async function scanImages(context: ReadyContext, order: ScanOrder): Promise<ScanStage> {
  // What fails ends the waits of the others, which may be long.
  const failing = new AbortController();
  const signal = AbortSignal.any([context.signal, failing.signal]);
  const scans = await Promise.allSettled(
    context.images.map(async (image) => {
      try {
        return await scanOne({ ...context, signal }, image, order);
      } catch (error) {
        failing.abort();
        throw error;
      }
    }),
  );
  const failures = scans.flatMap((scan) => (scan.status === 'rejected' ? [scan.reason as unknown] : []));
  if (failures.length > 0) throw failures.find(isNoEcho) ?? failures[0];
  const subjects = scans.flatMap((scan) => (scan.status === 'fulfilled' ? [scan.value] : []));
  context.record.keepScans(subjects.flatMap(({ report }) => report ?? []));
  return { subjects, ...resultOf(subjects) };
}

async function scanOne(context: ReadyContext, image: RunImage, order: ScanOrder): Promise<JudgedSubject> {
  const { options, policy, record, registry, signal } = context;
  const { reference, repository: path, service } = image;
  const digest = order.digests.get(reference);
  if (digest === undefined || registry.project === undefined) throw new Error(`${reference} cannot be scanned`);
  const repository = repositoryOf(registry.project, path);
  const oldReports = order.known?.of(reference, digest);
  try {
    const scan = repository.scan(digest, {
      timeoutMs: options.timeoutMs ?? policy.timeoutMs,
      // Of an image that nobody looked at before the push, a report that is there may be an old one.
      trigger: oldReports === undefined ? 'always' : 'if-none',
      oldReports,
      signal,
    });
    for await (const event of scan) await record.emit({ type: 'scan', reference, event });
    return { service, report: await scan.result };
  } catch (error) {
    const outcome = outcomeOfError(error);
    if (outcome === undefined) throw error;
    const report = await repository
      .scanReport(digest, { signal: AbortSignal.any([signal, AbortSignal.timeout(REMAINS_WITHIN_MS)]) })
      .catch(() => undefined);
    return { service, repository: path, digest, ...outcome, ...(report === undefined ? {} : { report }) };
  }
}

/** How long to ask what is known of an image whose scan did not end in time. */
const REMAINS_WITHIN_MS = 10_000;

function isNoEcho(error: unknown): boolean {
  return !isObjDockerError(error) || error.code !== 'CANCELLED';
}

function resultOf(subjects: readonly JudgedSubject[]): StageResult {
  const done = subjects.filter(isScanned).length;
  const detail =
    subjects.length === 1 ? (done === 1 ? 'scanned' : 'no result') : `${done} of ${subjects.length} scanned`;
  return { detail, failed: done < subjects.length };
}

function isScanned(subject: JudgedSubject): boolean {
  return !('outcome' in subject) && SCANNED.has(subject.report.state);
}

const SCANNED: ReadonlySet<ScanReport['state']> = new Set(['clean', 'findings']);
