import { formatTime } from '../lib/text/time.ts';
import type { ReleaseActor, ReleaseHold } from './release.ts';

/** The shortest name for whoever made a record; undefined when nothing is known. */
export function nameOfActor({ user, ci, host }: ReleaseActor): string | undefined {
  return user ?? ci ?? host;
}

/** Who set a hold, when and why: `by alex, 2026-05-31 08:15 UTC, record 13: leaks memory`. */
export function describeHold({ number, by, created, reason }: ReleaseHold): string {
  const who = nameOfActor(by);
  const facts = [...(who === undefined ? [] : [`by ${who}`]), formatTime(created), `record ${number}`].join(', ');
  return reason === undefined ? facts : `${facts}: ${reason}`;
}
