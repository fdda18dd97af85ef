import { didYouMean } from '../../lib/text/suggest.ts';
import { joinWords } from '../../lib/text/words.ts';
import { show, ValueError } from '../problem.ts';
import type { Word } from '../syntax/position.ts';
import { lowerCase } from '../syntax/text.ts';

/** Whether a flag is true or false, has a value, or has one each time that it is given. */
export type FlagKind = 'boolean' | 'value' | 'values';

/** The flags that an instruction knows. */
export type KnownFlags = ReadonlyMap<string, FlagKind>;

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
    return this.#given.flatMap((flag) => (flag.name === name ? flag.value : NO_VALUES));
  }
}

interface Flag {
  readonly name: string;
  readonly value: string;
}

const NO_VALUES: readonly string[] = [];
const NONE_KNOWN: KnownFlags = new Map();
const NO_FLAGS = new Flags([]);

/**
 * Reads flags by what an instruction knows.
 *
 * @param known @default none
 * @throws {ValueError} for an unknown flag, one that is repeated, and a missing or wrong value.
 */
export function readFlags(words: readonly Word[], known: KnownFlags = NONE_KNOWN): Flags {
  if (words.length === 0) return NO_FLAGS;
  const seen = new Set<string>();
  return new Flags(
    words.map(({ text }) => {
      const equals = text.indexOf('=');
      const name = equals < 0 ? text.slice(2) : text.slice(2, equals);
      const kind = known.get(name);
      if (kind === undefined) throw unknownFlag(name, [...known.keys()]);
      if (kind !== 'values' && seen.has(name))
        throw new ValueError(`the flag --${name} is given twice`, 'Give it once.');
      seen.add(name);
      return { name, value: readValue(name, equals < 0 ? undefined : text.slice(equals + 1), kind) };
    }),
  );
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
