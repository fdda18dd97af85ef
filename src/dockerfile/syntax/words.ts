import type { Word } from './position.ts';
import { fromBytes, isSpace, leadingSpace, toBytes, trimSpace } from './text.ts';

/** An instruction taken apart: the flags stand between the keyword and the rest. */
export interface InstructionParts {
  readonly keyword: Word;
  /** `--name=value` with quotes and escapes removed. */
  readonly flags: readonly Word[];
  readonly rest: Word;
}

const DASH = 0x2d;
const NO_FLAGS: readonly Word[] = [];

/** Splits an instruction into keyword, flags and the rest. */
export function splitInstruction(text: string, escapeCharacter: string): InstructionParts {
  const start = leadingSpace(text);
  const trimmed = trimSpace(text);
  const gap = endOfWord(trimmed, 0);
  const next = endOfGap(trimmed, gap);
  const keyword = { text: trimmed.slice(0, gap), start, end: start + gap };
  const rest = { text: trimmed.slice(next), start: start + next, end: start + trimmed.length };
  return mayHaveFlags(rest.text) ? withFlags(keyword, rest, escapeCharacter) : { keyword, flags: NO_FLAGS, rest };
}

function mayHaveFlags(rest: string): boolean {
  const code = rest.charCodeAt(0);
  return code === DASH || code <= 0x20 || code >= 0x80;
}

function withFlags(keyword: Word, written: Word, escapeCharacter: string): InstructionParts {
  const { flags, rest } = splitFlags(written.text, escapeCharacter, written.start);
  return { keyword, flags, rest: trimmedWord(rest) };
}

function trimmedWord({ text, start }: Word): Word {
  const skip = leadingSpace(text);
  const trimmed = trimSpace(text);
  return { text: trimmed, start: start + skip, end: start + skip + trimmed.length };
}

/**
 * Takes the words that begin with `--` from the front. BuildKit goes through the bytes here, not the characters: a byte
 * 85 or A0 within a character ends a word, and what is not ASCII comes out as one character for each byte.
 */
function splitFlags(text: string, escapeCharacter: string, offset: number): { flags: Word[]; rest: Word } {
  const bytes = toBytes(text);
  const flags: Word[] = [];
  const offsetOf = (at: number): number => offset + (bytes === text ? at : fromBytes(bytes.slice(0, at)).length);
  const restFrom = (at: number): Word => {
    const rest = fromBytes(bytes.slice(at));
    return { text: rest, start: offsetOf(at), end: offsetOf(at) + rest.length };
  };
  let at = 0;
  while (at < bytes.length) {
    if (isSpace(bytes.charAt(at))) {
      at++;
      continue;
    }
    if (bytes.charCodeAt(at) !== DASH || bytes.charCodeAt(at + 1) !== DASH) return { flags, rest: restFrom(at) };
    const flag = readFlag(bytes, at, escapeCharacter);
    if (flag.text === '--') return { flags, rest: restFrom(flag.end) };
    flags.push({ text: flag.text, start: offsetOf(at), end: offsetOf(flag.end) });
    at = flag.end;
  }
  return { flags, rest: restFrom(bytes.length) };
}

// Most flags hold nothing special.
const PLAIN_FLAG = /[A-Za-z0-9_.,:;=@%+/$(){}*-]+/y;

/** One flag, to the white space behind it; quotes group and are removed. */
function readFlag(bytes: string, start: number, escapeCharacter: string): Word {
  PLAIN_FLAG.lastIndex = start;
  const plain = PLAIN_FLAG.exec(bytes)?.[0];
  const end = start + (plain?.length ?? 0);
  if (plain !== undefined && (end === bytes.length || bytes.charAt(end) === ' ')) return { text: plain, start, end };
  let text = '';
  let quote = '';
  let at = start;
  for (; at < bytes.length; at++) {
    let character = bytes.charAt(at);
    if (quote === '' && isSpace(character)) break;
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

/** Splits at white space; quotes mean nothing. */
export function splitAtSpace({ text, start }: Word): Word[] {
  const words: Word[] = [];
  if (text === '') return words;
  for (let at = 0; ; ) {
    const end = endOfWord(text, at);
    words.push({ text: text.slice(at, end), start: start + at, end: start + end });
    if (end === text.length) return words;
    at = endOfGap(text, end);
  }
}

function endOfWord(text: string, start: number): number {
  let at = start;
  while (at < text.length && !isBetween(text.charCodeAt(at))) at++;
  return at;
}

function endOfGap(text: string, start: number): number {
  let at = start;
  while (at < text.length && isBetween(text.charCodeAt(at))) at++;
  return at;
}

/** The white space between words; other white space of Unicode belongs to a word. */
function isBetween(code: number): boolean {
  return code === 0x20 || code === 0x09 || (code >= 0x0b && code <= 0x0d);
}

/** Splits at white space outside of quotes. Quotes and escapes stay, but for an escape character at the very end. */
export function splitQuoted({ text, start }: Word, escapeCharacter: string): Word[] {
  const words: Word[] = [];
  let at = 0;
  while (at < text.length) {
    if (isSpace(text.charAt(at))) {
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
  PLAIN.lastIndex = start;
  let length = PLAIN.exec(text)?.[0].length ?? 0;
  let quote = '';
  let at = start + length;
  for (; at < text.length; at++) {
    const character = text.charAt(at);
    if (quote === '') {
      if (isSpace(character)) break;
      if (character === "'" || character === '"') quote = character;
    } else if (character === quote) quote = '';
    length++;
    if (character !== escapeCharacter || quote === "'") continue;
    // An escape takes the character behind it; at the very end it is dropped.
    if (at + 1 === text.length) length--;
    else {
      const next = String.fromCodePoint(text.codePointAt(at + 1) ?? 0);
      at += next.length;
      length += next.length;
    }
  }
  return { text: text.slice(start, start + length), start, end: at };
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
  const gap = endOfWord(text, 0);
  if (gap === text.length) return undefined;
  return { name: text.slice(0, gap), value: text.slice(endOfGap(text, gap)), legacy: true };
}
