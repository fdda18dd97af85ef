import { cancelled, expectListeners, throwIfCancelled } from './operation.ts';

/** Runs work within a limit of concurrency, in the order of the calls. */
export type Limit = <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/**
 * Makes a {@link Limit}: at most `size` pieces of work run at a time.
 *
 * @throws {ObjDockerError} (the limit, when called) CANCELLED when the signal is aborted before the work starts.
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
    // All that wait may share one signal. Each stops listening when it is admitted.
    expectListeners(signal);
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
