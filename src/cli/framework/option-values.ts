import { ObjDockerError } from '../../errors.ts';

/** The flags of a command as the command line gave them: a switch is true, a value is text, a repeatable one a list of texts. */
export type GivenOptions = Readonly<Record<string, unknown>>;

// Container commands are measured by how soon they start: what a schema library would check is little here.

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
 * A flag's value as a whole number that is not negative; undefined when the flag was not given.
 *
 * @param what what the number is, for the error: `a number of seconds`
 * @throws {ObjDockerError} USAGE
 */
export function wholeNumberOf(options: GivenOptions, name: string, what: string): number | undefined {
  const text = textOf(options, name);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= MOST) return number;
  throw new ObjDockerError('USAGE', `--${name} ${quoted(text)} is not ${what}`, {
    hint: `Give a whole number from 0 to ${MOST}.`,
  });
}

/** What the engine takes for a number. */
const MOST = 2_147_483_647;

/** Text from the command line as a message shows it: long text is cut. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}
