import { isSpace } from './text.ts';

// What most words of a Dockerfile are: nothing in them is special, or `$NAME` and `${NAME}` alone, or the quotes around all.
const SPECIAL = /["'$<\\`\ufeff\ud800-\udfff]/;
const SPECIAL_OR_WIDE = /["'<\\`]|[^\0-\x7f]/;
const QUOTED = /^(["'])[^"'$<\\`\ufeff\ud800-\udfff]*\1$/;
const VARIABLE = /\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})/y;
const NO_NAMES: readonly string[] = [];
const NONE: ReadonlySet<string> = new Set();

/** Whether a text has nothing to fill in or to remove. */
export function isPlain(text: string): boolean {
  return !SPECIAL.test(text);
}

/** What is between the quotes that are around a text; undefined for any other text. */
export function unquote(text: string): string | undefined {
  return QUOTED.test(text) ? text.slice(1, -1) : undefined;
}

/** A text in which no white space is hidden from a split into words. Few callers want those, or the names. */
export class SimpleText {
  readonly text: string;
  readonly #names: readonly string[];
  readonly #unset: readonly string[];

  constructor(text: string, names = NO_NAMES, unset = NO_NAMES) {
    this.text = text;
    this.#names = names;
    this.#unset = unset;
  }

  get words(): readonly string[] {
    return splitWords(this.text);
  }

  get names(): ReadonlySet<string> {
    return this.#names.length === 0 ? NONE : new Set(this.#names);
  }

  get unset(): ReadonlySet<string> {
    return this.#unset.length === 0 ? NONE : new Set(this.#unset);
  }
}

/** Fills in a text of ASCII in which only `$NAME` and `${NAME}` are special; undefined for any other text. */
export function fillVariables(text: string, lookup: (name: string) => string | undefined): SimpleText | undefined {
  if (SPECIAL_OR_WIDE.test(text)) return undefined;
  const names: string[] = [];
  const unset: string[] = [];
  let filled = '';
  let end = 0;
  for (let dollar = text.indexOf('$'); dollar >= 0; dollar = text.indexOf('$', end)) {
    VARIABLE.lastIndex = dollar;
    const match = VARIABLE.exec(text);
    const name = match?.[1] ?? match?.[2];
    if (name === undefined) return undefined;
    const value = lookup(name);
    names.push(name);
    if (value === undefined) unset.push(name);
    filled += text.slice(end, dollar) + (value ?? '');
    end = VARIABLE.lastIndex;
  }
  return new SimpleText(filled + text.slice(end), names, unset);
}

function splitWords(text: string): string[] {
  const words: string[] = [];
  let word = '';
  for (const character of text) {
    if (!isSpace(character)) word += character;
    else if (word !== '') {
      words.push(word);
      word = '';
    }
  }
  if (word !== '') words.push(word);
  return words;
}
