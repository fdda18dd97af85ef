import type { Duplex } from 'node:stream';
import type { ExecuteOptions } from '../../substrate/obj-substrate.ts';
import { DetachKeys } from './detach-keys.ts';
import { Interrupt } from './interrupt.ts';

type Input = NonNullable<ExecuteOptions['stdin']>;

/** How sending the input ended. */
export type InputEnd = 'sent' | 'unread' | 'detached';

/**
 * Sends a command its input with backpressure, then closes that direction of the connection. Resolves with `sent` at the end of
 * the input, `unread` when the command no longer reads, `detached` when the user of a terminal presses the detach keys. Rejects
 * with the input's own error.
 */
export async function sendInput(input: Input, connection: Duplex, tty: boolean): Promise<InputEnd> {
  const outputEnded = new Interrupt();
  connection.once('end', () => outputEnded.trigger());
  connection.once('close', () => outputEnded.trigger());
  ignoreBrokenPipe(connection, () => outputEnded.trigger());
  const keys = tty ? new DetachKeys() : undefined;
  const pieces = chunksOf(input);
  try {
    while (connection.writable) {
      const next = await outputEnded.wait(pieces.next());
      if (next === undefined) break;
      const bytes = next.done ? keys?.rest() : (keys?.pass(next.value) ?? next.value);
      if (keys?.pressed) return 'detached';
      if (bytes !== undefined && connection.writable && !connection.write(bytes))
        await outputEnded.wait(drained(connection));
      if (!next.done) continue;
      if (connection.writable) connection.end();
      return 'sent';
    }
    return 'unread';
  } finally {
    // Not awaited: an input that is waiting for its own next chunk would never return.
    void Promise.resolve(pieces.return?.(undefined)).catch(() => {});
  }
}

/**
 * Makes writes to a closed pipe succeed. Node destroys both directions of a connection at the first failed write, and would lose
 * output that has arrived but was not read yet.
 */
function ignoreBrokenPipe(connection: Duplex, refused: () => void): void {
  type Done = (error?: Error | null) => void;
  const tolerant =
    (done: Done): Done =>
    (error) => {
      if (!isBrokenPipe(error)) return done(error);
      refused();
      done();
    };
  const { _write: write, _writev: writeAll } = connection;
  connection._write = (chunk, encoding, done) => write.call(connection, chunk, encoding, tolerant(done));
  if (writeAll !== undefined) connection._writev = (chunks, done) => writeAll.call(connection, chunks, tolerant(done));
}

/** Whether the other side closed the connection before it read everything. */
export function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EPIPE' || error.code === 'ECONNRESET');
}

function drained(connection: Duplex): Promise<void> {
  return new Promise((resolve) => connection.once('drain', () => resolve()));
}

function chunksOf(input: Input): AsyncIterator<Uint8Array> {
  if (typeof input === 'string') return once(Buffer.from(input));
  return input instanceof Uint8Array ? once(input) : input[Symbol.asyncIterator]();
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
