/**
 * What a run of the pipeline did: one model for its result, the command line and every report that is made of it. Plain data,
 * as `--json` and `result.json` print it. Times are ISO 8601 in UTC.
 */
import type { ErrorDocument } from '../errors.ts';
import type { ScanReport } from './scan-report.ts';
import type { Verdict } from './verdict.ts';

/**
 * - `passed`: all images passed the gate, and the public tags stand for them.
 * - `unscanned`: the same without a scan, as it was asked for.
 * - `rejected`: an image did not pass; no tag was moved.
 * - `scan-failed`, `scanner-down`, `timed-out`: it is not known whether they pass; no tag was moved.
 * - `conflict`: somebody else moved a public tag meanwhile: `conflicts` names it.
 * - `failed`, `cancelled`: the run ended with `error`.
 */
export const PIPELINE_OUTCOMES = [
  'passed',
  'unscanned',
  'rejected',
  'scan-failed',
  'scanner-down',
  'timed-out',
  'conflict',
  'failed',
  'cancelled',
] as const;

export type PipelineOutcome = (typeof PIPELINE_OUTCOMES)[number];

/** In the order in which they run. */
export const STAGES = ['preflight', 'recover', 'build', 'push', 'scan', 'gate', 'promote', 'registries'] as const;

export type StageName = (typeof STAGES)[number];

/** A stage of a run; each of {@link STAGES} has one. */
export interface StageRecord {
  readonly name: StageName;
  /** `skipped`: there was nothing to do, or the run had ended before it. */
  readonly status: 'done' | 'failed' | 'skipped';
  /** One line for people: what it came to. */
  readonly detail?: string;
  /** Absent for one that was skipped. */
  readonly started?: string;
  readonly durationMs?: number;
}

/** What became of an image's public tag. */
export type Promotion =
  /** It was made. */
  | 'created'
  /** It stood for another image before. */
  | 'moved'
  /** It stood for this image already, and was left alone. */
  | 'unchanged'
  /** It was moved or made, and put back because another one failed. */
  | 'restored'
  /** It was to be moved, and the registry did not say whether it was: the next run finds out, and finishes or restores. */
  | 'unknown'
  /** It was not touched. */
  | 'none';

export interface PipelineImage {
  /** Absent for a package with a single image. */
  readonly service?: string;
  /** With its project, without the host: `axion/meridian-api-homechoice`. */
  readonly repository: string;
  /** With the public tag: `registry.example.com/axion/meridian-api-homechoice:1.4.0`. */
  readonly reference: string;
  /** What was pushed, of the manifest or index; absent when the run ended before it. */
  readonly digest?: string;
  /** Bytes in the registry, compressed, of all platforms, where the registry tells. */
  readonly sizeBytes?: number;
  /** `linux/amd64`; as far as they are known. */
  readonly platforms: readonly string[];
  /** What the public tag stood for when the run began; absent when there was no such tag. */
  readonly previous?: string;
  readonly promotion: Promotion;
}

/** A public tag that somebody else moved. */
export interface TagConflict {
  readonly reference: string;
  /** Absent: no such tag. */
  readonly expected?: string;
  readonly found?: string;
}

/** What was done about a promotion that an earlier run had not ended. */
export interface Recovery {
  /** The staging tag of that run. */
  readonly run: string;
  /**
   * - `finished`: its last tags were moved.
   * - `restored`: the tags that it had moved were put back.
   * - `complete`: all tags were moved, only its notes were left; `not-begun`: none was.
   * - `superseded`: the tags have been moved again since; none was touched.
   */
  readonly action: 'finished' | 'restored' | 'complete' | 'not-begun' | 'superseded';
  /** Public references that were moved or put back now. */
  readonly references: readonly string[];
}

export interface PipelineRun {
  /** The run's id, which is its staging tag: `objdocker-20260531T081500Z-3f9a1c2b7d4e`. */
  readonly run: string;
  readonly package: string;
  /** The public tag. */
  readonly tag: string;
  readonly registry: { readonly host: string; readonly type: 'harbor' | 'plain'; readonly project?: string };
  readonly started: string;
  readonly finished: string;
  readonly durationMs: number;
  readonly outcome: PipelineOutcome;
  /** False when nothing was scanned because it was asked so. */
  readonly scanned: boolean;
  /** The public tags stand for these images. */
  readonly promoted: boolean;
  readonly images: readonly PipelineImage[];
  readonly stages: readonly StageRecord[];
  /** Absent when the run ended before the gate, or nothing was scanned. */
  readonly verdict?: Verdict;
  readonly conflicts: readonly TagConflict[];
  /** One for each earlier run that had left something. */
  readonly recovered: readonly Recovery[];
  /** The registries.yaml that was written; `changed` is false when it was so already. */
  readonly registries?: { readonly path: string; readonly changed: boolean };
  /** References with the staging tag that are still there: kept for a scan that goes on, or not to be removed. */
  readonly staged: readonly string[];
  readonly warnings: readonly string[];
  readonly error?: ErrorDocument;
}

/** A run and the scans that it judged; those of a run that ended before the gate are missing. */
export interface PipelineReport {
  readonly run: PipelineRun;
  /** In the order of the images. */
  readonly scans: readonly ScanReport[];
}
