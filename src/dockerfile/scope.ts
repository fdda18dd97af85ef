import type { Instruction } from './instruction.ts';
import type { Refuse } from './read-dockerfile.ts';
import { type Expansion, ExpansionError, expandWord, type Lookup } from './variables.ts';

/**
 * The build arguments and environment variables that an instruction sees.
 *
 * A value handed over as --build-arg beats an ARG's default; an ENV beats an ARG of that name.
 */
export class Scope {
  /** ARGs declared here or inherited, with the value they have. */
  readonly args: Map<string, string | undefined>;
  readonly #buildArgs: Lookup;
  readonly #escape: string;
  readonly #env: Map<string, string | undefined>;
  /** Names that a declared ARG's default mentions. */
  readonly #mentions: Map<string, readonly string[]>;
  readonly #globals: Scope | undefined;

  private constructor(parts: {
    buildArgs: Lookup;
    escapeCharacter: string;
    globals?: Scope;
    parent?: Scope;
  }) {
    this.#buildArgs = parts.buildArgs;
    this.#escape = parts.escapeCharacter;
    this.#globals = parts.globals;
    this.args = new Map(parts.parent?.args);
    this.#env = new Map(parts.parent === undefined ? [] : parts.parent.#env);
    this.#mentions = new Map(parts.parent === undefined ? [] : parts.parent.#mentions);
  }

  /** The scope before the first FROM. */
  static global(buildArgs: Lookup, escapeCharacter: string): Scope {
    return new Scope({ buildArgs, escapeCharacter });
  }

  /** The scope of a stage; `parent` is that of the stage it builds on. */
  stage(parent?: Scope): Scope {
    return new Scope({
      buildArgs: this.#buildArgs,
      escapeCharacter: this.#escape,
      globals: this,
      ...(parent === undefined ? {} : { parent }),
    });
  }

  /** Takes in an ARG or ENV instruction and returns the names that it declares. */
  declare(instruction: Instruction, refuse: Refuse): string[] {
    return instruction.properties.map(({ name, value }) => {
      if (!/^[A-Za-z_]\w*$/.test(name) && instruction.keyword === 'ARG')
        refuse(instruction.line, `${JSON.stringify(name.slice(0, 60))} cannot be the name of an ARG`);
      const expansion = value === undefined ? undefined : this.expand(value, instruction.line, refuse);
      if (instruction.keyword === 'ENV') this.#env.set(name, expansion?.text ?? '');
      else {
        this.args.set(name, this.#buildArgs(name) ?? expansion?.text ?? this.#globals?.args.get(name));
        this.#mentions.set(name, expansion?.names ?? []);
      }
      return name;
    });
  }

  /** Replaces the variables of a word. */
  expand(word: string, line: number, refuse: Refuse): Expansion {
    return this.#expand(word, (name) => this.#env.get(name) ?? this.args.get(name), line, refuse);
  }

  /** As {@link expand}, but a variable whose value is not known here (a base image's ENV, TARGETARCH) stays as written. */
  expandKnown(word: string, line: number, refuse: Refuse): string {
    const value: Lookup = (name) => this.#env.get(name) ?? this.args.get(name);
    let unknown = false;
    const expansion = this.#expand(
      word,
      (name) => {
        const known = value(name);
        if (known === undefined) unknown = true;
        return known;
      },
      line,
      refuse,
    );
    return unknown ? word : expansion.text;
  }

  /** The declared ARGs among the names, and those that their defaults mention, to the end. */
  closure(names: readonly string[]): string[] {
    const seen = new Set<string>();
    const visit = (name: string): void => {
      if (seen.has(name) || !this.args.has(name)) return;
      seen.add(name);
      for (const mentioned of this.#mentions.get(name) ?? []) visit(mentioned);
    };
    for (const name of names) visit(name);
    return [...seen];
  }

  #expand(word: string, lookup: Lookup, line: number, refuse: Refuse): Expansion {
    try {
      return expandWord(word, lookup, this.#escape);
    } catch (error) {
      if (error instanceof ExpansionError)
        refuse(line, `cannot read ${JSON.stringify(word.slice(0, 80))}: ${error.message}`);
      throw error;
    }
  }
}
