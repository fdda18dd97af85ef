/** Gathers bytes up to a limit, in one buffer that grows: pieces may be tiny, and each would keep a large one alive. */
export class Collector {
  readonly #limit: number;
  #buffer = new Uint8Array(0);
  #length = 0;
  #truncated = false;

  constructor(limit: number) {
    this.#limit = Math.max(limit, 0);
  }

  add(data: Uint8Array): void {
    const fitting = data.subarray(0, this.#limit - this.#length);
    if (fitting.length < data.length) this.#truncated = true;
    if (fitting.length === 0) return;
    this.#reserve(this.#length + fitting.length);
    this.#buffer.set(fitting, this.#length);
    this.#length += fitting.length;
  }

  /** More came than was kept. */
  get truncated(): boolean {
    return this.#truncated;
  }

  get bytes(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }

  #reserve(length: number): void {
    if (length <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.min(Math.max(length, this.#buffer.length * 2, 4096), this.#limit));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}
