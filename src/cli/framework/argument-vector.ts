import { COMMANDS } from '../commands.ts';
import type { CommandSpec, OptionSpec } from './command.ts';
import { longNames, oneWord, shortNames, takesValue } from './command-names.ts';
import { GLOBAL_OPTIONS } from './global-options.ts';

/** An argument vector, read against the command table as far as it takes to tell flags, their values and words apart. */
export interface ArgumentVector {
  /** The command that the words begin with, or that `help` is asked about; undefined when they begin with none. */
  readonly command: CommandSpec | undefined;
  /** What is neither a flag nor a flag's value, up to what is passed on; without a `help` in front of others. */
  readonly words: readonly string[];
  /** The flags that are there, by their long names: `--json`. */
  readonly flags: ReadonlySet<string>;
  /**
   * The vector as it can be parsed without knowing any of this: a command of two words in one, each value attached to its flag,
   * and `--` in front of what is passed on.
   */
  readonly plain: readonly string[];
}

/** Reads a vector. Nothing is refused here: what is unknown stays as it is. */
export function readArgumentVector(argv: readonly string[]): ArgumentVector {
  const reading = new Reading();
  for (let rest = argv; rest.length > 0; ) rest = reading.take(rest);
  return reading;
}

class Reading implements ArgumentVector {
  command: CommandSpec | undefined;
  readonly flags = new Set<string>();
  readonly plain: string[] = [];
  #words: string[] = [];
  /** Where in `plain` the command's first word stands. */
  #first = 0;

  get words(): readonly string[] {
    return this.#asksForHelp ? this.#words.slice(1) : this.#words;
  }

  /** Reads what the vector begins with, and returns what is left of it. */
  take(argv: readonly string[]): readonly string[] {
    const [word = '', ...rest] = argv;
    if (word === '--') {
      // `exec -- NAME CMD` is `exec NAME CMD`.
      if (this.#passesOn && rest[0] !== undefined) return this.#passOn(rest);
      this.plain.push(...argv);
      return [];
    }
    if (word.startsWith('--')) return this.#takeLong(word, rest);
    if (word.startsWith('-') && word !== '-') return this.#takeShort(word, rest);
    return this.#passesOn ? this.#passOn(argv) : this.#takeWord(word, rest);
  }

  #takeLong(word: string, rest: readonly string[]): readonly string[] {
    const [name = word] = word.split('=', 1);
    const option = this.#find((known) => longNames(known).includes(name));
    if (option !== undefined) this.flags.add(name);
    if (option === undefined || !takesValue(option) || name !== word) {
      this.plain.push(word);
      return rest;
    }
    return this.#takeValue(name, rest);
  }

  /** `-t`, `-t VALUE`, `-tVALUE`, `-t=VALUE` as the docker client has it, and several in one: `-itu VALUE`. */
  #takeShort(word: string, rest: readonly string[]): readonly string[] {
    const letter = word.slice(0, 2);
    const option = this.#find((known) => shortNames(known).includes(letter));
    const long = option === undefined ? undefined : longNames(option)[0];
    if (option === undefined || long === undefined) {
      this.plain.push(word);
      return rest;
    }
    this.flags.add(long);
    const attached = word.slice(2);
    if (takesValue(option))
      return this.#takeValue(long, attached === '' ? rest : [attached.replace(/^=/, ''), ...rest]);
    this.plain.push(letter);
    return attached === '' ? rest : this.#takeShort(`-${attached}`, rest);
  }

  #takeValue(name: string, rest: readonly string[]): readonly string[] {
    const [value, ...others] = rest;
    this.plain.push(value === undefined ? name : `${name}=${value}`);
    return others;
  }

  #takeWord(word: string, rest: readonly string[]): readonly string[] {
    this.#words.push(word);
    const [first = '', second] = this.words;
    const joined = second === undefined ? undefined : findCommand(`${first}-${second}`);
    if (this.words.length === 1) this.#first = this.plain.length;
    if (this.words.length === 2 && joined !== undefined) {
      // `harbor repos` and `harbor-repos` are one command, as are `config check` and `config-check`.
      this.plain[this.#first] = `${first}-${second}`;
      this.command = joined;
    } else {
      this.plain.push(word);
      if (this.words.length === 1) this.command = findCommand(first);
    }
    return rest;
  }

  /** From the first word after such a command all words are another program's. */
  get #passesOn(): boolean {
    return this.command?.passesOn === true && !this.#asksForHelp;
  }

  #passOn([first = '', ...rest]: readonly string[]): readonly string[] {
    this.plain.push('--', first, ...(rest[0] === '--' ? rest.slice(1) : rest));
    return [];
  }

  get #asksForHelp(): boolean {
    return this.#words[0] === 'help' && this.#words.length > 1;
  }

  #find(matches: (option: OptionSpec) => boolean): OptionSpec | undefined {
    return [...(this.command?.options ?? []), ...GLOBAL_OPTIONS].find(matches);
  }
}

function findCommand(word: string): CommandSpec | undefined {
  return COMMANDS.find((command) => oneWord(command) === word || command.aliases?.includes(word));
}
