const LINES = 20;
/** Lines that are reserved for stderr. */
const ERROR_LINES = 10;

interface Entry {
  readonly stream: 'stdout' | 'stderr';
  readonly line: string;
}

/**
 * The last lines of a step's output. BuildKit reads stdout and stderr separately, so the error line may arrive before older
 * output. Lines of stderr are therefore kept longer.
 */
export class LogTail {
  readonly #entries: Entry[] = [];

  add(stream: Entry['stream'], line: string): void {
    this.#entries.push({ stream, line });
    if (this.#entries.length > LINES) this.#entries.splice(this.#indexToDrop(), 1);
  }

  get lines(): readonly string[] {
    return this.#entries.map(({ line }) => line);
  }

  #indexToDrop(): number {
    const errors = this.#entries.filter(({ stream }) => stream === 'stderr').length;
    return errors > ERROR_LINES ? 0 : this.#entries.findIndex(({ stream }) => stream === 'stdout');
  }
}
