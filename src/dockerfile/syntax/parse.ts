import { type LineRange, locate, located, ProblemError, problemError, ValueError } from '../problem.ts';
import { type Directive, DirectiveReader } from './directives.ts';
import { type Heredoc, type HeredocSign, heredocSigns } from './heredoc.ts';
import { readJsonForm } from './json-form.ts';
import { Lines, LONGEST_LINE } from './lines.ts';
import { type Continuation, LogicalLine, type Word } from './position.ts';
import { fromBytes, isSpace, leadingSpace, lowerCase, toBytes, trimSpace, upperCase } from './text.ts';
import { type SplitPair, splitAtSpace, splitInstruction, splitLegacyPair, splitQuoted } from './words.ts';

/** An instruction as it is written. Nothing but its form was checked. */
export interface ParsedInstruction extends LineRange {
  /** Upper case. */
  readonly keyword: string;
  /** The keyword in its own letter case. */
  readonly written: Word;
  /** The instruction on one line; offsets of words count in its text. */
  readonly source: LogicalLine;
  /** `--name=value`, quotes and escapes removed. */
  readonly flags: readonly Word[];
  /** The words, the strings of the JSON form, or the rest of the line as one word. */
  readonly args: readonly Word[];
  /** Whether the arguments are in the JSON form. */
  readonly json: boolean;
  /** The pairs of ENV and LABEL. */
  readonly pairs: readonly SplitPair[];
  readonly heredocs: readonly Heredoc[];
  /** What an ONBUILD keeps. */
  readonly trigger?: ParsedInstruction;
  /** The comment lines directly above, without their sign. */
  readonly comments: readonly string[];
}

/** A Dockerfile as a list of instructions. */
export interface ParsedDockerfile {
  readonly instructions: readonly ParsedInstruction[];
  readonly escapeCharacter: string;
  /** Lines that end an instruction with empty lines in between, which BuildKit only warns of. */
  readonly emptyContinuations: readonly number[];
}

/**
 * Splits a Dockerfile into its instructions.
 *
 * @throws {ProblemError} phase `parse`
 */
export function parseDockerfile(text: string, options: ParseOptions = {}): ParsedDockerfile {
  return new Parser(text, options).parse();
}

export interface ParseOptions {
  /** Whether a `<<` with a space behind it opens a heredoc, as it does since BuildKit 0.22. @default true */
  readonly spacedHeredocs?: boolean;
}

class Parser {
  readonly #lines: Lines;
  readonly #spacedHeredocs: boolean;
  readonly #directives = new DirectiveReader();
  readonly #instructions: ParsedInstruction[] = [];
  readonly #emptyContinuations: number[] = [];
  #escapeCharacter = '\\';
  #comments: string[] = [];

  constructor(text: string, { spacedHeredocs = true }: ParseOptions) {
    this.#spacedHeredocs = spacedHeredocs;
    this.#lines = new Lines(text);
  }

