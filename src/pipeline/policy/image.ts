import { isObjDockerError } from '../../errors.ts';
import type { GateOutcome } from '../../model/enums.ts';
import type { ScanReport } from '../../model/scan-report.ts';

/** An image at the gate: with its scan report, or with the reason why there is none. */
export type GateImage = ScannedGateImage | UnscannedGateImage;

interface ScannedGateImage {
  /** Absent for a package with a single image, and for the images of `objdocker gate`. */
  readonly service?: string | undefined;
  readonly report: ScanReport;
  /** The reason why the registry's own policy refuses the image. It rejects the image, whatever its scan says. */
  readonly refusal?: string | undefined;
}

export interface UnscannedGateImage {
  readonly service?: string | undefined;
  /** With the project. */
  readonly repository: string;
  /** The digest of the index, or of the single image. */
  readonly digest: string;
  readonly outcome: UnknownOutcome;
  /** For people: why the findings are not known. */
  readonly reason: string;
  /** A partial report, such as that of the platforms that finished in time. It is shown, and never lets the image pass. */
  readonly report?: ScanReport | undefined;
}

/** An outcome whose findings are not known. */
type UnknownOutcome = Exclude<GateOutcome, 'passed' | 'rejected'>;

/** The outcome of an image whose scan threw an error; undefined for an error that does not concern the image. */
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
