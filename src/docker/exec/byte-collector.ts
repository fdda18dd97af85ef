/** Collects bytes up to a limit. Copies them into one buffer: a small chunk would keep the large buffer behind it alive. */
export class ByteCollector {
  readonly #limit: number;
  #buffer = new Uint8Array(0);
  #length = 0;
  #truncated = false;

  constructor(limit: number) {
    this.#limit = Math.max(limit, 0);
  }

  add(data: Uint8Array): void {
    const kept = data.subarray(0, this.#limit - this.#length);
    if (kept.length < data.length) this.#truncated = true;
    if (kept.length === 0) return;
    this.#reserve(this.#length + kept.length);
    this.#buffer.set(kept, this.#length);
    this.#length += kept.length;
  }

  /** Whether bytes beyond the limit were dropped. */
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
