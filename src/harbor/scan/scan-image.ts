import { isObjDockerError, type ObjDockerError } from '../../errors.ts';
import type { ImageScan } from '../../model/scan-report.ts';
import { getArtifact } from '../artifacts/artifacts.ts';
import type { HarborApi } from '../client/harbor-api.ts';
import { lookUntil, mayPass, type Pace } from '../client/waiting.ts';
import type { RepositoryRef } from '../refs.ts';
import type { ScannableImage } from './images.ts';
import type { ScanOverview } from './overview.ts';
import { describe, readImageScan } from './report.ts';
import type { ScanEvent } from './scan-event.ts';
import { findScannerProblem } from './scanner.ts';
import { findStall, queued } from './stall.ts';
import { startScan } from './start-scan.ts';
import { summarize } from './state.ts';

/** The shared options of the scans of one artifact's images. */
export interface ImageWait {
  readonly api: HarborApi;
  readonly ref: RepositoryRef;
  readonly pace: Pace;
  readonly trigger: 'always' | 'if-none' | 'never';
  readonly oldReports: ReadonlySet<string>;
  readonly signal: AbortSignal;
  readonly emit: (event: ScanEvent) => void;
  readonly onTrouble: (error: ObjDockerError) => void;
}

/** Harbor updates the capabilities of a scanner only every 30 s, and its components need time to start. */
const RECOVERY_MS = 35_000;

/** Harbor generates an SBOM on push beside the scan, and both take about as long. */
const SBOM_WAIT_MS = 60_000;

/** Scans one image and waits for the result: see `scanArtifact`. */
export function scanImage(wait: ImageWait, image: ScannableImage): Promise<ImageScan> {
  const { api, ref, pace, trigger, signal, emit, onTrouble } = wait;
  const at = { ...ref, reference: image.digest };
  const old = new Set(wait.oldReports);
  /** A request to start a scan was sent, perhaps in doubt. */
  let attempted = false;
  /** A scan whose result counts is queued or running. */
  let requested = false;
  let reported = '';
  let saidStall = '';
  let stalled = lastsFor(pace.stallMs);
  const nothingBegan = lastsFor(pace.settleMs);
  const scannerGone = lastsFor(pace.settleMs);
  const failing = lastsFor(pace.settleMs);
  const recovering = lastsFor(RECOVERY_MS);

  const look = async (): Promise<ImageScan | undefined> => {
    const { scanOverview } = await getArtifact(api, at, { signal });
    const { state } = summarize(scanOverview);
    // A report that was final before the scan was requested is not its result.
    if (trigger === 'always' && !attempted && !requested && scanOverview !== undefined && state !== 'running') {
      old.add(keyOf(scanOverview));
    }
    const fresh = scanOverview !== undefined && !old.has(keyOf(scanOverview)) ? scanOverview : undefined;
    if (!requested) {
      if (fresh !== undefined) request(!attempted);
      else if (trigger === 'always' || (trigger === 'if-none' && nothingBegan(true))) return start();
    }
    if (scanOverview === undefined) return (await checkScanner()) ?? explainStall('queued');
    scannerGone(false);
    if (fresh === undefined) return explainStall('queued');
    if (state === 'running') {
      reportProgress(fresh);
      return explainStall(fresh.status === 'Running' ? 'running' : 'queued');
    }
    // An Error may show before the scan's task exists.
    if (state === 'failed' && !failing(true)) return undefined;
    const scan = await readImageScan(api, ref, image, {
      signal,
      settleMs: pace.firstMs,
      sbomWaitMs: SBOM_WAIT_MS,
    });
    return scan.state === 'running' || scan.state === 'not-scanned' ? undefined : scan;
  };

  const request = (attached: boolean): void => {
    requested = true;
    emit({ type: 'requested', ...image, attached });
  };

  const start = async (): Promise<undefined> => {
    try {
      const { started } = await startScan(api, at, { signal });
      attempted = true;
      request(!started);
    } catch (error) {
      if (!isObjDockerError(error)) throw error;
      const away = mayPass(error);
      // The request is in doubt. The next look shows whether the scan began.
      attempted ||= away;
      const passing = away || error.code === 'SCAN_FAILED' || error.details.recovering === true;
      if (!passing || (!away && recovering(true))) throw error;
      onTrouble(error);
    }
  };

  /** Harbor hides all scans while the scanner is unreachable. The scanner may be restarting. */
  const checkScanner = async (): Promise<ImageScan | undefined> => {
    const problem = await findScannerProblem(api, ref.project, { signal });
    if (!scannerGone(problem !== undefined) || problem === undefined) return undefined;
    return {
      ...describe(image, undefined, summarize(undefined)),
      state: 'scanner-down',
      reason: problem.reason,
    };
  };

  /** Says why nothing moves, once for each reason. */
  const explainStall = async (status: 'queued' | 'running'): Promise<undefined> => {
    if (!requested || !stalled(true)) return;
    const stall = (await findStall(api, { signal })) ?? (status === 'queued' ? queued(api) : undefined);
    if (stall === undefined || stall.message === saidStall) return;
    saidStall = stall.message;
    onTrouble(stall);
  };

  const reportProgress = ({ status, completePercent }: ScanOverview): undefined => {
    failing(false);
    const progress = `${status} ${completePercent}`;
    if (reported === progress) return;
    reported = progress;
    stalled = lastsFor(pace.stallMs);
    emit({
      type: 'progress',
      ...image,
      status: status === 'Running' ? 'running' : 'queued',
      ...(completePercent === undefined ? {} : { percent: completePercent }),
    });
  };

  return lookUntil(look, { pace, signal, onTrouble });
}

/** Distinguishes the overview of one scan from the next. */
function keyOf({ reportId, started, finished }: ScanOverview): string {
  return reportId ?? `${started} ${finished}`;
}

/** Returns a function that is true once a condition has held at every poll for `ms`, and at least twice. */
function lastsFor(ms: number): (isSo: boolean) => boolean {
  let since: number | undefined;
  return (isSo) => {
    if (!isSo) since = undefined;
    else if (since === undefined) since = performance.now();
    else return performance.now() - since >= ms;
    return false;
  };
}
