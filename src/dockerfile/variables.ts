/** Looks up the value of a variable; undefined means that it is not set. */
export type Lookup = (name: string) => string | undefined;

/** A word of a Dockerfile after expansion. */
export interface Expansion {
  readonly text: string;
  /** Every variable that the word mentions, also inside `${X:-$Y}`, in the order of appearance. */
  readonly names: readonly string[];
}

/** Thrown by {@link expandWord}; the caller knows the line and makes the error for the user. */
export class ExpansionError extends Error {
  override readonly name = 'ExpansionError';
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*/;

/**
 * Expands one word as BuildKit does: quotes and escapes are removed; `$X`, `${X}`, `${X:-w}`, `${X-w}`, `${X:+w}`, `${X+w}`,
 * `${X:?w}`, `${X?w}`, `${X#p}`, `${X##p}`, `${X%p}`, `${X%%p}`, `${X/p/r}` and `${X//p/r}` are replaced. An unset variable is empty.
 *
 * @throws {ExpansionError} for a brace or quote that is not closed, an unknown modifier, and a `?` whose variable is not set.
 */
export function expandWord(word: string, lookup: Lookup, escapeCharacter = '\\'): Expansion {
  const expander = new Expander(word, lookup, escapeCharacter);
  const text = expander.run();
  return { text, names: expander.names };
}

class Expander {
  readonly names: string[] = [];
  readonly #word: string;
  readonly #lookup: Lookup;
  readonly #escape: string;
  #at = 0;

  constructor(word: string, lookup: Lookup, escapeCharacter: string) {
    this.#word = word;
    this.#lookup = lookup;
    this.#escape = escapeCharacter;
  }

  run(): string {
    return this.#until('');
  }

  /** Reads to `end` (which it passes) or, without one, to the end of the word. */
  #until(end: string): string {
    let text = '';
    while (this.#at < this.#word.length) {
      const char = this.#word.charAt(this.#at);
      if (end !== '' && char === end) {
        this.#at++;
        return text;
      }
      if (char === "'") text += this.#singleQuoted();
      else if (char === '"') text += this.#doubleQuoted();
      else text += this.#one(char);
    }
    if (end !== '') throw new ExpansionError(`a "${end}" is missing`);
    return text;
  }

  #one(char: string): string {
    if (char === '$') return this.#variable();
    this.#at++;
    if (char !== this.#escape) return char;
    const escaped = this.#word.charAt(this.#at);
    this.#at++;
    return escaped;
  }

  #singleQuoted(): string {
    const close = this.#word.indexOf("'", this.#at + 1);
    if (close < 0) throw new ExpansionError('a single quote is not closed');
    const text = this.#word.slice(this.#at + 1, close);
    this.#at = close + 1;
    return text;
  }

  #doubleQuoted(): string {
    this.#at++;
    let text = '';
    while (this.#at < this.#word.length) {
      const char = this.#word.charAt(this.#at);
      if (char === '"') {
        this.#at++;
        return text;
      }
      const next = this.#word.charAt(this.#at + 1);
      const escapes = char === this.#escape && (next === '"' || next === '$' || next === this.#escape);
      if (char === '$' || escapes) text += this.#one(char);
      else {
        text += char;
        this.#at++;
      }
    }
    throw new ExpansionError('a double quote is not closed');
  }

  #variable(): string {
    this.#at++;
    if (this.#word.charAt(this.#at) !== '{') {
      const name = NAME.exec(this.#word.slice(this.#at))?.[0];
      if (name === undefined) return '$';
      this.#at += name.length;
      return this.#value(name) ?? '';
    }
    this.#at++;
    const name = NAME.exec(this.#word.slice(this.#at))?.[0];
    if (name === undefined) throw new ExpansionError('a name is missing after "${"');
    this.#at += name.length;
    return this.#modified(name);
  }

  #value(name: string): string | undefined {
    this.names.push(name);
    return this.#lookup(name);
  }

  #modified(name: string): string {
    const value = this.#value(name);
    let operator = this.#take();
    if (operator === '}') return value ?? '';
    if (operator === '') throw new ExpansionError(`a "}" is missing after "\${${name}"`);
    const emptyCounts = operator === ':';
    if (emptyCounts) operator = this.#take();
    const isSet = value !== undefined && !(emptyCounts && value === '');
    if (operator === '-' || operator === '+' || operator === '?') {
      const other = this.#until('}');
      if (operator === '+') return isSet ? other : '';
      if (isSet) return value;
      if (operator === '-') return other;
      throw new ExpansionError(`${name}: ${other === '' ? 'is not set' : other}`);
    }
    if (!emptyCounts && (operator === '#' || operator === '%')) return this.#trimmed(operator, value ?? '');
    if (!emptyCounts && operator === '/') return this.#replaced(value ?? '');
    throw new ExpansionError(`"\${${name}${emptyCounts ? ':' : ''}${operator}" is not a known modifier`);
  }

  #take(): string {
    return this.#word.charAt(this.#at++);
  }

  #trimmed(operator: '#' | '%', value: string): string {
    const greedy = this.#word.charAt(this.#at) === operator;
    if (greedy) this.#at++;
    return trim(value, this.#until('}'), { fromEnd: operator === '%', greedy });
  }

  #replaced(value: string): string {
    const all = this.#word.charAt(this.#at) === '/';
    if (all) this.#at++;
    const pattern = new RegExp(globSource(this.#until('/')), all ? 'gsu' : 'su');
    const replacement = this.#until('}');
    return value.replace(pattern, () => replacement);
  }
}

function trim(value: string, glob: string, how: { fromEnd: boolean; greedy: boolean }): string {
  const whole = new RegExp(`^(?:${globSource(glob)})$`, 'su');
  const lengths = Array.from({ length: value.length + 1 }, (_, index) => (how.greedy ? value.length - index : index));
  for (const length of lengths) {
    const cut = how.fromEnd ? value.length - length : length;
    const part = how.fromEnd ? value.slice(cut) : value.slice(0, cut);
    if (whole.test(part)) return how.fromEnd ? value.slice(0, cut) : value.slice(cut);
  }
  return value;
}

function globSource(glob: string): string {
  return [...glob]
    .map((char) => {
      if (char === '*') return '.*';
      return char === '?' ? '.' : char.replace(/[\\^$.|+()[\]{}/]/g, '\\$&');
    })
    .join('');
}
