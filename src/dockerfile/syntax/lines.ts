import { byteLength } from './text.ts';

/** The longest line that BuildKit takes, in bytes, without its line end. */
export const LONGEST_LINE = 65_535;

/** The lines of a file, one after the other. */
export class Lines {
  /** The number of lines that were taken. */
  number = 0;
  /** Whether the file ends here because its next line is too long. */
  tooLong = false;
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next line with its line end; undefined at the end of the file, or before a line that is too long. */
  next(): string | undefined {
    const line = this.#peek();
    if (line === undefined) return undefined;
    this.#at += line.length;
    this.number++;
    return line;
  }

  #peek(): string | undefined {
    if (this.tooLong || this.#at >= this.#text.length) return undefined;
    const end = this.#text.indexOf('\n', this.#at);
    const line = end < 0 ? this.#text.slice(this.#at) : this.#text.slice(this.#at, end + 1);
    if (line.length > LONGEST_LINE / 3 && byteLength(withoutLineFeed(line)) > LONGEST_LINE) this.tooLong = true;
    return this.tooLong ? undefined : line;
  }
}

function withoutLineFeed(line: string): string {
  return line.endsWith('\n') ? line.slice(0, -1) : line;
}

/** A line without its line end: all carriage returns and line feeds at its end. */
export function trimLineEnd(line: string): string {
  let end = line.length;
  while (end > 0 && isLineEnd(line.charCodeAt(end - 1))) end--;
  return line.slice(0, end);
}

function isLineEnd(code: number): boolean {
  return code === 0x0a || code === 0x0d;
}
