import { type LineRange, locate, located, ProblemError, problemError, ValueError } from '../problem.ts';
import { type Directive, DirectiveReader } from './directives.ts';
import { type Heredoc, type HeredocSign, heredocSigns } from './heredoc.ts';
import { readJsonForm } from './json-form.ts';
import { Lines, LONGEST_LINE, trimLineEnd } from './lines.ts';
import { type Continuation, LogicalLine, type Position, type Word } from './position.ts';
import { fromBytes, isSpace, leadingSpace, lowerCase, toBytes, trimSpace, trimSpaceStart, upperCase } from './text.ts';
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
    for (let line = this.#lines.next(); line !== undefined; line = this.#lines.next()) this.#readInstruction(line);
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

  #readInstruction(line: string): void {
    const start = this.#lines.number;
    const bom = start === 1 && line.startsWith('\ufeff') ? 1 : 0;
    const first = trimLineEnd(bom === 0 ? line : line.slice(1));
    if (isComment(first)) this.#collectComment(first);
    const indent = leadingSpace(first);
    let text = this.#withoutComment(first.slice(indent));
    if (text === '') return;
    const position = { line: start, column: 1 + bom + indent };
    const end = this.#continuationAt(text);
    let source: LogicalLine;
    if (end < 0) source = new LogicalLine(text, position);
    else {
      text = text.slice(0, end);
      source = this.#continue(text, position);
    }
    const comments = this.#comments.length === 0 ? NO_COMMENTS : this.#comments;
    if (this.#comments.length > 0) this.#comments = [];
    this.#instructions.push(this.#parse(source, start, comments));
  }

  /** Joins the lines that continue an instruction. */
  #continue(first: string, position: Position): LogicalLine {
    let text = first;
    const continuations: Continuation[] = [];
    let hasEmptyLine = false;
    for (let line = this.#lines.next(); line !== undefined; line = this.#lines.next()) {
      const trimmed = trimLineEnd(line);
      const piece = this.#withoutComment(trimmed);
      if (isComment(trimmed)) continue;
      if (trimSpaceStart(piece) === '') {
        hasEmptyLine = true;
        continue;
      }
      continuations.push({ offset: text.length, line: this.#lines.number });
      const end = this.#continuationAt(piece);
      text += end < 0 ? piece : piece.slice(0, end);
      if (end < 0) break;
    }
    if (hasEmptyLine) this.#emptyContinuations.push(this.#lines.number);
    return new LogicalLine(text, position, continuations);
  }

  #parse(source: LogicalLine, line: number, comments: readonly string[]): ParsedInstruction {
    const endLine = this.#lines.number;
    const context = { line, endLine, escapeCharacter: this.#escapeCharacter, comments, depth: 0 };
    try {
      const parsed = parseInstruction(source, whole(source), context);
      if (!source.text.includes('<<') || !mayHaveHeredocs(parsed)) return parsed;
      const heredocs = this.#readHeredocs(source, context);
      return heredocs.length === 0 ? parsed : { ...parsed, endLine: this.#lines.number, heredocs };
    } catch (error) {
      throw located('parse', context, error);
    }
  }

  #collectComment(line: string): void {
    const comment = trimSpace(line.slice(1));
    if (comment === '') this.#comments = [];
    else this.#comments.push(comment);
  }

  /** Empty for a comment. A directive is a comment, too. */
  #withoutComment(line: string): string {
    if (!this.#directives.ended) this.#readDirective(line);
    return isComment(line) ? '' : line;
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
    let at = line.length - 1;
    while (at >= 0 && isBlank(line.charCodeAt(at))) at--;
    const sign = this.#escapeCharacter;
    return line.charAt(at) === sign && line.charAt(at - 1) !== sign ? at : -1;
  }

  #readHeredocs({ text }: LogicalLine, at: LineRange): Heredoc[] {
    return heredocSigns(text, this.#spacedHeredocs).map((sign) => {
      let content = '';
      for (let line = this.#lines.next(); line !== undefined; line = this.#lines.next()) {
        const trimmed = trimLineEnd(line);
        if ((sign.chomp ? trimmed.replace(/^\t+/, '') : trimmed) === sign.name) return { ...sign, content };
        content += line;
      }
      throw unclosed(sign, { line: at.line, endLine: this.#lines.number });
    });
  }
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
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

type Arguments = Partial<Pick<ParsedInstruction, 'args' | 'json' | 'pairs' | 'trigger'>>;

function whole({ text }: LogicalLine): Word {
  return { text, start: 0, end: text.length };
}

/** Reads the instruction that a part of a line holds: all of it, or the trigger of an ONBUILD. */
function parseInstruction(source: LogicalLine, part: Word, context: Context): ParsedInstruction {
  const { keyword, flags, rest } = splitInstruction(part.text, context.escapeCharacter);
  const by = part.start;
  const known = keywordOf(keyword.text);
  const form = argumentsOf(known, moved(rest, by), source, context);
  const parsed: ParsedInstruction = {
    keyword: known ?? upperCase(keyword.text),
    written: moved(keyword, by),
    source,
    line: context.line,
    endLine: context.endLine,
    flags: by === 0 ? flags : flags.map((flag) => moved(flag, by)),
    args: form.args ?? NO_WORDS,
    json: form.json ?? false,
    pairs: form.pairs ?? NO_PAIRS,
    heredocs: NO_HEREDOCS,
    comments: context.comments,
  };
  return form.trigger === undefined ? parsed : { ...parsed, trigger: form.trigger };
}

function moved(word: Word, by: number): Word {
  return by === 0 ? word : { text: word.text, start: word.start + by, end: word.end + by };
}

const NO_COMMENTS: readonly string[] = [];
const NO_WORDS: readonly Word[] = [];
const NO_PAIRS: readonly SplitPair[] = [];
const NO_HEREDOCS: readonly Heredoc[] = [];

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

/** Every keyword of a Dockerfile. */
export const KEYWORDS: readonly string[] = Object.keys(FORMS);

const BY_LOWER_CASE = new Map(
  Object.keys(FORMS)
    .filter(isKeyword)
    .map((keyword) => [keyword.toLowerCase(), keyword]),
);

function keywordOf(text: string): keyof typeof FORMS | undefined {
  return isKeyword(text) ? text : BY_LOWER_CASE.get(lowerCase(text));
}

function isKeyword(text: string): text is keyof typeof FORMS {
  return Object.hasOwn(FORMS, text);
}

function argumentsOf(
  keyword: keyof typeof FORMS | undefined,
  rest: Word,
  source: LogicalLine,
  context: Context,
): Arguments {
  if (keyword === undefined) return {};
  switch (FORMS[keyword]) {
    case 'line':
      return { args: line(rest) };
    case 'words':
      return { args: splitAtSpace(rest) };
    case 'quoted-words':
      return { args: splitQuoted(rest, context.escapeCharacter) };
    case 'json-or-line':
      return json(rest) ?? { args: line(rest) };
    case 'json-or-words':
      return json(rest) ?? { args: splitAtSpace(rest) };
    case 'pairs':
      return { pairs: pairsOf(keyword, rest, context.escapeCharacter) };
    case 'healthcheck':
      return healthcheck(rest);
    case 'trigger':
      if (rest.text === '' || context.depth === DEEPEST) return {};
      return { trigger: parseInstruction(source, rest, { ...context, comments: [], depth: context.depth + 1 }) };
  }
}

function line(rest: Word): Word[] {
  return rest.text === '' ? [] : [rest];
}

/** The words of the JSON form have the place of the whole array. */
function json(rest: Word): Arguments | undefined {
  const strings = readJsonForm(rest.text);
  if (strings === undefined) return undefined;
  return { json: true, args: strings.map((text) => ({ text, start: rest.start, end: rest.end })) };
}

function pairsOf(keyword: string, rest: Word, escapeCharacter: string): SplitPair[] {
  const words = splitQuoted(rest, escapeCharacter);
  const [first] = words;
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
function healthcheck(rest: Word): Arguments {
  const bytes = toBytes(rest.text);
  let end = 0;
  while (end < bytes.length && !isSpace(bytes.charAt(end))) end++;
  if (end === 0) return {};
  let next = end;
  while (next < bytes.length && isSpace(bytes.charAt(next))) next++;
  const type = fromBytes(bytes.slice(0, end));
  const command = fromBytes(bytes.slice(next));
  const start = rest.end - command.length;
  const word = { text: command, start, end: rest.end };
  const typeWord = { text: type, start: rest.start, end: rest.start + type.length };
  const form = json(word) ?? { args: line(word) };
  return { ...form, args: [typeWord, ...(form.args ?? [])] };
}
