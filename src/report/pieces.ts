import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface WriteOptions {
  readonly signal?: AbortSignal;
  /**
   * Whether the stream ends with the report.
   *
   * @default true
   */
  readonly end?: boolean;
}

const SIZE = 64 * 1024;

/** Writes text that comes in small pieces, with backpressure. */
export async function writePieces(
  pieces: Iterable<string>,
  writable: NodeJS.WritableStream,
  { signal, end = true }: WriteOptions,
): Promise<void> {
  const text = Readable.from(gathered(pieces), { objectMode: false });
  await pipeline(text, writable, { end, ...(signal === undefined ? {} : { signal }) });
}

function* gathered(pieces: Iterable<string>): Generator<string> {
  let text = '';
  for (const piece of pieces) {
    text += piece;
    if (text.length < SIZE) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}
