import { ObjDockerError } from '../../errors.ts';
import { formatTime } from '../../lib/text/time.ts';
import type { ReleaseHold } from '../../model/release.ts';
import { nameOfActor } from '../../release/actor.ts';
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

/** Who set a hold, when and why: `by alex, 2026-05-31 08:15:00 UTC, record 13: leaks memory`. */
export function describeHold({ number, by, created, reason }: ReleaseHold): string {
  const who = nameOfActor(by);
  const facts = [...(who === undefined ? [] : [`by ${who}`]), formatTime(created), `record ${number}`].join(', ');
  return reason === undefined ? facts : `${facts}: ${reason}`;
}
