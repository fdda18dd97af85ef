import { ObjDockerError } from '../errors.ts';

/**
 * Long work: iterate it for its events, await `result` for its outcome, or both.
 *
 * Nothing runs before one of the two is asked for. Awaiting `result` alone runs the work without keeping events.
 * Leaving the loop early (`break`, `return`, a throw) cancels the work. When the work fails, the loop throws the same
 * error that `result` rejects with.
 *
 * @example
 * ```ts
 * const build = docker.build(pkg);
 * for await (const event of build) render(event);
 * const { images } = await build.result;
 * ```
 */
export interface Operation<Event, Result> extends AsyncIterable<Event> {
  readonly result: Promise<Result>;
}

/** What the body of an operation is handed. */
export interface OperationContext<Event> {
  readonly emit: (event: Event) => void;
  /** Aborted when the caller's own signal is, and when the caller leaves the loop early. */
  readonly signal: AbortSignal;
}

/** Wraps a function as an {@link Operation}. The function is called at most once. */
export function createOperation<Event, Result>(
  run: (context: OperationContext<Event>) => Promise<Result>,
  callerSignal?: AbortSignal,
): Operation<Event, Result> {
  const leaving = new AbortController();
  const signal = callerSignal === undefined ? leaving.signal : AbortSignal.any([callerSignal, leaving.signal]);
  const queue: Event[] = [];
  let wake: () => void = () => {};
  let iterated = false;
  let settled = false;
  let result: Promise<Result> | undefined;

  const emit = (event: Event): void => {
    if (!iterated) return;
    queue.push(event);
    wake();
  };

  const start = (): Promise<Result> => {
    result ??= Promise.resolve()
      .then(() => {
        throwIfCancelled(signal);
        return run({ emit, signal });
      })
      .finally(() => {
        settled = true;
        wake();
      });
    // The loop throws the same error: a caller that only iterates must not also get an unhandled rejection.
    result.catch(() => {});
    return result;
  };

  async function* iterate(): AsyncGenerator<Event, void, void> {
    const outcome = start();
    try {
      while (true) {
        const event = queue.shift();
        if (event !== undefined) yield event;
        else if (settled) break;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
      await outcome;
    } finally {
      leaving.abort(new ObjDockerError('CANCELLED', 'the caller stopped listening'));
      await outcome.catch(() => {});
    }
  }

  return {
    get result() {
      return start();
    },
    [Symbol.asyncIterator]() {
      iterated = true;
      return iterate();
    },
  };
}

/** Throws a CANCELLED error, with the signal's reason as cause, when the signal is aborted. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancelled(signal);
}

/** The error for work that an aborted signal ended. */
export function cancelled(signal: AbortSignal): ObjDockerError {
  return new ObjDockerError('CANCELLED', 'cancelled', { cause: signal.reason });
}
