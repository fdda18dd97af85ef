import { ObjDockerError } from '../../errors.ts';
import { describeHold } from '../../model/labels.ts';
import type { History } from '../../release/records.ts';
import type { PipelineOptions } from '../options.ts';

/**
 * Stops a run of a package that is held.
 *
 * @throws {ObjDockerError} RELEASE_HELD
 */
export function checkHold(
  { ended }: Pick<History, 'ended'>,
  pkg: { readonly name: string },
  { throughHold }: Pick<PipelineOptions, 'throughHold'>,
): void {
  const held = ended?.record.held;
  if (held === undefined || throughHold === true) return;
  throw new ObjDockerError('RELEASE_HELD', `${pkg.name} is held: ${describeHold(held)}`, {
    hint: `Nothing was changed. When the reason is gone: objdocker resume ${pkg.name}. To release this once: --through-hold.`,
    details: { held },
  });
}
