import { cancelled, throwIfCancelled } from './operation.ts';

/** Runs work when there is room for it, first come, first served. */
export type Limit = <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/**
 * Makes a {@link Limit}: no more than `size` pieces of work at a time.
 *
 * @throws {ObjDockerError} (the limit, when called) CANCELLED when the signal is aborted before there was room.
 */
export function createLimit(size: number): Limit {
  let free = size;
  const waiting = new Set<() => void>();

  const enter = (signal: AbortSignal | undefined): Promise<void> => {
    throwIfCancelled(signal);
    if (free > 0) {
      free--;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        waiting.delete(admit);
        if (signal !== undefined) reject(cancelled(signal));
      };
      const admit = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      waiting.add(admit);
      signal?.addEventListener('abort', leave, { once: true });
    });
  };

  const exit = (): void => {
    const [next] = waiting;
    if (next === undefined) free++;
    else {
      waiting.delete(next);
      next();
    }
  };

  return async (work, signal) => {
    await enter(signal);
    try {
      return await work();
    } finally {
      exit();
    }
  };
}
