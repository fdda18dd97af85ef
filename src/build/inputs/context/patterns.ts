import { posix } from 'node:path';
import { RE2JS } from 're2js';
import { asGoReads } from './names.ts';
import { literal, wildcardTest } from './wildcards.ts';

/** Which patterns matched a folder: they also match what is in it. */
export type MatchedPatterns = Uint8Array;

/** The longest line that BuildKit reads in an ignore file. */
const MAX_LINE_BYTES = 64 * 1024;

// Go's white space. JavaScript's has U+FEFF and lacks U+0085.
const SPACE = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+';
const OUTER_SPACE = new RegExp(`^${SPACE}|${SPACE}$`, 'g');

/** A pattern that BuildKit refuses. */
export class PatternError extends Error {}

/**
 * The patterns of an ignore file, as github.com/moby/patternmatcher/ignorefile reads it.
 *
 * @throws {PatternError} for a line that is too long, and for text that is not UTF-8: Node replaces each such byte by U+FFFD
 */
export function readIgnorePatterns(text: string): string[] {
  if (text.includes('\ufffd')) throw new PatternError('a pattern is not UTF-8');
  return text
    .replace(/^\ufeff/, '')
    .split('\n')
    .flatMap((line) => {
      if (Buffer.byteLength(line) >= MAX_LINE_BYTES) throw new PatternError('a line of the ignore file is too long');
      if (line.startsWith('#')) return [];
      const pattern = trim(line);
      if (pattern === '') return [];
      const isException = pattern.startsWith('!');
      const path = isException ? trim(pattern.slice(1)) : pattern;
      const cleaned = path === '' ? '' : cleanPath(path);
      return `${isException ? '!' : ''}${cleaned.length > 1 && cleaned.startsWith('/') ? cleaned.slice(1) : cleaned}`;
    });
}

/** The shortest form of a path, without a slash at its end. */
export function cleanPath(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}

interface Pattern {
  readonly text: string;
  /** Whether it starts with `!`. */
  readonly isException: boolean;
  readonly matches: (path: string) => boolean;
  /** Its first folders, as far as they have no wildcard. */
  readonly fixed: { readonly path: string; readonly isWhole: boolean };
}

/**
 * A list of patterns as github.com/moby/patternmatcher applies it: to ignore files, `--exclude` and `--parents`. The last pattern
 * that matches decides, and one that matches a folder matches everything in it.
 */
export class PatternList {
  readonly #patterns: readonly Pattern[];

  /** @throws {PatternError} */
  constructor(patterns: readonly string[]) {
    this.#patterns = patterns.map(trim).flatMap((text) => (text === '' ? [] : compile(cleanPath(text))));
  }

  /**
   * @param parent the patterns that matched the folder that the path is in
   * @param matched set to the patterns that match this path, when given; as many bytes as there are patterns
   */
  matches(path: string, parent: MatchedPatterns | undefined, matched?: MatchedPatterns): boolean {
    let result = false;
    for (const [index, pattern] of this.#patterns.entries()) {
      // A pattern that could not change the result is not looked at, and then does not match what is in a folder, either.
      const isMatch = parent?.[index] === 1 || (pattern.isException === result && pattern.matches(path));
      if (!isMatch) continue;
      if (matched !== undefined) matched[index] = 1;
      result = !pattern.isException;
    }
    return result;
  }

  /** An empty set for {@link matches}. */
  noneMatched(): MatchedPatterns {
    return new Uint8Array(this.#patterns.length);
  }

  /** Whether a pattern, or an exception, may match something in the folder, which itself is not matched by it. */
  mayMatchBelow(folder: string, kind: 'pattern' | 'exception'): boolean {
    return this.#patterns.some(({ isException, fixed }) => {
      if (isException !== (kind === 'exception')) return false;
      const { path, isWhole } = fixed;
      return path === '' || `${path}/`.startsWith(`${folder}/`) || (!isWhole && `${folder}/`.startsWith(`${path}/`));
    });
  }
}

function trim(text: string): string {
  return text.replace(OUTER_SPACE, '');
}

function compile(written: string): Pattern {
  const isException = written.startsWith('!');
  const text = isException ? written.slice(1) : written;
  if (text === '') throw new PatternError('the pattern "!" names nothing');
  if (wildcardTest(text) === undefined) throw new PatternError(`the pattern ${JSON.stringify(text)} is malformed`);
  const parts = text
    .replace(/\/\*\*$/, '')
    .replace(/\/\*$/, '')
    .split('/');
  const wild = parts.findIndex((part) => /[*[\]?^\\]/.test(part));
  const fixed = { path: parts.slice(0, wild === -1 ? undefined : wild).join('/'), isWhole: wild === -1 };
  return { text, isException, fixed, matches: pathTest(text) };
}

/** What a pattern matches, path by path. */
function pathTest(pattern: string): (path: string) => boolean {
  const { kind, source, isPlain } = translate([...pattern]);
  switch (kind) {
    case 'exact':
      return (path) => path === pattern;
    case 'prefix': {
      const prefix = pattern.slice(0, -2);
      return (path) => path.startsWith(prefix);
    }
    case 'suffix': {
      const suffix = pattern.slice(2);
      return (path) => path.endsWith(suffix) || (suffix.startsWith('/') && path === suffix.slice(1));
    }
    case 'expression':
      return isPlain ? expressionTest(source) : goExpressionTest(pattern, source);
  }
}

interface Translated {
  readonly kind: 'exact' | 'prefix' | 'suffix' | 'expression';
  /** A regular expression of Go. */
  readonly source: string;
  /** Whether JavaScript reads it alike. */
  readonly isPlain: boolean;
}

/** `*` and `?` match no slash, `**` matches any number of folders, and everything else is left to Go's regular expressions. */
function translate(pattern: readonly string[]): Translated {
  let kind: Translated['kind'] = 'exact';
  let source = '';
  let isPlain = true;
  for (let at = 0, item = 0; at < pattern.length; item++) {
    const character = pattern[at++] ?? '';
    if (character === '*' && pattern[at] === '*') {
      at += pattern[at + 1] === '/' ? 2 : 1;
      const isLast = at >= pattern.length;
      source += isLast ? '[^\\n]*' : '(?:[^\\n]*/)?';
      kind = item === 0 ? 'suffix' : isLast && kind === 'exact' ? 'prefix' : 'expression';
      continue;
    }
    if ('*?[]'.includes(character) || (character === '\\' && at < pattern.length)) kind = 'expression';
    if (character === '*') source += '[^/]*';
    else if (character === '?') source += '[^/]';
    else if (character === '\\' && at < pattern.length) {
      const escaped = pattern[at++] ?? '';
      const isPunctuation = /^[\x00-\x7f]$/.test(escaped) && !/[0-9A-Za-z]/.test(escaped);
      isPlain &&= isPunctuation;
      source += isPunctuation ? literal(escaped) : `\\${escaped}`;
    } else if ('[]^'.includes(character)) {
      isPlain = false;
      source += character;
    } else source += '.+()|{}$'.includes(character) ? `\\${character}` : character;
  }
  return { kind, source: `^${source}$`, isPlain };
}

function expressionTest(source: string): (path: string) => boolean {
  const expression = new RegExp(asGoReads(source), 'u');
  return (path) => expression.test(asGoReads(path));
}

function goExpressionTest(pattern: string, source: string): (path: string) => boolean {
  let expression: RE2JS;
  try {
    expression = RE2JS.compile(asGoReads(source));
  } catch {
    throw new PatternError(`the pattern ${JSON.stringify(pattern)} is malformed`);
  }
  return (path) => expression.matcher(asGoReads(path)).find();
}
