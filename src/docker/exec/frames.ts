import { ObjDockerError } from '../../errors.ts';
import type { OutputChunk } from '../../model/instance.ts';

const HEADER_BYTES = 8;

/** The stream by the first byte of a header. 0 is stdin, which the engine never sends. */
const STREAMS: readonly (OutputChunk['stream'] | 'engine' | undefined)[] = ['stdout', 'stdout', 'stderr', 'engine'];

/** A part of a frame. */
export interface FramePiece extends OutputChunk {
  /** Whether it ends its frame. */
  readonly last: boolean;
}

/**
 * Demultiplexes the engine's output stream. A frame is one byte for the stream, three zero bytes, four bytes of length, and the
 * data. Chunks may end anywhere, also in a header. Data is passed on at once, so no frame is ever buffered.
 */
export class FrameReader {
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerBytes = 0;
  #stream: OutputChunk['stream'] | 'engine' = 'stdout';
  #left = 0;
  #engineMessage = '';

  /**
   * Returns the pieces in a chunk. They share the chunk's memory.
   *
   * @throws {ObjDockerError} ENGINE_ERROR for bytes that are not a frame, and for an error that the engine sends in a frame.
   */
  *read(bytes: Uint8Array): Generator<FramePiece> {
    let at = 0;
    while (at < bytes.length) {
      if (this.#left === 0) {
        at += this.#takeHeader(bytes.subarray(at));
        continue;
      }
      const data = bytes.subarray(at, at + this.#left);
      at += data.length;
      this.#left -= data.length;
      const last = this.#left === 0;
      if (this.#stream !== 'engine') yield { stream: this.#stream, data, last };
      else this.#takeMessage(data, last);
    }
  }

  /** Whether the bytes so far end at the end of a frame. */
  get complete(): boolean {
    return this.#left === 0 && this.#headerBytes === 0;
  }

  #takeHeader(bytes: Uint8Array): number {
    const taken = bytes.subarray(0, HEADER_BYTES - this.#headerBytes);
    this.#header.set(taken, this.#headerBytes);
    this.#headerBytes += taken.length;
    if (this.#headerBytes < HEADER_BYTES) return taken.length;
    this.#headerBytes = 0;
    const [kind = 0, ...zeros] = this.#header.subarray(0, 4);
    const stream = STREAMS[kind];
    if (stream === undefined || zeros.some((byte) => byte !== 0)) {
      throw new ObjDockerError(
        'ENGINE_ERROR',
        `the engine sent bytes that are not an output frame: ${hex(this.#header)}`,
        {
          hint: 'A proxy or tunnel may alter the connection: check what is between this machine and the engine.',
        },
      );
    }
    this.#stream = stream;
    this.#left = new DataView(this.#header.buffer).getUint32(4);
    return taken.length;
  }

  #takeMessage(data: Uint8Array, last: boolean): void {
    this.#engineMessage = (this.#engineMessage + Buffer.from(data).toString('utf8')).slice(0, 1000);
    if (last) {
      throw new ObjDockerError(
        'ENGINE_ERROR',
        `the engine ended the output with an error: ${this.#engineMessage.trim()}`,
        {
          hint: "Read the engine's log.",
        },
      );
    }
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
