import type { Package } from '../config/package.ts';
import { ObjDockerError } from '../errors.ts';
import type { PipelineMachine } from './machine.ts';
import type { CleanOptions, CleanResult } from './obj-build.ts';

/** Removes what earlier runs of a package have left; see ObjBuild.clean. */
export async function cleanPackage(
  pkg: Package,
  _options: CleanOptions,
  _machine: PipelineMachine,
): Promise<CleanResult> {
  throw new ObjDockerError('INTERNAL', `there is no cleaning of ${pkg.name} yet`);
}