  parse(): ParsedDockerfile {
    while (this.#lines.next()) this.#readInstruction();
    const end = { line: this.#lines.number, endLine: this.#lines.number };
    if (this.#instructions.length === 0)
      throw problemError('parse', end, 'the Dockerfile has no instructions', 'Add at least a FROM line.');
    if (this.#lines.tooLong)
      throw problemError(
        'parse',
        end,
        `the line after this one is longer than ${LONGEST_LINE} bytes`,
        'Split it with a line continuation.',
      );
    return {
      instructions: this.#instructions,
      escapeCharacter: this.#escapeCharacter,
      emptyContinuations: this.#emptyContinuations,
    };
  }

  #readInstruction(): void {
    const { number: start, line: whole } = this.#lines;
    const bom = start === 1 && whole.startsWith('\ufeff') ? 1 : 0;
    const first = bom === 0 ? whole : whole.slice(1);
    const comment = isComment(first);
    if (comment) this.#collectComment(first);
    const indent = leadingSpace(first);
    const text = indent === 0 ? first : first.slice(indent);
    if (!this.#directives.ended) this.#readDirective(text);
    if (comment || text === '') return;
    const column = 1 + bom + indent;
    const end = this.#continuationAt(text);
    const source = end < 0 ? new LogicalLine(text, start, column) : this.#continue(text.slice(0, end), start, column);
    const comments = this.#comments.length === 0 ? NO_COMMENTS : this.#comments;
    if (this.#comments.length > 0) this.#comments = [];
    this.#instructions.push(this.#parse(source, start, comments));
  }

  /** Joins the lines that continue an instruction. */
  #continue(first: string, start: number, column: number): LogicalLine {
    let text = first;
    const continuations: Continuation[] = [];
    let hasEmptyLine = false;
    while (this.#lines.next()) {
      const piece = this.#lines.line;
      if (isComment(piece)) continue;
      if (leadingSpace(piece) === piece.length) {
        hasEmptyLine = true;
        continue;
      }
      continuations.push({ offset: text.length, line: this.#lines.number });
      const end = this.#continuationAt(piece);
      text += end < 0 ? piece : piece.slice(0, end);
      if (end < 0) break;
    }
    if (hasEmptyLine) this.#emptyContinuations.push(this.#lines.number);
    return new LogicalLine(text, start, column, continuations);
  }

  #parse(source: LogicalLine, line: number, comments: readonly string[]): ParsedInstruction {
    const endLine = this.#lines.number;
    const context = { line, endLine, escapeCharacter: this.#escapeCharacter, comments, depth: 0 };
    try {
      const parsed = parseInstruction(source, source.text, 0, context);
      if (source.text.includes('<<') && mayHaveHeredocs(parsed)) {
        parsed.heredocs = this.#readHeredocs(source, context);
        parsed.endLine = this.#lines.number;
      }
      return parsed;
    } catch (error) {
      throw located('parse', context, error);
    }
  }

  #collectComment(line: string): void {
    const comment = trimSpace(line.slice(1));
    if (comment === '') this.#comments = [];
    else this.#comments.push(comment);
  }

  #readDirective(line: string): void {
    // BuildKit counts the line only after it has read the directive.
    const before = this.#lines.number - 1;
    const directive = locate('parse', { line: before, endLine: before }, () =>
      this.#directives.read(line, this.#lines.number),
    );
    if (directive === undefined) return;
    this.#comments.pop();
    if (directive.name === 'escape') this.#setEscape(directive, before);
  }

  #setEscape({ value, line }: Directive, before: number): void {
    if (value !== '\\' && value !== '`')
      throw problemError(
        'parse',
        { line: before, endLine: before },
        `"# escape=${value}" in line ${line} is not an escape character`,
        'Use \\ or `.',
      );
    this.#escapeCharacter = value;
  }

  /** Where a line has the escape character that continues it: at its end but for blanks, not escaped itself. */
  #continuationAt(line: string): number {
    const sign = this.#escapeCharacter.charCodeAt(0);
    let at = line.length - 1;
    let code = line.charCodeAt(at);
    while (code === 0x20 || code === 0x09) code = line.charCodeAt(--at);
    return code === sign && line.charCodeAt(at - 1) !== sign ? at : -1;
  }

  #readHeredocs({ text }: LogicalLine, at: LineRange): Heredoc[] {
    return heredocSigns(text, this.#spacedHeredocs).map((sign) => {
      let content = '';
      while (this.#lines.next()) {
        const { line, written } = this.#lines;
        if ((sign.chomp ? line.replace(/^\t+/, '') : line) === sign.name) return { ...sign, content };
        content += written;
      }
      throw unclosed(sign, { line: at.line, endLine: this.#lines.number });
    });
  }
}

function unclosed({ name, spaced }: HeredocSign, at: LineRange): ProblemError {
  return new ProblemError({
    phase: 'parse',
    ...at,
    message: `the heredoc <<${name} is not closed by a line "${name}"`,
    hint: spaced
      ? 'Since BuildKit 0.22 a "<<" with a space behind it opens a heredoc: put it in quotes where none is meant, or write $((1<<4)).'
      : 'That line contains nothing else; with <<- there can be tabs before the name.',
    ...(spaced ? { spacedHeredoc: true } : {}),
  });
}

function isComment(line: string): boolean {
  const first = line.charCodeAt(0);
  // A letter begins most lines.
  if (first > 0x40 && first < 0x80) return false;
  return line.charAt(leadingSpace(line)) === '#';
}

function mayHaveHeredocs(parsed: ParsedInstruction): boolean {
  const { keyword, json } = parsed.keyword === 'ONBUILD' ? (parsed.trigger ?? parsed) : parsed;
  return !json && (keyword === 'RUN' || keyword === 'COPY' || keyword === 'ADD');
}

interface Context extends LineRange {
  readonly escapeCharacter: string;
  readonly comments: readonly string[];
  /** How many ONBUILD are around it. */
  readonly depth: number;
}

// An ONBUILD in an ONBUILD is rejected anyway.
const DEEPEST = 100;

const NO_COMMENTS: readonly string[] = [];
const NO_WORDS: readonly Word[] = [];
const NO_PAIRS: readonly SplitPair[] = [];
const NO_HEREDOCS: readonly Heredoc[] = [];

/** An instruction that is being read. */
type Draft = { -readonly [Key in keyof ParsedInstruction]: ParsedInstruction[Key] };

/**
 * Reads the instruction that a part of a line holds: all of it, or the trigger of an ONBUILD.
 *
 * @param offset where the part begins
 */
function parseInstruction(source: LogicalLine, part: string, offset: number, context: Context): Draft {
  const { keyword, flags, rest } = splitInstruction(part, offset, context.escapeCharacter);
  const known = keywordOf(keyword.text);
  const draft: Draft = {
    keyword: known ?? upperCase(keyword.text),
    written: keyword,
    source,
    line: context.line,
    endLine: context.endLine,
    flags,
    args: NO_WORDS,
    json: false,
    pairs: NO_PAIRS,
    heredocs: NO_HEREDOCS,
    comments: context.comments,
  };
  if (known !== undefined) readArguments(draft, FORMS[known], rest, context);
  return draft;
}

const FORMS = {
  ADD: 'json-or-words',
  ARG: 'quoted-words',
  CMD: 'json-or-line',
  COPY: 'json-or-words',
  ENTRYPOINT: 'json-or-line',
  ENV: 'pairs',
  EXPOSE: 'words',
  FROM: 'words',
  HEALTHCHECK: 'healthcheck',
  LABEL: 'pairs',
  MAINTAINER: 'line',
  ONBUILD: 'trigger',
  RUN: 'json-or-line',
  SHELL: 'json-or-line',
  STOPSIGNAL: 'line',
  USER: 'line',
  VOLUME: 'json-or-words',
  WORKDIR: 'line',
} as const;

type Keyword = keyof typeof FORMS;

/** Every keyword of a Dockerfile. */
export const KEYWORDS: readonly string[] = Object.keys(FORMS);

// In the two letter cases that most keywords are written in.
const BY_NAME: ReadonlyMap<string, Keyword> = new Map(
  Object.keys(FORMS)
    .filter((name): name is Keyword => name in FORMS)
    .flatMap((keyword) => [
      [keyword, keyword],
      [keyword.toLowerCase(), keyword],
    ]),
);

function keywordOf(text: string): Keyword | undefined {
  return BY_NAME.get(text) ?? BY_NAME.get(lowerCase(text));
}

function readArguments(draft: Draft, form: (typeof FORMS)[Keyword], rest: Word, context: Context): void {
  switch (form) {
    case 'line':
      draft.args = line(rest);
      return;
    case 'words':
      draft.args = splitAtSpace(rest);
      return;
    case 'quoted-words':
      draft.args = splitQuoted(rest, context.escapeCharacter);
      return;
    case 'json-or-line':
      draft.args = json(draft, rest) ?? line(rest);
      return;
    case 'json-or-words':
      draft.args = json(draft, rest) ?? splitAtSpace(rest);
      return;
    case 'pairs':
      draft.pairs = pairsOf(draft.keyword, rest, context.escapeCharacter);
      return;
    case 'healthcheck':
      draft.args = healthcheck(draft, rest);
      return;
    case 'trigger':
      if (rest.text === '' || context.depth === DEEPEST) return;
      draft.trigger = parseInstruction(draft.source, rest.text, rest.start, {
        ...context,
        comments: NO_COMMENTS,
        depth: context.depth + 1,
      });
  }
}

function line(rest: Word): Word[] {
  return rest.text === '' ? [] : [rest];
}

/** The words of the JSON form, which have the place of the whole array; undefined for another form. */
function json(draft: Draft, { text: array, start, end }: Word): Word[] | undefined {
  const strings = readJsonForm(array);
  if (strings === undefined) return undefined;
  draft.json = true;
  return strings.map((text) => ({ text, start, end }));
}

function pairsOf(keyword: string, rest: Word, escapeCharacter: string): SplitPair[] {
  const words = splitQuoted(rest, escapeCharacter);
  const first = words[0];
  if (first === undefined) return [];
  if (!first.text.includes('=')) {
    const pair = splitLegacyPair(rest.text);
    if (pair !== undefined) return [pair];
    throw new ValueError(`${keyword} ${first.text} has no value`, `Write ${keyword} ${first.text}=value.`);
  }
  return words.map(({ text }) => {
    const equals = text.indexOf('=');
    if (equals >= 0) return { name: text.slice(0, equals), value: text.slice(equals + 1), legacy: false };
    throw new ValueError(
      `${JSON.stringify(text)} has no "="`,
      `${keyword} takes NAME=value pairs; a value with spaces needs quotes.`,
    );
  });
}

/** The type is the first word; BuildKit looks for its end byte by byte. */
function healthcheck(draft: Draft, rest: Word): Word[] {
  const bytes = toBytes(rest.text);
  let end = 0;
  while (end < bytes.length && !isSpace(bytes.charAt(end))) end++;
  if (end === 0) return [];
  let next = end;
  while (next < bytes.length && isSpace(bytes.charAt(next))) next++;
  const type = fromBytes(bytes.slice(0, end));
  const command = fromBytes(bytes.slice(next));
  const start = rest.end - command.length;
  const word = { text: command, start, end: rest.end };
  const typeWord = { text: type, start: rest.start, end: rest.start + type.length };
  return [typeWord, ...(json(draft, word) ?? line(word))];
}
