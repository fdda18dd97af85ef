import type { Readable } from 'node:stream';
import { ObjDockerError } from '../../errors.ts';
import { cancelled } from '../../lib/operation.ts';

/** A stream to read from that may be a terminal, such as standard input. */
export type InputStream = Readable & {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
  /** Lets the process end although the stream is open. */
  unref?(): unknown;
};

/**
 * Reads standard input to its end, as UTF-8 text.
 *
 * @throws {ObjDockerError} CANCELLED; USAGE when it is longer than any file that we read, or not text.
 */
export async function readAll(stdin: InputStream, signal: AbortSignal): Promise<string> {
  using input = new CommandInput(stdin);
  const end = (): void => input[Symbol.dispose]();
  signal.addEventListener('abort', end, { once: true });
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of input) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_INPUT_BYTES) throw unusable(`is larger than ${MAX_INPUT_BYTES / 1024 / 1024} MiB`);
  }
  signal.removeEventListener('abort', end);
  if (signal.aborted) throw cancelled(signal);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw unusable('is not UTF-8 text');
  }
}

const MAX_INPUT_BYTES = 8 * 1024 * 1024;

function unusable(what: string): ObjDockerError {
  return new ObjDockerError('USAGE', `standard input ${what}`, { hint: 'Check what is piped into the command.' });
}

export interface CommandInputOptions {
  /** Passes each key on as it is pressed, Ctrl-C too. @default false */
  readonly raw?: boolean;
}

/**
 * Passes standard input to another program, with back-pressure. Once disposed of, it blocks neither a waiting reader nor the end
 * of the process.
 *
 * A terminal becomes raw when the first byte is read, so that Ctrl-C ends the CLI until then. Its mode is restored on every way
 * out.
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

  /** Aborted when a raw terminal is closed. */
  get hangUp(): AbortSignal {
    return this.#hangUp.signal;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    // Not a generator: its `return` would wait for the next key.
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
    this.#restoreMode();
    process.off('exit', this.#restoreMode);
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
      // Registered before the mode changes, so that it is always restored.
      process.on('exit', this.#restoreMode);
      process.on('SIGHUP', this.#onHangUp);
      this.#stream.setRawMode?.(true);
    }
    // An unreadable stream counts as ended. This listener stays, because an error may come after the last read.
    this.#stream.on('error', this.#finish);
    this.#stream.on('readable', this.#onReadable);
    for (const event of ['end', 'close'] as const) this.#stream.on(event, this.#finish);
  }

  readonly #onReadable = (): void => this.#wake();

  readonly #finish = (): void => {
    this.#ended = true;
    this.#wake();
  };

  readonly #restoreMode = (): void => {
    this.#stream.setRawMode?.(false);
  };

  readonly #onHangUp = (): void => {
    this.#finish();
    this.#hangUp.abort();
  };
}
