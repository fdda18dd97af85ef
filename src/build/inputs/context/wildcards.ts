import { asGoReads } from './names.ts';

/** Whether a path or its part has a wildcard, as BuildKit decides it for COPY and ADD. */
export function hasWildcards(path: string): boolean {
  return /^(?:[^\\*?[]|\\[\s\S])*[*?[]/.test(path);
}

/**
 * A test for a wildcard pattern as Go's `filepath.Match` reads it: `*` and `?` match no slash, a class may. Undefined for a malformed
 * pattern, which matches nothing.
 */
export function wildcardTest(pattern: string): ((path: string) => boolean) | undefined {
  const source = regExpSource([...asGoReads(pattern)]);
  if (source === undefined) return undefined;
  const test = new RegExp(`^${source}$`, 'u');
  return (path) => test.test(asGoReads(path));
}

/** The character as a regular expression that matches it. */
export function literal(character: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}

function regExpSource(pattern: readonly string[]): string | undefined {
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] ?? '';
    if (character === '*') {
      if (pattern[at + 1] !== '*') source += '[^/]*';
    } else if (character === '?') {
      source += '[^/]';
    } else if (character === '[') {
      const found = readClass(pattern, at + 1);
      if (found === undefined) return undefined;
      source += found.source;
      at = found.end;
    } else if (character === '\\') {
      const escaped = pattern[++at];
      if (escaped === undefined) return undefined;
      source += literal(escaped);
    } else {
      source += literal(character);
    }
  }
  return source;
}

/** Reads a class from behind its `[`; `end` is the index of its `]`. */
function readClass(pattern: readonly string[], from: number): { source: string; end: number } | undefined {
  const isNegated = pattern[from] === '^';
  let at = isNegated ? from + 1 : from;
  let ranges = '';
  for (let count = 0; pattern[at] !== ']' || count === 0; count++) {
    const low = readBound(pattern, at);
    if (low === undefined) return undefined;
    at = low.next;
    const high = pattern[at] === '-' ? readBound(pattern, at + 1) : low;
    if (high === undefined) return undefined;
    at = high.next;
    // A range from high to low matches nothing.
    if (low.code <= high.code) ranges += `\\u{${low.code.toString(16)}}-\\u{${high.code.toString(16)}}`;
  }
  return { source: `[${isNegated ? '^' : ''}${ranges}]`, end: at };
}

function readBound(pattern: readonly string[], from: number): { code: number; next: number } | undefined {
  const first = pattern[from];
  if (first === undefined || first === '-' || first === ']') return undefined;
  const at = first === '\\' ? from + 1 : from;
  const code = pattern[at]?.codePointAt(0);
  // Something must follow: at least the closing bracket.
  return code === undefined || at + 1 >= pattern.length ? undefined : { code, next: at + 1 };
}
