/**
 * What the policy of a package (`deployment.scan`) says of scanned images: one model for the pipeline, the gate, the command line
 * and every report that is made of it. Plain data, as `--json` prints it.
 */
import type { FindingSeverity, ScanState, SeverityCounts } from './scan-report.ts';

/**
 * - `passed`: every platform was scanned, and nothing reaches the policy's threshold.
 * - `rejected`: something does, or the registry's own policy keeps the image from being pulled.
 * - `not-scanned`: there is no scan, or it has not ended: nothing is known.
 * - `scan-failed`: the scan ended without a result.
 * - `scanner-down`: the scanner is missing, disabled or out of reach.
 * - `timed-out`: there was no result in time; the scan may go on.
 */
export type GateOutcome = 'passed' | 'rejected' | 'not-scanned' | 'scan-failed' | 'scanner-down' | 'timed-out';

/** Worst first: the outcome of several images is the first of these that one of them has. */
export const GATE_OUTCOMES = [
  'scanner-down',
  'scan-failed',
  'timed-out',
  'not-scanned',
  'rejected',
  'passed',
] as const satisfies readonly GateOutcome[];

/** The policy that was applied, as it stood in the config. */
export interface AppliedPolicy {
  readonly failOn: 'critical' | 'high' | 'medium' | 'low' | 'none';
  readonly ignoreUnfixed: boolean;
  readonly unknown: 'pass' | 'fail';
}

/** What was decided over a set of images. */
export interface Verdict {
  readonly outcome: GateOutcome;
  readonly policy: AppliedPolicy;
  /** The day that decided over expiry: `YYYY-MM-DD`, UTC. */
  readonly day: string;
  readonly images: readonly ImageVerdict[];
  /** Entries of the allow-list whose last day is over: they count no more. */
  readonly expired: readonly ExpiredAllowance[];
  /** Ids of entries that still hold and that no image has a finding of; none unless all images were scanned. */
  readonly unused: readonly string[];
}

export interface ImageVerdict {
  /** With its project: `axion/meridian-api-homechoice`. */
  readonly repository: string;
  /** Absent where no service is meant: a package of one image, or what `gate` was handed. */
  readonly service?: string;
  /** Of the index, or the one image. */
  readonly digest: string;
  readonly outcome: GateOutcome;
  /** Why nothing is known, or whose refusal it is, for people; absent where the findings say it. */
  readonly reason?: string;
  readonly platforms: readonly PlatformVerdict[];
  /** Findings that reject the image, worst first. A finding that several platforms have is one. */
  readonly rejecting: readonly EvaluatedFinding[];
  /** Findings that would, had the allow-list not named them. */
  readonly allowed: readonly AllowedFinding[];
  /** How many findings without a severity were let pass. */
  readonly unknownPassed: number;
  /** How many findings that would reject were let pass because nothing mends them yet. */
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
  /** Which of the image's platforms have it. */
  readonly platforms: readonly string[];
}

export interface AllowedFinding extends EvaluatedFinding {
  readonly reason: string;
  /** `YYYY-MM-DD`, the last day that counts. */
  readonly until?: string;
}

export interface ExpiredAllowance {
  readonly id: string;
  readonly reason: string;
  readonly until: string;
  /** How many findings it would have let pass. */
  readonly findings: number;
}
