import type { Duplex } from 'node:stream';
import type { ExecuteOptions } from '../../substrate/obj-substrate.ts';
import { Interrupt } from './interrupt.ts';

/** The keys by which a user leaves a terminal, as the engine has them unless told otherwise: Ctrl-P Ctrl-Q. */
const DETACH_KEYS = [0x10, 0x11] as const;

/** Sends a command its input, and then closes that direction. */
export class StdinPump {
  #last = 0;
  #detached = false;

  /** The keys that leave a terminal were sent. */
  get detached(): boolean {
    return this.#detached;
  }

  /**
   * Writes no faster than the command reads. Resolves when all is sent, or nobody reads any more, also while the input has
   * nothing to give. Rejects with what the input throws.
   */
  async run(stdin: NonNullable<ExecuteOptions['stdin']>, connection: Duplex): Promise<void> {
    const over = new Interrupt();
    connection.once('end', () => over.trigger());
    connection.once('close', () => over.trigger());
    const input = chunksOf(stdin)[Symbol.asyncIterator]();
    try {
      while (connection.writable) {
        const next = await over.wait(input.next());
        if (next === undefined) return;
        if (next.done) break;
        this.#watch(next.value);
        if (connection.writable && !connection.write(next.value)) await over.wait(drained(connection));
      }
      if (connection.writable) connection.end();
    } finally {
      // Not waited for: an input that waits for its own next piece would never come back from it.
      void Promise.resolve(input.return?.(undefined)).catch(() => {});
    }
  }

  #watch(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (this.#last === DETACH_KEYS[0] && byte === DETACH_KEYS[1]) this.#detached = true;
      this.#last = byte;
    }
  }
}

function drained(connection: Duplex): Promise<void> {
  return new Promise((resolve) => connection.once('drain', () => resolve()));
}

async function* chunksOf(stdin: NonNullable<ExecuteOptions['stdin']>): AsyncGenerator<Uint8Array> {
  if (typeof stdin === 'string') yield Buffer.from(stdin);
  else if (stdin instanceof Uint8Array) yield stdin;
  else yield* stdin;
}
