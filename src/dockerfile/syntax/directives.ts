import { ValueError } from '../problem.ts';
import { lowerCase, trimSpaceStart } from './text.ts';

/** A `# name=value` line at the top of a Dockerfile. */
export interface Directive {
  readonly name: 'syntax' | 'escape' | 'check';
  readonly value: string;
  readonly line: number;
}

const DIRECTIVE = /^([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*([^\n]+?)[\t\n\f\r ]*$/;

/** Reads the directives line by line. The first line that is none ends them. */
export class DirectiveReader {
  readonly #comment: string;
  readonly #seen = new Set<string>();
  #ended = false;

  /** @param comment what a comment begins with */
  constructor(comment = '#') {
    this.#comment = comment;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** @throws {ValueError} for a directive that there was before. */
  read(line: string, number: number): Directive | undefined {
    if (this.#ended) return undefined;
    const match = line.startsWith(this.#comment)
      ? DIRECTIVE.exec(trimSpaceStart(line.slice(this.#comment.length)))
      : null;
    const name = lowerCase(match?.[1] ?? '');
    if (!isName(name)) {
      this.#ended = true;
      return undefined;
    }
    if (this.#seen.has(name))
      throw new ValueError(`the directive "# ${name}=" is repeated in line ${number}`, 'Remove one of them.');
    this.#seen.add(name);
    return { name, value: match?.[2] ?? '', line: number };
  }
}

function isName(name: string): name is Directive['name'] {
  return name === 'syntax' || name === 'escape' || name === 'check';
}

/**
 * The `# check=` directive, or with `syntax` the frontend that reads the file. A first line `#!…` is skipped; the
 * frontend may also be named in a `//` comment, or in a file that is JSON.
 */
export function findDirective(text: string, name: 'syntax' | 'check'): Directive | undefined {
  const whole = text.startsWith('\ufeff') ? text.slice(1) : text;
  const shebang = whole.startsWith('#!');
  const rest = shebang ? whole.slice(whole.indexOf('\n') < 0 ? whole.length : whole.indexOf('\n') + 1) : whole;
  const offset = shebang ? 1 : 0;
  const found = searchDirectives(rest, name, '#', offset);
  if (found !== undefined || name !== 'syntax') return found;
  return searchDirectives(rest, name, '//', offset) ?? syntaxOfJson(rest, offset);
}

function searchDirectives(text: string, name: string, comment: string, offset: number): Directive | undefined {
  const reader = new DirectiveReader(comment);
  let number = offset;
  for (let at = 0; at < text.length && !reader.ended; ) {
    const end = text.indexOf('\n', at);
    const line = end < 0 ? text.slice(at) : text.slice(at, end);
    at = end < 0 ? text.length : end + 1;
    number++;
    try {
      const directive = reader.read(line.endsWith('\r') ? line.slice(0, -1) : line, number);
      if (directive?.name === name) return directive;
    } catch (error) {
      if (error instanceof ValueError) return undefined;
      throw error;
    }
  }
  return undefined;
}

function syntaxOfJson(text: string, line: number): Directive | undefined {
  if (!/^[\t\n\r ]*\{/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const syntax: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'syntax') : undefined;
    return typeof syntax === 'string' ? { name: 'syntax', value: syntax, line } : undefined;
  } catch {
    return undefined;
  }
}
