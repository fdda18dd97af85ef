import { ObjDockerError } from '../../errors.ts';
import { MAX_TIMER_MS } from '../../lib/poll.ts';
import { parseDuration } from '../../lib/text/duration.ts';
import { type GivenOptions, quoted, textOf } from './option-values.ts';

/**
 * A flag's value as a time span in milliseconds, seconds where it has no unit; undefined when the flag was not given.
 *
 * @throws {ObjDockerError} USAGE
 */
export function timeSpanOf(options: GivenOptions, name: string): number | undefined {
  const text = textOf(options, name);
  if (text === undefined) return undefined;
  const milliseconds = readTimeSpan(text);
  if (milliseconds !== undefined && milliseconds <= MAX_TIMER_MS) return milliseconds;
  throw noTimeSpan(`--${name} ${quoted(text)} is not a time span of at most 24 days`);
}

/**
 * An age in milliseconds, seconds where it has no unit; of any length, for nothing waits that long.
 *
 * @param flag as it is typed: `--older-than`
 * @throws {ObjDockerError} USAGE
 */
export function ageOf(text: string, flag: string): number {
  const milliseconds = readTimeSpan(text);
  if (milliseconds !== undefined && Number.isFinite(milliseconds)) return milliseconds;
  throw noTimeSpan(`${flag} ${quoted(text)} is not a time span`);
}

/** Longer than nothing. */
function readTimeSpan(text: string): number | undefined {
  const milliseconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : parseDuration(text);
  return milliseconds !== undefined && milliseconds > 0 ? milliseconds : undefined;
}

function noTimeSpan(message: string): ObjDockerError {
  return new ObjDockerError('USAGE', message, {
    hint: 'Give seconds, or a time span with its units: 90, 1.5, 500ms, 1h30m, 2d.',
  });
}

/**
 * `--timeout` of a command that waits only when it is told to, as {@link timeSpanOf}.
 *
 * @throws {ObjDockerError} USAGE, also where nothing is waited for: who gives it believes that something is.
 */
export function waitTimeOf(options: GivenOptions, { waits }: { readonly waits: boolean }): number | undefined {
  const milliseconds = timeSpanOf(options, 'timeout');
  if (milliseconds === undefined || waits) return milliseconds;
  throw new ObjDockerError('USAGE', '--timeout is for --wait', { hint: 'Give both, or neither.' });
}
