import { cancelled, expectListeners, throwIfCancelled } from './operation.ts';

/** Work that runs once for several callers, and whose result is kept. */
export interface SharedWork<T> {
  /**
   * The result. Aborting one caller's signal ends only that caller's wait; when no caller waits any more, the work is
   * aborted. A failure is not kept: the next call starts the work again.
   */
  get(signal?: AbortSignal): Promise<T>;
  /**
   * Forgets the outcome, and disposes of it once it is known. The next call starts the work again. The promise resolves after
   * the disposal.
   */
  forget(dispose: (value: T) => unknown): Promise<void>;
}

interface Attempt<T> {
  readonly outcome: Promise<T>;
  readonly stop: AbortController;
  waiting: number;
  settled: boolean;
}

/** Makes a {@link SharedWork}. The work starts with the first call. */
export function shareWork<T>(work: (signal: AbortSignal) => Promise<T>): SharedWork<T> {
  let current: Attempt<T> | undefined;

  const begin = (): Attempt<T> => {
    const stop = new AbortController();
    const attempt: Attempt<T> = { outcome: work(stop.signal), stop, waiting: 0, settled: false };
    attempt.outcome.then(
      () => {
        attempt.settled = true;
      },
      () => {
        attempt.settled = true;
        if (current === attempt) current = undefined;
      },
    );
    return attempt;
  };

  return {
    async get(signal) {
      throwIfCancelled(signal);
      current ??= begin();
      const attempt = current;
      attempt.waiting++;
      try {
        return await orCancelled(attempt.outcome, signal);
      } finally {
        attempt.waiting--;
        if (attempt.waiting === 0 && !attempt.settled) {
          if (current === attempt) current = undefined;
          attempt.stop.abort();
        }
      }
    },
    async forget(dispose) {
      const outcome = current?.outcome;
      current = undefined;
      await outcome?.then(dispose, () => {});
    },
  };
}

function orCancelled<T>(outcome: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return outcome;
  expectListeners(signal);
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(cancelled(signal));
    signal.addEventListener('abort', abort, { once: true });
    outcome.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** Wraps a function: its first call starts the work, later calls share the result, also a failure. */
export function once<T>(work: () => Promise<T>): () => Promise<T> {
  let outcome: Promise<T> | undefined;
  return () => {
    outcome ??= work();
    return outcome;
  };
}
