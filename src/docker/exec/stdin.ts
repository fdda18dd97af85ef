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
  tolerateRefusal(connection, () => over.trigger());
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

/**
 * Takes input for written that the other side does not take any more. Node gives up both directions of a connection at the first
 * write that fails, and would lose the output that has arrived and waits to be read.
 */
function tolerateRefusal(connection: Duplex, refused: () => void): void {
  type Done = (error?: Error | null) => void;
  const tolerant =
    (done: Done): Done =>
    (error) => {
      if (!isBroken(error)) return done(error);
      refused();
      done();
    };
  const { _write: write, _writev: writeAll } = connection;
  connection._write = (chunk, encoding, done) => write.call(connection, chunk, encoding, tolerant(done));
  if (writeAll !== undefined) connection._writev = (chunks, done) => writeAll.call(connection, chunks, tolerant(done));
}

/** Whether an error says that the other side has closed the connection, with something unread. */
export function isBroken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EPIPE' || error.code === 'ECONNRESET');
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
