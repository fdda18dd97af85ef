import { ValueError } from '../problem.ts';
import { replacePattern, trimEnd, trimStart } from './shell-pattern.ts';
import { fillVariables, isPlain, SimpleText } from './simple-text.ts';
import { isSpace, printable } from './text.ts';

/** The value of a variable; undefined when it is not set. */
export type Lookup = (name: string) => string | undefined;

export interface ExpandOptions {
  /** What a character is escaped with. */
  readonly escapeCharacter: string;
  /** Keep quotes. @default false */
  readonly rawQuotes?: boolean;
  /** Keep escape characters. @default false */
  readonly rawEscapes?: boolean;
  /** Quotes are characters like any other. @default false */
  readonly ignoreQuotes?: boolean;
  /** Leave a variable as it is written when it is not set. @default false: it is empty */
  readonly keepUnset?: boolean;
  /** White space behind `<<` does not end a word, as since BuildKit 0.22. @default true */
  readonly spacedHeredocs?: boolean;
}

/** A text with its variables filled in. */
export interface Expansion {
  readonly text: string;
  /** The text split at white space outside of quotes, after the variables were filled in. */
  readonly words: readonly string[];
  /** Every variable that was looked up, each once. */
  readonly names: ReadonlySet<string>;
  /** Those of {@link names} that are not set. */
  readonly unset: ReadonlySet<string>;
}

// BuildKit has no limit; the stack of JavaScript has one.
const DEEPEST = 1_000;
const DIGIT = /^\p{Nd}$/u;
const NAME_PART = /^[\p{L}\p{Nd}_]$/u;
const CLOSE = 'Close it, or escape it where it is meant as a character.';

/**
 * Fills in the variables of a text as BuildKit does: quotes and escapes are removed; `$X`, `${X}`, `${X:-w}`, `${X-w}`,
 * `${X:+w}`, `${X+w}`, `${X:?w}`, `${X?w}`, `${X#p}`, `${X##p}`, `${X%p}`, `${X%%p}`, `${X/p/r}` and `${X//p/r}` are replaced.
 *
 * @throws {ValueError} for a brace or quote that is not closed, an unknown modifier, and a `?` whose variable is not set.
 */
export function expand(text: string, lookup: Lookup, options: ExpandOptions): Expansion {
  if (isPlain(text)) return new SimpleText(text);
  const isRaw = options.rawQuotes === true || options.keepUnset === true;
  return (isRaw ? undefined : fillVariables(text, lookup)) ?? new Lexer(text, lookup, options).run();
}

class Lexer {
  readonly #characters: readonly string[];
  readonly #lookup: Lookup;
  readonly #options: ExpandOptions;
  readonly #names = new Set<string>();
  readonly #unset = new Set<string>();
  #at = 0;
  #rawEscapes: boolean;
  #depth = 0;
  // One buffer for all levels, as in BuildKit: a `${X:-default}` empties what the word outside had gathered.
  #word = '';

  constructor(text: string, lookup: Lookup, options: ExpandOptions) {
    const characters = Array.from(printable(text));
    this.#characters = characters[0] === '\ufeff' ? characters.slice(1) : characters;
    this.#lookup = lookup;
    this.#options = options;
    this.#rawEscapes = options.rawEscapes ?? false;
  }

  run(): Expansion {
    const { text, words } = this.#until('', this.#rawEscapes);
    return { text, words, names: this.#names, unset: this.#unset };
  }

  /** The character at this place; empty at the end. */
  #peek(): string {
    return this.#characters[this.#at] ?? '';
  }

