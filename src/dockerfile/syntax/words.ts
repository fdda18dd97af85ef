import type { Word } from './position.ts';
import { fromBytes, isSpaceAt, leadingSpace, lengthWithoutSpace, toBytes, trimSpace } from './text.ts';

/** An instruction taken apart: the flags stand between the keyword and the rest. */
export interface InstructionParts {
  readonly keyword: Word;
  /** `--name=value` with quotes and escapes removed. */
  readonly flags: readonly Word[];
  readonly rest: Word;
}

const DASH = 0x2d;
const SPACE = 0x20;
const SINGLE_QUOTE = 0x27;
const DOUBLE_QUOTE = 0x22;
const NO_FLAGS: readonly Word[] = [];

/**
 * Splits an instruction into keyword, flags and the rest.
 *
 * @param offset the place of the text, which the words begin to count from
 */
export function splitInstruction(text: string, offset: number, escapeCharacter: string): InstructionParts {
  const start = leadingSpace(text);
  const end = Math.max(start, lengthWithoutSpace(text));
  const gap = endOfWord(text, start, end);
  const next = endOfGap(text, gap, end);
  const keyword = { text: text.slice(start, gap), start: offset + start, end: offset + gap };
  const rest = { text: text.slice(next, end), start: offset + next, end: offset + end };
  if (!mayHaveFlags(rest.text)) return { keyword, flags: NO_FLAGS, rest };
  return { keyword, ...splitFlags(rest, escapeCharacter) };
}

function mayHaveFlags(rest: string): boolean {
  const code = rest.charCodeAt(0);
  return code === DASH || code <= SPACE || code >= 0x80;
}

/**
 * Takes the words that begin with `--` from the front. BuildKit goes through the bytes here, not the characters: a byte
 * 85 or A0 within a character ends a word, and what is not ASCII comes out as one character for each byte.
 */
function splitFlags({ text, start: offset }: Word, escapeCharacter: string): { flags: Word[]; rest: Word } {
  const bytes = toBytes(text);
  const placeOf = (at: number): number => (bytes === text ? at : fromBytes(bytes.slice(0, at)).length);
  const flags: Word[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (isSpaceAt(bytes, at)) {
      at++;
      continue;
    }
    if (bytes.charCodeAt(at) !== DASH || bytes.charCodeAt(at + 1) !== DASH) break;
    const flag = readFlag(bytes, at, escapeCharacter);
    at = flag.end;
    if (flag.text === '--') break;
    flags.push({ text: flag.text, start: offset + placeOf(flag.start), end: offset + placeOf(at) });
  }
  const rest = fromBytes(bytes.slice(at));
  const trimmed = trimSpace(rest);
  const start = offset + placeOf(at) + leadingSpace(rest);
  return { flags, rest: { text: trimmed, start, end: start + trimmed.length } };
}

// Most flags hold nothing special.
const PLAIN_FLAG = /[A-Za-z0-9_.,:;=@%+/$(){}*-]+/y;

/** One flag, to the white space behind it; quotes group and are removed. */
function readFlag(bytes: string, start: number, escapeCharacter: string): Word {
  const plain = endOfMatch(PLAIN_FLAG, bytes, start);
  if (plain > start && (plain === bytes.length || bytes.charCodeAt(plain) === SPACE))
    return { text: bytes.slice(start, plain), start, end: plain };
  let text = '';
  let quote = '';
  let at = start;
  for (; at < bytes.length; at++) {
    let character = bytes.charAt(at);
    if (quote === '' && isSpaceAt(bytes, at)) break;
    if (quote === '' && (character === "'" || character === '"')) {
      quote = character;
      continue;
    }
    if (quote !== '' && character === quote) {
      quote = '';
      continue;
    }
    if (character === escapeCharacter) {
      if (at + 1 === bytes.length) {
        quote = '';
        continue;
      }
      at++;
      character = bytes.charAt(at);
    }
    text += character;
  }
  return { text, start, end: at };
}

/** Where a match of a sticky pattern that begins at `start` ends; `start` without one. */
function endOfMatch(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start;
  return pattern.test(text) ? pattern.lastIndex : start;
}

/** Splits at white space; quotes mean nothing. */
export function splitAtSpace({ text, start }: Word): Word[] {
  if (text === '') return [];
  let end = 0;
  return text.split(GAP).map((word) => {
    const at = text.indexOf(word, end);
    end = at + word.length;
    return { text: word, start: start + at, end: start + end };
  });
}

// The white space between words; other white space of Unicode belongs to a word.
const GAP = /[\t\v\f\r ]+/;

function endOfWord(text: string, start: number, limit: number): number {
  let at = start;
  while (at < limit) {
    const code = text.charCodeAt(at);
    if (code <= SPACE && isBetween(code)) return at;
    at++;
  }
  return at;
}

function endOfGap(text: string, start: number, limit: number): number {
  let at = start;
  while (at < limit && isBetween(text.charCodeAt(at))) at++;
  return at;
}

/** As {@link GAP}. */
function isBetween(code: number): boolean {
  return code === SPACE || code === 0x09 || (code >= 0x0b && code <= 0x0d);
}

/** Splits at white space outside of quotes. Quotes and escapes stay, but for an escape character at the very end. */
export function splitQuoted({ text, start }: Word, escapeCharacter: string): Word[] {
  const words: Word[] = [];
  let at = 0;
  while (at < text.length) {
    if (isSpaceAt(text, at)) {
      at++;
      continue;
    }
    const word = readQuoted(text, at, escapeCharacter);
    if (word.text !== '') words.push({ text: word.text, start: start + at, end: start + word.end });
    at = word.end;
  }
  return words;
}

// Most of a word holds nothing special.
const PLAIN = /[A-Za-z0-9_.,:;=@%+/$(){}*~!?&|<>[\]^#-]*/y;

function readQuoted(text: string, start: number, escapeCharacter: string): Word {
  const sign = escapeCharacter.charCodeAt(0);
  let quote = 0;
  let at = endOfMatch(PLAIN, text, start);
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (quote === 0) {
      if (isSpaceAt(text, at)) break;
      if (code === SINGLE_QUOTE || code === DOUBLE_QUOTE) quote = code;
    } else if (code === quote) quote = 0;
    if (code !== sign || quote === SINGLE_QUOTE) continue;
    // An escape takes the character behind it; at the very end it is dropped.
    if (at + 1 === text.length) return { text: text.slice(start, at), start, end: at + 1 };
    at += (text.codePointAt(at + 1) ?? 0) > 0xffff ? 2 : 1;
  }
  return { text: text.slice(start, at), start, end: at };
}

/** `NAME=value`, or `NAME value` of the older form. */
export interface SplitPair {
  readonly name: string;
  readonly value: string;
  /** The older form, of which there is one in an instruction. */
  readonly legacy: boolean;
}

/** The name and the rest of the older form (`ENV NAME the value`); undefined without a value. */
export function splitLegacyPair(text: string): SplitPair | undefined {
  const gap = endOfWord(text, 0, text.length);
  if (gap === text.length) return undefined;
  return { name: text.slice(0, gap), value: text.slice(endOfGap(text, gap, text.length)), legacy: true };
}
