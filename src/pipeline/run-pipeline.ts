import type { Package } from '../config/package.ts';
import { ObjDockerError } from '../errors.ts';
import { createOperation, type Operation } from '../lib/operation.ts';
import type { PipelineReport } from '../pipeline-run.ts';
import type { PipelineEvent } from './events.ts';
import type { PipelineMachine } from './machine.ts';
import type { PipelineOptions } from './obj-build.ts';

/** Runs the pipeline; see ObjBuild.run. */
export function runPipeline(
  pkg: Package,
  options: PipelineOptions,
  _machine: PipelineMachine,
): Operation<PipelineEvent, PipelineReport> {
  return createOperation(() => {
    throw new ObjDockerError('INTERNAL', `there is no pipeline for ${pkg.name} yet`);
  }, options.signal);
}
