import { didYouMean } from '../../lib/text/suggest.ts';
import { joinWords } from '../../lib/text/words.ts';
import { show, ValueError } from '../problem.ts';
import type { Word } from '../syntax/position.ts';
import { lowerCase } from '../syntax/text.ts';

/** Whether a flag is true or false, has a value, or has one each time that it is given. */
export type FlagKind = 'boolean' | 'value' | 'values';

/** The flags of an instruction. */
export class Flags {
  readonly #given: readonly Flag[];

  constructor(given: readonly Flag[]) {
    this.#given = given;
  }

  /** The value of a flag; undefined when it is not given. */
  value(name: string): string | undefined {
    return this.#given.find((flag) => flag.name === name)?.value;
  }

  /** The values of a flag that may be given several times. */
  values(name: string): readonly string[] {
    if (this.#given.length === 0) return NO_VALUES;
    return this.#given.filter((flag) => flag.name === name).map(({ value }) => value);
  }
}

interface Flag {
  readonly name: string;
  readonly value: string;
}

const NO_VALUES: readonly string[] = [];
const NO_FLAGS = new Flags([]);

/**
 * Reads flags by what an instruction knows.
 *
 * @throws {ValueError} for an unknown flag, one that is repeated, and a missing or wrong value.
 */
export function readFlags(words: readonly Word[], known: Readonly<Record<string, FlagKind>>): Flags {
  if (words.length === 0) return NO_FLAGS;
  const given: Flag[] = [];
  for (const { text } of words) {
    const equals = text.indexOf('=');
    const name = equals < 0 ? text.slice(2) : text.slice(2, equals);
    const value = equals < 0 ? undefined : text.slice(equals + 1);
    const kind = Object.hasOwn(known, name) ? known[name] : undefined;
    if (kind === undefined) throw unknownFlag(name, Object.keys(known));
    if (kind !== 'values' && given.some((flag) => flag.name === name))
      throw new ValueError(`the flag --${name} is given twice`, 'Give it once.');
    given.push({ name, value: readValue(name, value, kind) });
  }
  return new Flags(given);
}

function unknownFlag(name: string, known: readonly string[]): ValueError {
  const flags = known.map((each) => `--${each}`);
  return new ValueError(
    `unknown flag --${name}${didYouMean(`--${name}`, flags)}`,
    flags.length === 0 ? 'This instruction takes no flags.' : `This instruction takes ${joinWords(flags)}.`,
  );
}

function readValue(name: string, value: string | undefined, kind: FlagKind): string {
  if (kind !== 'boolean') {
    if (value !== undefined) return value;
    throw new ValueError(`the flag --${name} has no value`, `Write --${name}=value, without spaces.`);
  }
  if (value === undefined) return 'true';
  const lower = lowerCase(value);
  if (lower === 'true' || lower === 'false') return lower;
  throw new ValueError(`the flag --${name} cannot be ${show(value)}`, 'Use true or false.');
}
