import { setImmediate } from 'node:timers/promises';
import { throwIfCancelled } from '../../../lib/operation.ts';

const SLICE_MS = 10;

/**
 * Divides long work of synchronous calls, which are several times as fast as asynchronous ones, into slices. Between two of them the
 * event loop runs, and a cancelled run ends.
 */
export class Slices {
  readonly #signal: AbortSignal | undefined;
  #until = 0;
  #calls = 0;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** Whether the slice is over: then await {@link next}. Cheap enough for every file. */
  isOver(): boolean {
    // Looking at the clock takes as long as a short system call.
    if (++this.#calls % 16 !== 0) return false;
    return performance.now() > this.#until;
  }

  /** @throws {ObjDockerError} CANCELLED */
  async next(): Promise<void> {
    throwIfCancelled(this.#signal);
    await setImmediate();
    throwIfCancelled(this.#signal);
    this.#until = performance.now() + SLICE_MS;
  }
}
