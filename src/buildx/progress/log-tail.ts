const LINES = 20;
/** So many of them are kept for the error stream, when it has as many. */
const ERROR_LINES = 10;

interface Entry {
  readonly stream: 'stdout' | 'stderr';
  readonly line: string;
}

/**
 * The last lines that a step printed. BuildKit reads a step's two streams apart, so that the one line that says what is
 * wrong can come before much of the output that was written before it: lines of stderr are kept longer.
 */
export class LogTail {
  readonly #entries: Entry[] = [];

  add(stream: Entry['stream'], line: string): void {
    this.#entries.push({ stream, line });
    if (this.#entries.length > LINES) this.#entries.splice(this.#leastWanted(), 1);
  }

  get lines(): readonly string[] {
    return this.#entries.map(({ line }) => line);
  }

  #leastWanted(): number {
    const errors = this.#entries.filter(({ stream }) => stream === 'stderr').length;
    return errors > ERROR_LINES ? 0 : this.#entries.findIndex(({ stream }) => stream === 'stdout');
  }
}
