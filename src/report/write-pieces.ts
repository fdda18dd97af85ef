import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { joinPieces } from '../lib/files/files.ts';

export interface WriteOptions {
  readonly signal?: AbortSignal;
  /**
   * Whether to end the stream after the report.
   *
   * @default true
   */
  readonly end?: boolean;
}

/** Writes many small pieces of text to a stream, with backpressure. */
export async function writePieces(
  pieces: Iterable<string>,
  writable: NodeJS.WritableStream,
  { signal, end = true }: WriteOptions,
): Promise<void> {
  const text = Readable.from(joinPieces(pieces), { objectMode: false });
  await pipeline(text, writable, { end, ...(signal === undefined ? {} : { signal }) });
}
