import type { Duplex } from 'node:stream';
import type { ExecuteOptions } from '../../substrate/obj-substrate.ts';
import { DetachKeys } from './detach-keys.ts';
import { Interrupt } from './interrupt.ts';

type Input = NonNullable<ExecuteOptions['stdin']>;

/** How sending a command its input ended. */
export type InputEnd = 'sent' | 'unread' | 'detached';

/**
 * Sends a command its input, no faster than it reads, and then closes that direction. Resolves when all is sent, when nobody
 * reads any more, also while the input has nothing to give, and in a terminal when its user presses the keys to leave it.
 * Rejects with what the input throws.
 */
export async function sendInput(input: Input, connection: Duplex, tty: boolean): Promise<InputEnd> {
  const over = new Interrupt();
  connection.once('end', () => over.trigger());
  connection.once('close', () => over.trigger());
  const keys = tty ? new DetachKeys() : undefined;
  const pieces = piecesOf(input);
  try {
    while (connection.writable) {
      const next = await over.wait(pieces.next());
      if (next === undefined) break;
      const bytes = next.done ? keys?.rest() : (keys?.pass(next.value) ?? next.value);
      if (keys?.pressed) return 'detached';
      if (bytes !== undefined && connection.writable && !connection.write(bytes)) await over.wait(drained(connection));
      if (!next.done) continue;
      if (connection.writable) connection.end();
      return 'sent';
    }
    return 'unread';
  } finally {
    // Not waited for: an input that waits for its own next piece would never come back from it.
    void Promise.resolve(pieces.return?.(undefined)).catch(() => {});
  }
}

function drained(connection: Duplex): Promise<void> {
  return new Promise((resolve) => connection.once('drain', () => resolve()));
}

function piecesOf(input: Input): AsyncIterator<Uint8Array> {
  if (typeof input === 'string') return once(Buffer.from(input));
  return input instanceof Uint8Array ? once(input) : input[Symbol.asyncIterator]();
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
