import type { Readable } from 'node:stream';

/** A stream to read from that may be a terminal, such as standard input. */
export type InputStream = Readable & {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
  /** Lets the process end although the stream is open. */
  unref?(): unknown;
};

export interface CommandInputOptions {
  /** Hands over each key as it is pressed, Ctrl-C too, while it is read. @default false */
  readonly raw?: boolean;
}

/**
 * Standard input as another program is to read it. It is read no faster than it is taken, and once disposed of it holds
 * nothing up: neither a reader that still waits nor the end of the process.
 *
 * A terminal is made raw when the first byte is asked for, so that until then Ctrl-C ends us, and is as it was before on every
 * way out.
 */
export class CommandInput implements AsyncIterable<Uint8Array>, Disposable {
  readonly #stream: InputStream;
  readonly #raw: boolean;
  readonly #hangUp = new AbortController();
  #listening = false;
  #ended = false;
  #wake: () => void = () => {};

  constructor(stream: InputStream, { raw = false }: CommandInputOptions = {}) {
    this.#stream = stream;
    this.#raw = raw && stream.isTTY === true;
  }

  /** Aborted when a terminal that was made raw is closed. */
  get hangUp(): AbortSignal {
    return this.#hangUp.signal;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    // Not a generator: that one's `return` would wait for a key.
    const end = { done: true, value: undefined } as const;
    return {
      next: async () => {
        const value = await this.#read();
        return value === undefined ? end : { done: false, value };
      },
      return: async () => {
        this.#finish();
        return end;
      },
    };
  }

  [Symbol.dispose](): void {
    this.#finish();
    if (!this.#listening) return;
    this.#listening = false;
    this.#stream.off('readable', this.#onReadable);
    for (const event of ['end', 'close'] as const) this.#stream.off(event, this.#finish);
    this.#stream.pause();
    this.#stream.unref?.();
    if (!this.#raw) return;
    this.#restore();
    process.off('exit', this.#restore);
    process.off('SIGHUP', this.#onHangUp);
  }

  async #read(): Promise<Uint8Array | undefined> {
    this.#listen();
    while (!this.#ended) {
      const bytes = this.#stream.read();
      if (bytes !== null) return typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return undefined;
  }

  #listen(): void {
    if (this.#listening || this.#ended) return;
    this.#listening = true;
    if (this.#raw) {
      // Registered first: whatever happens from here on, the terminal is given back.
      process.on('exit', this.#restore);
      process.on('SIGHUP', this.#onHangUp);
      this.#stream.setRawMode?.(true);
    }
    // What cannot be read has ended. This listener stays: an error may come when nobody reads any more.
    this.#stream.on('error', this.#finish);
    this.#stream.on('readable', this.#onReadable);
    for (const event of ['end', 'close'] as const) this.#stream.on(event, this.#finish);
  }

  readonly #onReadable = (): void => this.#wake();

  readonly #finish = (): void => {
    this.#ended = true;
    this.#wake();
  };

  readonly #restore = (): void => {
    this.#stream.setRawMode?.(false);
  };

  readonly #onHangUp = (): void => {
    this.#finish();
    this.#hangUp.abort();
  };
}
