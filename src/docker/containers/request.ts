import { setTimeout as sleep } from 'node:timers/promises';
import { cancelled, throwIfCancelled } from '../../lib/operation.ts';
import type { Engine } from '../connection/engine.ts';
import { EngineHttpError } from '../connection/engine-http.ts';

/**
 * What a request to the engine answers; a failure becomes an error that a user can act on, CANCELLED when the signal is aborted.
 *
 * An error status stays an {@link EngineHttpError} when `expected` has it, for the caller to make sense of.
 */
export async function askEngine<Answer>(
  engine: Engine,
  ask: () => Promise<Answer>,
  {
    signal,
    expected = [],
  }: { readonly signal?: AbortSignal | undefined; readonly expected?: readonly number[] | undefined } = {},
): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    // An answer that is cut off half-way by the signal ends with an error of the stream, not with ours.
    if (signal?.aborted) throw cancelled(signal);
    if (error instanceof EngineHttpError && expected.includes(error.status)) throw error;
    throw await engine.explain(error);
  }
}

/** The path of a container, by its id: a name might be another container's by the time of the request. */
export function containerPath(engine: Engine, id: string, action: string): string {
  return `${engine.apiPath}/containers/${encodeURIComponent(id)}${action}`;
}

/** Time to pass between two looks at a container. */
export async function waitABit(ms: number, signal: AbortSignal | undefined): Promise<void> {
  throwIfCancelled(signal);
  await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
    throwIfCancelled(signal);
    throw error;
  });
}
