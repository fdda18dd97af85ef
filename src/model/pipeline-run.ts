/**
 * A run of the pipeline as plain data. The library returns it, `--json` and `result.json` print it, and all reports are made from
 * it. Times are ISO 8601 in UTC.
 */
import type { ErrorJson } from '../errors.ts';
import type { ScanReport } from './scan-report.ts';
import type { Verdict } from './verdict.ts';

/**
 * - `passed`: all images passed the gate, and the public tags point to them.
 * - `unscanned`: the public tags point to the images, which were not scanned because the run was started so.
 * - `rejected`: an image did not pass the gate; no tag was moved.
 * - `scan-failed`, `scanner-down`, `timed-out`: the findings of an image are not known; no tag was moved.
 * - `conflict`: somebody else moved a public tag during the run; `conflicts` names it.
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

/** A stage of a run. A run has one for each of {@link STAGES}. */
export interface StageRecord {
  readonly name: StageName;
  /** `skipped`: there was nothing to do, or the run ended before this stage. */
  readonly status: 'done' | 'failed' | 'skipped';
  /** The result in one line, for people. */
  readonly detail?: string;
  /** Absent for a skipped stage. */
  readonly started?: string;
  readonly durationMs?: number;
}

/** What happened to an image's public tag. */
export type Promotion =
  /** It was created. */
  | 'created'
  /** It pointed to another image before. */
  | 'moved'
  /** It already pointed to this image. */
  | 'unchanged'
  /** It was moved or created, and the change was undone because another tag failed. */
  | 'undone'
  /** The request to move it got no response. The next run finds out, and finishes or undoes the promotion. */
  | 'in-doubt'
  /** It was not touched. */
  | 'none';

export interface PipelineImage {
  /** Absent for a package with a single image. */
  readonly service?: string;
  /** With its project, without the host: `axion/meridian-api-homechoice`. */
  readonly repository: string;
  /** With the public tag: `registry.example.com/axion/meridian-api-homechoice:1.4.0`. */
  readonly reference: string;
  /** The digest of the pushed manifest or index; absent when the run ended before the push. */
  readonly digest?: string;
  /** Compressed size of all platforms in the registry, in bytes; absent where the registry does not tell. */
  readonly sizeBytes?: number;
  /** `linux/amd64`; empty until they are known. */
  readonly platforms: readonly string[];
  /** What the public tag pointed to when the run started; absent when there was no such tag. */
  readonly previous?: string;
  readonly promotion: Promotion;
}

/** A public tag that somebody else moved during the run. */
export interface TagConflict {
  readonly reference: string;
  /** The digest that the tag should point to; absent: no such tag. */
  readonly expected?: string;
  /** The digest that it points to; absent: no such tag. */
  readonly found?: string;
}

/** What was done about the unfinished promotion of an earlier run. */
export interface Recovery {
  /** The staging tag of that run. */
  readonly run: string;
  /**
   * - `finished`: its remaining tags were moved now.
   * - `undone`: its moves were undone now.
   * - `complete`: it had moved all tags, and only its journal was left. `not-started`: it had moved none.
   * - `superseded`: somebody else has moved its tags since; none was touched.
   */
  readonly action: 'finished' | 'undone' | 'complete' | 'not-started' | 'superseded';
  /** The public references of the tags that were moved now. */
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
  /** False for a run without scans (`--no-scan`). */
  readonly scanned: boolean;
  /** The public tags point to these images. */
  readonly promoted: boolean;
  readonly images: readonly PipelineImage[];
  readonly stages: readonly StageRecord[];
  /** Absent when the run ended before the gate, and without scans. */
  readonly verdict?: Verdict;
  readonly conflicts: readonly TagConflict[];
  /** One for each earlier run that left an unfinished promotion. */
  readonly recovered: readonly Recovery[];
  /** The registries.yaml that was written; `changed` is false when it already had this content. */
  readonly registries?: { readonly path: string; readonly changed: boolean };
  /** References whose staging tag is still there: kept for a running scan, or because the registry did not remove it. */
  readonly staged: readonly string[];
  readonly warnings: readonly string[];
  readonly error?: ErrorJson;
}

/** A run and the scans that its gate evaluated; none when the run ended before the gate. */
export interface PipelineReport {
  readonly run: PipelineRun;
  /** In the order of the images. */
  readonly scans: readonly ScanReport[];
}
