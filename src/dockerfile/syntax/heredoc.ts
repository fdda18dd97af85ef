import { ValueError } from '../problem.ts';
import { type ExpandOptions, expand } from './shell-lexer.ts';

/** What `<<NAME` says. */
export interface HeredocSign {
  readonly name: string;
  /** Whether variables are replaced in its body: the name is not quoted. */
  readonly expand: boolean;
  /** `<<-`: tabs at the start of its lines are removed. */
  readonly chomp: boolean;
  /** White space behind `<<`, which BuildKit takes since 0.22 (Dockerfile 1.16). */
  readonly spaced: boolean;
  /** The number before `<<`, as a number of 64 bits at most. */
  readonly fileDescriptor: bigint;
}

/** A heredoc with its body. */
export interface Heredoc extends HeredocSign {
  /** With line ends, without the line that ends it. */
  readonly content: string;
}

const SIGN = /^(\d*)<<(-?)([\t\n\f\r ]*)([^<]*)$/;
const LARGEST_NUMBER = 2n ** 64n - 1n;
const UNSET = (): undefined => undefined;
// The escape character of the file has no effect here.
const LEXER: ExpandOptions = { escapeCharacter: '\\', keepUnset: true };

/**
 * Reads a word as `<<NAME`; undefined when it is none.
 *
 * @throws {ValueError} for a name whose quotes are not closed.
 */
function parseHeredocSign(word: string): HeredocSign | undefined {
  const match = SIGN.exec(word);
  const rest = match?.[4] ?? '';
  if (match === null || rest === '') return undefined;
  const [name, ...others] = expand(rest, UNSET, LEXER).words;
  if (name === undefined || others.length > 0) return undefined;
  const raw = expand(rest, UNSET, { ...LEXER, rawQuotes: true }).words;
  if (raw.length !== 1)
    throw new ValueError(`${JSON.stringify(word)} cannot be read as a heredoc`, 'Write << and one name: <<EOF.');
  return {
    name,
    expand: quotesIn(name) === quotesIn(raw[0] ?? ''),
    chomp: match[2] === '-',
    spaced: match[3] !== '',
    fileDescriptor: smaller(BigInt(match[1] === '' ? 0 : (match[1] ?? 0))),
  };
}

function quotesIn(text: string): number {
  return text.match(/['"]/g)?.length ?? 0;
}

function smaller(value: bigint): bigint {
  return value > LARGEST_NUMBER ? LARGEST_NUMBER : value;
}

/** As {@link parseHeredocSign}, where a word that cannot be read is no heredoc. */
export function heredocSignOf(word: string): HeredocSign | undefined {
  try {
    return parseHeredocSign(word);
  } catch (error) {
    if (error instanceof ValueError) return undefined;
    throw error;
  }
}

/** The heredocs that an instruction opens, in order. A `<<` within quotes or within a word opens none. */
export function heredocSigns(line: string, spaced: boolean): HeredocSign[] {
  return wordsOf(line, spaced).flatMap((word) => parseHeredocSign(word) ?? []);
}

function wordsOf(line: string, spacedHeredocs: boolean): readonly string[] {
  try {
    return expand(line, UNSET, { ...LEXER, rawQuotes: true, rawEscapes: true, spacedHeredocs }).words;
  } catch (error) {
    if (error instanceof ValueError) return [];
    throw error;
  }
}

/** The body of a heredoc without the tabs at the start of its lines. */
export function chompContent(content: string): string {
  return content.replace(/(^|\n)\t+/g, '$1');
}
