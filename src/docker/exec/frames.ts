import { ObjDockerError } from '../../errors.ts';
import type { OutputChunk } from '../../model/instance.ts';

const HEADER_BYTES = 8;

/** The stream that the first byte of a header names. What a process reads is numbered too, and never comes back. */
const STREAMS: readonly (OutputChunk['stream'] | 'engine' | undefined)[] = ['stdout', 'stdout', 'stderr', 'engine'];

/** A piece of a frame. */
export interface FramePiece extends OutputChunk {
  /** It ends its frame. */
  readonly last: boolean;
}

/**
 * Takes the engine's two streams apart, which come in one as frames: a byte for the stream, three zeros, four bytes of
 * length, and the data. Frames and headers may be cut anywhere; what is there of a frame is handed out at once, so that no
 * frame is ever held.
 */
export class FrameReader {
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerBytes = 0;
  #stream: OutputChunk['stream'] | 'engine' = 'stdout';
  #left = 0;
  #engineMessage = '';

  /**
   * The pieces in some received bytes. They share the bytes' memory.
   *
   * @throws {ObjDockerError} ENGINE_ERROR for bytes that are no frames, and for what the engine itself reports in one.
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

  /** Whether the bytes so far end with a whole frame. */
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
      throw new ObjDockerError('ENGINE_ERROR', `the engine sent what is no frame of output: ${hex(this.#header)}`, {
        hint: 'Something between here and the engine changes what it sends: look at proxies and tunnels.',
      });
    }
    this.#stream = stream;
    this.#left = new DataView(this.#header.buffer).getUint32(4);
    return taken.length;
  }

  #takeMessage(data: Uint8Array, last: boolean): void {
    this.#engineMessage = (this.#engineMessage + Buffer.from(data).toString('utf8')).slice(0, 1000);
    if (last) {
      throw new ObjDockerError('ENGINE_ERROR', `the engine broke off: ${this.#engineMessage.trim()}`, {
        hint: "Look at the engine's log.",
      });
    }
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
