import { type Document, isAlias, isNode, isScalar, visit } from 'yaml';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { suggest } from '../../lib/text/suggest.ts';
import { maskUrlCredentials } from '../../lib/text/url-credentials.ts';

const MASK = '***';
const WIDTH = 160;
// How much of a line is read on either side of the position.
const WINDOW = 2_000;
const SECRET_WORD = '(?:passw(?:or)?d|passphrase|pwd|secret|token|credentials?|(?:api|private|access)[_-]?key)';
const SECRET_NAME = new RegExp(`${SECRET_WORD}$`, 'i');
const SECRET_KEY_IN_LINE = new RegExp(`${SECRET_WORD}["']?\\s*:`, 'i');
const QUOTED_SECRET = new RegExp(`${SECRET_WORD}["']?\\s*:\\s*(?:[&!]\\S*\\s+)*(["'])`, 'gi');
// Mask everything after such a key up to the end of the line, quoted or not.
const SECRET_IN_LINE = new RegExp(`(${SECRET_WORD}["']?\\s*[:=]\\s*)\\S.*$`, 'i');
const KEY_IN_LINE = /^[\s?-]*["']?([^\s"'{}[\],#&*!|>%@`:]+)["']?\s*:(?:\s|$)/;

/** A range of offsets in the text of the file. */
export type Range = readonly [start: number, end: number];

/** Whether a key is the name of a secret, possibly misspelled. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) || suggest(name, ['password', 'passwordFile']) === 'password';
}

/** The lines of a file, with secrets masked. */
export interface Excerpts {
  /** Returns the line at an offset. A long line is cut around the offset. `secrets` are more ranges to mask. */
  at(offset: number, secrets?: readonly Range[]): string;
}

/** Creates excerpts of a document. The secrets are located on the first call. */
export function createExcerpts(text: string, yaml: Document): Excerpts {
  let known: readonly Range[] | undefined;
  return {
    at(offset, secrets = []) {
      known ??= secretRanges(yaml);
      const start = offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
      const newline = text.indexOf('\n', offset);
      const from = Math.max(start, offset - WINDOW);
      const to = Math.min(newline < 0 ? text.length : newline, offset + WINDOW);
      // The ranges may be wrong when the YAML is invalid. Mask everything from the key of a secret to the next key.
      if (yaml.errors.length > 0 && (from > start || isInQuotedSecret(text, start) || continuesSecret(text, start)))
        return MASK;
      const line = text.slice(from, to).replace(/\r$/, '');
      const masked = maskUrlCredentials(maskRanges(line, from, [...known, ...secrets]));
      return sanitizeLine(cut(masked.replace(SECRET_IN_LINE, `$1${MASK}`), offset - from).replaceAll('\t', '→'));
    },
  };
}

function secretRanges(yaml: Document): readonly Range[] {
  const ranges: Range[] = [];
  visit(yaml, {
    Pair(_index, { key, value }) {
      if (!isScalar(key) || !isSecretName(String(key.value)) || !isNode(value)) return;
      const target = isAlias(value) ? value.resolve(yaml) : value;
      if (target?.range) ranges.push([target.range[0], target.range[1]]);
    },
  });
  return ranges;
}

/** Whether a quoted secret continues at the start of a line. */
function isInQuotedSecret(text: string, lineStart: number): boolean {
  const from = Math.max(0, lineStart - 20_000);
  for (const match of text.slice(from, lineStart).matchAll(QUOTED_SECRET)) {
    const close = text.indexOf(match[1] ?? '', from + match.index + match[0].length);
    if (close < 0 || close >= lineStart) return true;
  }
  return false;
}

function continuesSecret(text: string, lineStart: number): boolean {
  if (KEY_IN_LINE.test(text.slice(lineStart, lineStart + WINDOW))) return false;
  let end = lineStart;
  // No multi-line value is longer than 100 lines.
  for (let lines = 0; end > 0 && lines < 100; lines++) {
    const start = text.lastIndexOf('\n', end - 2) + 1;
    const line = text.slice(start, Math.min(end, start + WINDOW));
    if (SECRET_KEY_IN_LINE.test(line)) return true;
    const key = KEY_IN_LINE.exec(line)?.[1];
    if (key !== undefined) return isSecretName(key);
    end = start;
  }
  return false;
}

function maskRanges(line: string, lineStart: number, ranges: readonly Range[]): string {
  const inLine = ranges
    .map(([from, to]): Range => [Math.max(0, from - lineStart), Math.min(line.length, to - lineStart)])
    .filter(([from, to]) => to > from)
    .sort((a, b) => a[0] - b[0]);
  let masked = '';
  let done = 0;
  for (const [from, to] of inLine) {
    if (from >= done) masked += line.slice(done, from) + MASK;
    done = Math.max(done, to);
  }
  return masked + line.slice(done);
}

function cut(line: string, column: number): string {
  if (line.length <= WIDTH) return line;
  const from = Math.max(0, Math.min(column - WIDTH / 2, line.length - WIDTH));
  return `${from > 0 ? '…' : ''}${line.slice(from, from + WIDTH)}${from + WIDTH < line.length ? '…' : ''}`;
}
