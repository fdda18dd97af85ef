import type { BuildEvent } from '../buildx/progress/events.ts';
import type { PushEvent } from '../docker/push/push.ts';
import type { ScanEvent } from '../harbor/scan/scan-event.ts';
import type { ServiceAction, StageName } from '../model/enums.ts';
import type { PipelineReport, Promotion, Recovery, StageRecord } from '../model/pipeline-run.ts';
import type { Verdict } from '../model/verdict.ts';
import type { PreflightEvent } from '../preflight/preflight.ts';

/** An event of a run. `at` is ISO 8601 in UTC. */
export type PipelineEvent =
  | {
      readonly type: 'run-started';
      /** The run's id, its staging tag. */
      readonly run: string;
      readonly package: string;
      /** The public references. */
      readonly images: readonly { readonly service?: string; readonly reference: string }[];
      readonly at: string;
    }
  /** Another run of the package holds the lock of this machine, or has a release in progress. */
  | { readonly type: 'waiting'; readonly message: string }
  | { readonly type: 'stage-started'; readonly stage: StageName; readonly at: string }
  | { readonly type: 'stage-finished'; readonly stage: StageRecord }
  | { readonly type: 'preflight'; readonly event: PreflightEvent }
  /** What the run does about an image, and why. */
  | {
      readonly type: 'plan';
      readonly reference: string;
      readonly action: ServiceAction;
      readonly reasons: readonly string[];
      /** The first release with the image, when it is not built. */
      readonly release?: number;
    }
  | { readonly type: 'build'; readonly event: BuildEvent }
  | { readonly type: 'push'; readonly event: PushEvent }
  /** `reference` has the public tag. */
  | { readonly type: 'scan'; readonly reference: string; readonly event: ScanEvent }
  | { readonly type: 'verdict'; readonly verdict: Verdict }
  | { readonly type: 'promotion'; readonly reference: string; readonly digest: string; readonly promotion: Promotion }
  /** The release has its number: from now on it is finished, by this run or the next one, or undone. */
  | { readonly type: 'release'; readonly number: number; readonly digest: string }
  | { readonly type: 'recovered'; readonly recovery: Recovery }
  | { readonly type: 'warning'; readonly message: string }
  /** The last event of every run, also of one that throws. */
  | ({ readonly type: 'run-finished' } & PipelineReport);
