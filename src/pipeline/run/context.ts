import type { Package, ScanPolicy } from '../../config/package.ts';
import type { PipelineMachine } from '../machine.ts';
import type { PipelineOptions } from '../obj-build.ts';
import type { OpenedRegistry } from './open-registry.ts';
import type { PlannedRunImage, RunRecord } from './record.ts';

/** An image of a run. */
export interface RunImage extends PlannedRunImage {
  /** Its full reference with the staging tag. */
  readonly staged: string;
}

/** What every stage of a run works with. */
export interface RunContext {
  readonly pkg: Package;
  readonly options: PipelineOptions;
  readonly machine: PipelineMachine;
  readonly record: RunRecord;
  readonly images: readonly RunImage[];
  /** Of all services of the package, with its project: an earlier run may have been about others. */
  readonly repositories: readonly string[];
  /** The public tag. */
  readonly tag: string;
  /** The package's, read before anything began. */
  readonly policy: ScanPolicy;
  /** Ends whatever comes before the promotion. */
  readonly signal: AbortSignal;
}

/** What the stages after the preflight work with. */
export interface ReadyContext extends RunContext {
  readonly registry: OpenedRegistry;
}
