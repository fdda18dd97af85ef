import { isObjDockerError } from '../../errors.ts';
import type { ScanReport } from '../../model/scan-report.ts';
import type { GateOutcome } from '../../model/verdict.ts';

/** An image that is to be judged: what its scan says, or why it says nothing. */
export type GateImage = ScannedGateImage | UnscannedGateImage;

interface ScannedGateImage {
  /** Absent where no service is meant. */
  readonly service?: string | undefined;
  readonly report: ScanReport;
  /** The registry's own policy refuses the image, and says so: it is rejected, whatever its scan says. */
  readonly refusal?: string | undefined;
}

export interface UnscannedGateImage {
  readonly service?: string | undefined;
  /** With its project. */
  readonly repository: string;
  /** Of the index, or the one image. */
  readonly digest: string;
  readonly outcome: UnknownOutcome;
  /** For people: why nothing is known. */
  readonly reason: string;
  /** What is known all the same, as of platforms that were in time: it is told, and never lets the image pass. */
  readonly report?: ScanReport | undefined;
}

/** An outcome that says that nothing is known. */
type UnknownOutcome = Exclude<GateOutcome, 'passed' | 'rejected'>;

/** What the error of a scan says of its image; undefined for one that says nothing of it: it is to be thrown on. */
export function outcomeOfError(error: unknown): Pick<UnscannedGateImage, 'outcome' | 'reason'> | undefined {
  if (!isObjDockerError(error)) return undefined;
  const reason = error.message;
  switch (error.code) {
    case 'TIMEOUT':
      return { outcome: 'timed-out', reason };
    case 'SCANNER_DOWN':
    case 'SCANNER_MISSING':
      return { outcome: 'scanner-down', reason };
    case 'SCAN_FAILED':
    case 'SCAN_UNSUPPORTED':
      return { outcome: 'scan-failed', reason };
    default:
      return undefined;
  }
}
