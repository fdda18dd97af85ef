import { ObjDockerError } from '../../errors.ts';
import { MAX_TIMER_MS } from '../../lib/poll.ts';
import { parseDuration } from '../../lib/text/duration.ts';

/** The options of a command line: true for one without a value, a text, or a list of texts for a repeatable one. */
export type GivenOptions = Readonly<Record<string, unknown>>;

// No schema library: it would delay the start of container commands, and there is little to check.

export function isOn(options: GivenOptions, name: string): boolean {
  return options[name] === true;
}

export function textOf(options: GivenOptions, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

export function textsOf(options: GivenOptions, name: string): readonly string[] | undefined {
  const value = options[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined;
}

/**
 * Reads the value of an option as a whole number, 0 or more; undefined when the option is not given.
 *
 * @param what describes the number in the error: `a number of seconds`
 * @throws {ObjDockerError} USAGE
 */
export function wholeNumberOf(options: GivenOptions, name: string, what: string): number | undefined {
  const text = textOf(options, name);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= MAX_NUMBER) return number;
  throw new ObjDockerError('USAGE', `--${name} ${quoted(text)} is not ${what}`, {
    hint: `Give a whole number from 0 to ${MAX_NUMBER}.`,
  });
}

/** The largest number that the engine accepts. */
const MAX_NUMBER = 2_147_483_647;

/**
 * Reads the value of an option as a duration in milliseconds; a number without a unit is seconds. Undefined when the option is
 * not given.
 *
 * @throws {ObjDockerError} USAGE
 */
export function timeSpanOf(options: GivenOptions, name: string): number | undefined {
  const text = textOf(options, name);
  if (text === undefined) return undefined;
  const milliseconds = readTimeSpan(text);
  if (milliseconds !== undefined && milliseconds <= MAX_TIMER_MS) return milliseconds;
  throw invalidTimeSpan(`--${name} ${quoted(text)} is not a duration of at most 24 days`);
}

/**
 * Reads an age in milliseconds, as {@link timeSpanOf} but without a limit, because no timer waits for it.
 *
 * @param flag the option for the error: `--older-than`
 * @throws {ObjDockerError} USAGE
 */
export function ageOf(text: string, flag: string): number {
  const milliseconds = readTimeSpan(text);
  if (milliseconds !== undefined && Number.isFinite(milliseconds)) return milliseconds;
  throw invalidTimeSpan(`${flag} ${quoted(text)} is not a duration`);
}

/**
 * Reads `--timeout` of a command that waits only with another option, as {@link timeSpanOf}.
 *
 * @throws {ObjDockerError} USAGE, also for a time-out without a wait, which would have no effect.
 */
export function waitTimeOf(
  options: GivenOptions,
  { waits, option = '--wait' }: { readonly waits: boolean; readonly option?: string },
): number | undefined {
  const milliseconds = timeSpanOf(options, 'timeout');
  if (milliseconds === undefined || waits) return milliseconds;
  throw new ObjDockerError('USAGE', `--timeout needs ${option}`, { hint: 'Give both, or neither.' });
}

/** More than 0; undefined for anything else. */
function readTimeSpan(text: string): number | undefined {
  const milliseconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : parseDuration(text);
  return milliseconds !== undefined && milliseconds > 0 ? milliseconds : undefined;
}

function invalidTimeSpan(message: string): ObjDockerError {
  return new ObjDockerError('USAGE', message, {
    hint: 'Give seconds, or a duration with units: 90, 1.5, 500ms, 1h30m, 2d.',
  });
}

/** Text from the command line in quotes, for a message; long text is cut. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}
