import { byteLength } from './text.ts';

/** The longest line that BuildKit takes, in bytes, without its line end. */
export const LONGEST_LINE = 65_535;

/** The lines of a file, one after the other. */
export class Lines {
  /** The line that was taken last, without its line end: all carriage returns and line feeds at its end. */
  line = '';
  /** The number of lines that were taken. */
  number = 0;
  /** Whether the file ends here because its next line is too long. */
  tooLong = false;
  readonly #text: string;
  #start = 0;
  #next = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Takes the next line; false at the end of the file, and before a line that is too long. */
  next(): boolean {
    const text = this.#text;
    const start = this.#next;
    if (this.tooLong || start >= text.length) return false;
    const feed = text.indexOf('\n', start);
    let end = feed < 0 ? text.length : feed;
    if (end - start > LONGEST_LINE / 3 && byteLength(text.slice(start, end)) > LONGEST_LINE) {
      this.tooLong = true;
      return false;
    }
    this.#start = start;
    this.#next = feed < 0 ? end : feed + 1;
    while (end > start && text.charCodeAt(end - 1) === CARRIAGE_RETURN) end--;
    this.line = text.slice(start, end);
    this.number++;
    return true;
  }

  /** The line that was taken last, with its line end. */
  get written(): string {
    return this.#text.slice(this.#start, this.#next);
  }
}

const CARRIAGE_RETURN = 0x0d;
