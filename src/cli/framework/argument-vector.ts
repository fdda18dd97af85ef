import { type CommandSpec, hyphenatedName, longNames, type OptionSpec, shortNames, takesValue } from './command.ts';
import { GLOBAL_OPTIONS, HELP_OPTION, VERSION_OPTION } from './options.ts';

/** An argument vector, read against the command table just far enough to tell options, their values and words apart. */
export interface ArgumentVector {
  /** The command that the words begin with, also after `help`; undefined when they begin with none. */
  readonly command: CommandSpec | undefined;
  /** Everything but options and their values, up to pass-through arguments; without a leading `help`. */
  readonly words: readonly string[];
  /** The known options that are given, by their long names: `--json`. */
  readonly flags: ReadonlySet<string>;
  /** Whether help was requested, by `help COMMAND` or `--help`. */
  readonly requestsHelp: boolean;
  /**
   * The vector in the form that commander parses: a command of two words hyphenated, each value attached to its option, and `--`
   * before pass-through arguments.
   */
  readonly normalized: readonly string[];
}

/** Reads an argument vector. It refuses nothing: unknown words and options stay as they are. */
export function readArgumentVector(argv: readonly string[], commands: readonly CommandSpec[]): ArgumentVector {
  const reader = new ArgumentReader(commands);
  for (let rest = argv; rest.length > 0; ) rest = reader.read(rest);
  return reader;
}

class ArgumentReader implements ArgumentVector {
  command: CommandSpec | undefined;
  readonly flags = new Set<string>();
  readonly normalized: string[] = [];
  readonly #commands: readonly CommandSpec[];
  readonly #words: string[] = [];
  /** The index of the command's first word in `normalized`. */
  #commandIndex = 0;

  constructor(commands: readonly CommandSpec[]) {
    this.#commands = commands;
  }

  get words(): readonly string[] {
    return this.#isHelpCommand ? this.#words.slice(1) : this.#words;
  }

  get requestsHelp(): boolean {
    return this.#isHelpCommand || this.flags.has('--help');
  }

  /** Reads the first of these arguments, and its value when it has one; returns the rest. */
  read(argv: readonly string[]): readonly string[] {
    const [word = '', ...rest] = argv;
    if (word === '--') {
      // `exec -- NAME CMD` is `exec NAME CMD`.
      if (this.#passesThrough && rest[0] !== undefined) return this.#passThrough(rest);
      this.normalized.push(...argv);
      return [];
    }
    if (word.startsWith('--')) return this.#readLong(word, rest);
    if (word.startsWith('-') && word !== '-') return this.#readShort(word, rest);
    return this.#passesThrough ? this.#passThrough(argv) : this.#readWord(word, rest);
  }

  #readLong(word: string, rest: readonly string[]): readonly string[] {
    const [name = word] = word.split('=', 1);
    const option = this.#findOption((known) => longNames(known).includes(name));
    if (option !== undefined) this.flags.add(name);
    if (option?.bareValue !== undefined && name === word) {
      this.normalized.push(`${name}=${option.bareValue}`);
      return rest;
    }
    if (option === undefined || !takesValue(option) || name !== word) {
      this.normalized.push(word);
      return rest;
    }
    return this.#readValue(name, rest);
  }

  /** `-t`, `-t VALUE`, `-tVALUE`, `-t=VALUE` as the docker client accepts it, and several in one: `-itu VALUE`. */
  #readShort(word: string, rest: readonly string[]): readonly string[] {
    const letter = word.slice(0, 2);
    const option = this.#findOption((known) => shortNames(known).includes(letter));
    const long = option === undefined ? undefined : longNames(option)[0];
    if (option === undefined || long === undefined) {
      this.normalized.push(word);
      return rest;
    }
    this.flags.add(long);
    const attached = word.slice(2);
    if (takesValue(option))
      return this.#readValue(long, attached === '' ? rest : [attached.replace(/^=/, ''), ...rest]);
    this.normalized.push(letter);
    return attached === '' ? rest : this.#readShort(`-${attached}`, rest);
  }

  #readValue(name: string, rest: readonly string[]): readonly string[] {
    const [value, ...others] = rest;
    this.normalized.push(value === undefined ? name : `${name}=${value}`);
    return others;
  }

  #readWord(word: string, rest: readonly string[]): readonly string[] {
    this.#words.push(word);
    const [first = '', second] = this.words;
    const twoWords = second === undefined ? undefined : this.#findCommand(`${first}-${second}`);
    if (this.words.length === 1) this.#commandIndex = this.normalized.length;
    if (this.words.length === 2 && twoWords !== undefined) {
      // `harbor repos` and `harbor-repos` are the same command, as are `config check` and `config-check`.
      this.normalized[this.#commandIndex] = `${first}-${second}`;
      this.command = twoWords;
    } else {
      this.normalized.push(word);
      if (this.words.length === 1) this.command = this.#findCommand(first);
    }
    return rest;
  }

  /** Whether everything from the next word on belongs to another program. */
  get #passesThrough(): boolean {
    return this.command?.passThrough === true && !this.#isHelpCommand;
  }

  #passThrough([first = '', ...rest]: readonly string[]): readonly string[] {
    this.normalized.push('--', first, ...(rest[0] === '--' ? rest.slice(1) : rest));
    return [];
  }

  get #isHelpCommand(): boolean {
    return this.#words[0] === 'help' && this.#words.length > 1;
  }

  #findOption(matches: (option: OptionSpec) => boolean): OptionSpec | undefined {
    return [...(this.command?.options ?? []), ...GLOBAL_OPTIONS, HELP_OPTION, VERSION_OPTION].find(matches);
  }

  #findCommand(word: string): CommandSpec | undefined {
    return this.#commands.find((command) => hyphenatedName(command) === word || command.aliases?.includes(word));
  }
}
