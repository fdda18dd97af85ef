import { setMaxListeners } from 'node:events';
import { ObjDockerError } from '../errors.ts';

/**
 * Long-running work: iterate it for its events, await `result` for its result, or both.
 *
 * The work starts with the first of the two. Awaiting `result` alone keeps no events.
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

/** The parameters of an operation's function. */
export interface OperationContext<Event> {
  /**
   * Emits an event. The promise resolves when the loop has taken all events and requests the next, at once without a loop.
   * Await it before making large events, or they accumulate. It never rejects and may be ignored.
   */
  readonly emit: (event: Event) => Promise<void>;
  /** Aborted with the caller's signal, and when the caller leaves the loop early. */
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
  /** Resolved when the queue is empty and the loop requests the next event. */
  let drained = deferred();
  let iterated = false;
  let settled = false;
  let result: Promise<Result> | undefined;

  const release = (): void => {
    drained.resolve();
    drained = deferred();
  };
  const emit = (event: Event): Promise<void> => {
    if (!iterated) return Promise.resolve();
    queue.push(event);
    wake();
    return signal.aborted ? Promise.resolve() : drained.promise;
  };

  const start = (): Promise<Result> => {
    result ??= Promise.resolve()
      .then(() => {
        throwIfCancelled(signal);
        // Work may be waiting for a loop that has stopped: let it see that it is cancelled.
        signal.addEventListener('abort', release);
        return run({ emit, signal });
      })
      .finally(() => {
        settled = true;
        signal.removeEventListener('abort', release);
        release();
        wake();
      });
    // The loop throws the same error: a caller that only iterates must not get an unhandled rejection as well.
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
        else {
          release();
          await new Promise<void>((resolve) => (wake = resolve));
        }
      }
      await outcome;
    } finally {
      leaving.abort(new ObjDockerError('CANCELLED', 'the caller left the loop'));
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

/** Makes an operation whose code is loaded when it starts. `load` passes the signal on to the operation that it returns. */
export function loadOperation<Event, Result>(
  load: (signal: AbortSignal) => Promise<Operation<Event, Result>>,
  callerSignal?: AbortSignal,
): Operation<Event, Result> {
  return createOperation(async ({ emit, signal }) => {
    const operation = await load(signal);
    for await (const event of operation) await emit(event);
    return operation.result;
  }, callerSignal);
}

interface Deferred {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

function deferred(): Deferred {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

/** Throws a CANCELLED error, with the signal's reason as cause, when the signal is aborted. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancelled(signal);
}

/** Lets any number of calls listen to one signal: Node warns of a leak from eleven listeners on. */
export function expectListeners(signal: AbortSignal | undefined): void {
  if (signal !== undefined) setMaxListeners(0, signal);
}

/** Makes the error for work that an aborted signal ended. */
export function cancelled(signal: AbortSignal): ObjDockerError {
  return new ObjDockerError('CANCELLED', 'cancelled', { cause: signal.reason });
}
