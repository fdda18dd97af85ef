/**
 * The result of evaluating a package's policy (`deployment.scan`) on images, as plain data. The pipeline and the gate return it,
 * `--json` prints it, and all reports are made from it.
 */
import type { FindingSeverity, ScanState, SeverityCounts } from './scan-report.ts';

/**
 * - `passed`: every platform was scanned, and no finding reaches the policy's threshold.
 * - `rejected`: a finding does, or the registry's own policy refuses to serve the image.
 * - `not-scanned`: there is no scan, or it has not finished. The findings are not known.
 * - `scan-failed`: the scan ended without a result.
 * - `scanner-down`: the scanner is missing, disabled or unreachable.
 * - `timed-out`: the scan did not finish before the deadline. It may still be running.
 */
export type GateOutcome = 'passed' | 'rejected' | 'not-scanned' | 'scan-failed' | 'scanner-down' | 'timed-out';

/** Worst first. The outcome of several images is the worst of theirs. */
export const GATE_OUTCOMES = [
  'scanner-down',
  'scan-failed',
  'timed-out',
  'not-scanned',
  'rejected',
  'passed',
] as const satisfies readonly GateOutcome[];

/** The policy as config.yaml has it. */
export interface AppliedPolicy {
  readonly failOn: 'critical' | 'high' | 'medium' | 'low' | 'none';
  readonly ignoreUnfixed: boolean;
  readonly unknown: 'pass' | 'fail';
}

/** The verdict on a set of images. */
export interface Verdict {
  readonly outcome: GateOutcome;
  readonly policy: AppliedPolicy;
  /** The day that decided which allow-list entries have expired: `YYYY-MM-DD`, UTC. */
  readonly day: string;
  readonly images: readonly ImageVerdict[];
  /** Allow-list entries that have expired and no longer count. */
  readonly expired: readonly ExpiredAllowance[];
  /** Ids of valid allow-list entries that match no finding; empty unless all images were scanned. */
  readonly unused: readonly string[];
}

export interface ImageVerdict {
  /** With its project: `axion/meridian-api-homechoice`. */
  readonly repository: string;
  /** Absent for a package with a single image, and for the images of `objdocker gate`. */
  readonly service?: string;
  /** Of the index, or the one image. */
  readonly digest: string;
  readonly outcome: GateOutcome;
  /** For people: why the findings are not known, or why the registry refuses the image; otherwise absent. */
  readonly reason?: string;
  readonly platforms: readonly PlatformVerdict[];
  /** Findings that reject the image, worst first. A finding of several platforms is listed once. */
  readonly rejecting: readonly EvaluatedFinding[];
  /** Findings that would reject the image, and are on the allow-list. */
  readonly allowed: readonly AllowedFinding[];
  /** The number of findings of unknown severity that did not count. */
  readonly unknownPassed: number;
  /** The number of findings that did not count because no fix exists yet (`ignoreUnfixed`). */
  readonly unfixedPassed: number;
}

export interface PlatformVerdict {
  readonly platform: string;
  readonly digest: string;
  readonly state: ScanState | 'timed-out';
  readonly counts: SeverityCounts;
}

/** A finding as the verdict lists it. */
export interface EvaluatedFinding {
  readonly id: string;
  readonly severity: FindingSeverity;
  readonly package: string;
  readonly version: string;
  readonly fixVersion?: string;
  /** The platforms of the image that have it. */
  readonly platforms: readonly string[];
}

export interface AllowedFinding extends EvaluatedFinding {
  readonly reason: string;
  /** The last day on which the entry counts: `YYYY-MM-DD`. */
  readonly until?: string;
}

export interface ExpiredAllowance {
  readonly id: string;
  readonly reason: string;
  readonly until: string;
  /** The number of findings that it would have allowed. */
  readonly findings: number;
}
