import type { Package } from '../config/package.ts';
import { ObjDockerError } from '../errors.ts';
import { createOperation, type Operation } from '../lib/operation.ts';
import type { PipelineEvent } from './events.ts';
import type { PipelineMachine } from './machine.ts';
import type { GateOptions, GateReport } from './obj-build.ts';

/** Applies a package's policy to images that Harbor has already; see ObjBuild.gate. */
export function gatePackage(
  pkg: Package,
  _repos: readonly string[],
  options: GateOptions,
  _machine: PipelineMachine,
): Operation<PipelineEvent, GateReport> {
  return createOperation(() => {
    throw new ObjDockerError('INTERNAL', `there is no gate for ${pkg.name} yet`);
  }, options.signal);
}