  #next(): string {
    return this.#characters[this.#at++] ?? '';
  }

  get #atEnd(): boolean {
    return this.#at >= this.#characters.length;
  }

  /** Reads to `end`, which it passes, or to the end of the text when `end` is empty. */
  #until(end: string, rawEscapes: boolean): { text: string; words: string[] } {
    const before = this.#rawEscapes;
    this.#rawEscapes = rawEscapes;
    this.#depth++;
    if (this.#depth > DEEPEST)
      throw new ValueError(`more than ${DEEPEST} "\${…}" are nested in each other`, 'Use fewer.');
    try {
      return this.#read(end);
    } finally {
      this.#rawEscapes = before;
      this.#depth--;
    }
  }

  #read(end: string): { text: string; words: string[] } {
    const words: string[] = [];
    let text = '';
    let inWord = false;
    this.#word = '';
    const addRaw = (part: string): void => {
      this.#word += part;
      inWord = true;
    };
    const add = (part: string): void => {
      for (const character of part) {
        if (!isSpace(character)) addRaw(character);
        else if (inWord && this.#word !== '') {
          words.push(this.#word);
          this.#word = '';
          inWord = false;
        }
      }
    };
    const finish = (): { text: string; words: string[] } => {
      if (this.#word !== '') words.push(this.#word);
      this.#word = '';
      return { text, words };
    };

    while (!this.#atEnd) {
      const character = this.#peek();
      if (end !== '' && character === end) {
        this.#at++;
        return finish();
      }
      if (character === '$') {
        const value = this.#variable();
        text += value;
        add(value);
        continue;
      }
      const special = this.#special(character);
      if (special !== undefined) {
        text += special;
        addRaw(special);
        continue;
      }
      this.#at++;
      if (character !== this.#options.escapeCharacter) {
        text += character;
        add(character);
        continue;
      }
      if (this.#rawEscapes) {
        text += character;
        addRaw(character);
      }
      if (this.#atEnd) {
        // An escape at the very end also ends the search for `end`.
        break;
      }
      const escaped = this.#next();
      text += escaped;
      addRaw(escaped);
    }
    if (end !== '') throw new ValueError(`a "${end}" is missing`, CLOSE);
    return finish();
  }

  #special(character: string): string | undefined {
    if (character === '<' && this.#options.spacedHeredocs !== false) return this.#heredocSign();
    if (this.#options.ignoreQuotes === true) return undefined;
    if (character === "'") return this.#singleQuoted();
    return character === '"' ? this.#doubleQuoted() : undefined;
  }

  /** White space behind `<<` does not end the word: a heredoc's name may follow. */
  #heredocSign(): string {
    this.#at++;
    if (this.#peek() !== '<') return '<';
    this.#at++;
    let sign = '<<';
    while (this.#peek() === ' ' || this.#peek() === '\t' || this.#peek() === '\r') sign += this.#next();
    return sign;
  }

  #quoteMark(): string {
    const mark = this.#next();
    return this.#options.rawQuotes === true ? mark : '';
  }

  #singleQuoted(): string {
    let text = this.#quoteMark();
    while (!this.#atEnd) {
      if (this.#peek() === "'") return text + this.#quoteMark();
      text += this.#next();
    }
    throw new ValueError("a single quote (') is not closed", CLOSE);
  }

  #doubleQuoted(): string {
    let text = this.#quoteMark();
    while (!this.#atEnd) {
      const character = this.#peek();
      if (character === '"') return text + this.#quoteMark();
      if (character === '$') {
        text += this.#variable();
        continue;
      }
      this.#at++;
      if (character !== this.#options.escapeCharacter) {
        text += character;
        continue;
      }
      if (this.#rawEscapes) text += character;
      if (this.#atEnd) continue;
      const next = this.#peek();
      if (next === '"' || next === '$' || next === this.#options.escapeCharacter) text += this.#next();
      else text += character;
    }
    throw new ValueError('a double quote (") is not closed', CLOSE);
  }

  #variable(): string {
    this.#at++;
    if (this.#peek() !== '{') {
      const name = this.#name();
      if (name === '') return '$';
      const value = this.#value(name);
      return value === undefined && this.#keepUnset ? `$${name}` : (value ?? '');
    }
    this.#at++;
    if (this.#atEnd) throw new ValueError('a "}" is missing after "${"', CLOSE);
    const first = this.#peek();
    if (first === '{' || first === '}' || first === ':')
      throw new ValueError(`"\${${first}" is not a variable`, 'Name one, as in ${NAME}.');
    return this.#braced(this.#name());
  }

  get #keepUnset(): boolean {
    return this.#options.keepUnset ?? false;
  }

  #value(name: string): string | undefined {
    this.#names.add(name);
    const value = this.#lookup(name);
    if (value === undefined) this.#unset.add(name);
    return value;
  }

  #name(): string {
    const first = this.#peek();
    if (DIGIT.test(first)) return this.#take(DIGIT);
    if (/^[@*#?$!-]$/.test(first)) return this.#next();
    return this.#take(NAME_PART);
  }

  #take(kind: RegExp): string {
    let text = '';
    while (kind.test(this.#peek())) text += this.#next();
    return text;
  }

  /** The rest of `${name…}`. */
  #braced(name: string): string {
    const operator = this.#next();
    if (operator === '}') {
      const value = this.#value(name);
      return value === undefined && this.#keepUnset ? `\${${name}}` : (value ?? '');
    }
    if (operator === '/') return this.#replaced(name);
    const emptyIsUnset = operator === ':';
    const kind = emptyIsUnset ? this.#next() : operator;
    const written = emptyIsUnset ? `:${kind}` : kind;
    if (!emptyIsUnset && !/^[-+?#%]$/.test(kind)) throw unknownModifier(name, written);
    const isPattern = kind === '#' || kind === '%';
    if (emptyIsUnset && isPattern) throw unknownModifier(name, written);

    const word = this.#untilBrace('}', isPattern);
    const value = this.#value(name);
    if (value === undefined && this.#keepUnset) return `\${${name}${written}${word}}`;
    const isSet = value !== undefined && !(emptyIsUnset && value === '');
    if (kind === '-') return isSet ? value : word;
    if (kind === '+') return isSet ? word : '';
    if (kind === '?') {
      if (isSet) return value;
      throw new ValueError(
        `the variable ${name} is ${value === undefined ? 'not set' : 'empty'}${word === '' ? '' : `: ${word}`}`,
        'Set it in config.yaml (image.buildArgs), or give its ARG a default.',
      );
    }
    if (!isPattern) throw unknownModifier(name, written);
    const greedy = word.startsWith(kind);
    const pattern = greedy ? word.slice(1) : word;
    return kind === '%' ? trimEnd(value ?? '', pattern, greedy) : trimStart(value ?? '', pattern, greedy);
  }

  #untilBrace(end: string, rawEscapes: boolean): string {
    try {
      return this.#until(end, rawEscapes).text;
    } catch (error) {
      if (error instanceof ValueError && this.#atEnd) throw new ValueError(`a "${end}" is missing in "\${…}"`, CLOSE);
      throw error;
    }
  }

  #replaced(name: string): string {
    const all = this.#peek() === '/';
    if (all) this.#at++;
    const pattern = this.#untilBrace('/', true);
    const replacement = this.#untilBrace('}', true);
    const value = this.#value(name);
    if (value === undefined && this.#keepUnset) return `\${${name}/${pattern}/${replacement}}`;
    return replacePattern(value ?? '', pattern, replacement, all);
  }
}

function unknownModifier(name: string, modifier: string): ValueError {
  if (modifier === '' || modifier === ':') return new ValueError(`a "}" is missing after "\${${name}"`, CLOSE);
  return new ValueError(
    `"\${${name}${modifier}…}" has a modifier that Dockerfiles do not know`,
    'Use :- - :+ + :? ? # ## % %% / or //.',
  );
}
