import { ObjDockerError } from '../../errors.ts';
import { createOperation, type Operation } from '../../lib/operation.ts';
import type { ScanReport } from '../../model/scan-report.ts';
import type { HarborApi } from '../client/harbor-api.ts';
import { fullPace, startDeadline, type WaitOptions } from '../client/waiting.ts';
import { type ArtifactRef, formatRef } from '../refs.ts';
import { findScannableArtifact, type ScannableImage } from './images.ts';
import { toReport } from './report.ts';
import type { ScanEvent } from './scan-event.ts';
import { type ImageWait, scanImage } from './scan-image.ts';

export interface ScanOptions extends WaitOptions {
  /** @default 900000 (15 minutes) */
  readonly timeoutMs?: number | undefined;
  /**
   * Whether to start a scan: `always`; `never`; or `if-none`, when Harbor does not start one by itself within
   * `pace.settleMs`, as it does after a push with auto_scan. A running scan is never started again.
   *
   * @default 'always'
   */
  readonly trigger?: 'always' | 'if-none' | 'never' | undefined;
  /**
   * Outdated reports: the `reportId`s that the images had before the push. Without this option, `if-none` and `never`
   * accept an existing result.
   */
  readonly oldReports?: ReadonlySet<string> | undefined;
}

const DEFAULT_TIMEOUT_MS = 15 * 60_000;

/**
 * Scans an artifact and waits for the result of this scan, not of an older one. Platforms of an index are scanned in parallel.
 *
 * A failed scan and a scanner that becomes unavailable are results (`failed`, `scanner-down`). A restart of
 * Harbor does not end the wait. Times are not compared: Harbor's clock may be wrong.
 *
 * @throws {ObjDockerError} TIMEOUT when there is no result in time; before the wait what `startScan` throws.
 */
export function scanArtifact(
  api: HarborApi,
  ref: ArtifactRef,
  options: ScanOptions = {},
): Operation<ScanEvent, ScanReport> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  return createOperation(async ({ emit, signal }) => {
    const artifact = await findScannableArtifact(api, ref, { signal });
    const deadline = startDeadline(timeoutMs, signal);
    const open = new Set(artifact.images);
    let trouble: ObjDockerError | undefined;
    const failed = new AbortController();
    const wait: ImageWait = {
      api,
      ref,
      pace: fullPace(options.pace),
      trigger: options.trigger ?? 'always',
      oldReports: options.oldReports ?? new Set(),
      signal: AbortSignal.any([deadline.signal, failed.signal]),
      emit: (event) => void emit(event),
      onTrouble(error) {
        trouble = error;
        void emit({ type: 'trouble', message: error.message });
      },
    };
    try {
      const images = await Promise.all(
        artifact.images.map(async (image) => {
          const scan = await scanImage(wait, image);
          open.delete(image);
          void emit({ type: 'finished', ...image, state: scan.state, counts: scan.counts });
          return scan;
        }),
      );
      return toReport(ref, artifact, images);
    } catch (error) {
      if (deadline.over()) throw timedOut(api, ref, [...open], timeoutMs, trouble);
      throw error;
    } finally {
      failed.abort();
      deadline.end();
    }
  }, options.signal);
}

function timedOut(
  { host }: HarborApi,
  ref: ArtifactRef,
  open: readonly ScannableImage[],
  timeoutMs: number,
  trouble: ObjDockerError | undefined,
): ObjDockerError {
  const platforms = open.map(({ platform }) => platform);
  const reason = trouble === undefined ? '' : ` (${trouble.message})`;
  return new ObjDockerError(
    'TIMEOUT',
    `the scan of ${formatRef(ref)} at ${host} did not finish within ${Math.round(timeoutMs / 1000)} s: no result for ${platforms.join(', ')}${reason}`,
    {
      hint: `The scan continues in Harbor. Wait for it again: objdocker harbor-trigger-scan ${ref.repository} --wait. Or show its result later: objdocker harbor-scan ${ref.repository}`,
      details: { repository: `${ref.project}/${ref.repository}`, reference: ref.reference, platforms },
      cause: trouble,
    },
  );
}
