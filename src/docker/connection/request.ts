import { cancelled } from '../../lib/operation.ts';
import type { Engine } from './engine.ts';
import { EngineHttpError } from './http.ts';

/**
 * Sends a request and explains its failure: an ObjDockerError with a hint, CANCELLED when the signal is aborted.
 *
 * An error status in `expected` is thrown as {@link EngineHttpError}, for the caller to handle.
 */
export async function requestEngine<Response>(
  engine: Engine,
  send: () => Promise<Response>,
  {
    signal,
    expected = [],
  }: { readonly signal?: AbortSignal | undefined; readonly expected?: readonly number[] | undefined } = {},
): Promise<Response> {
  try {
    return await send();
  } catch (error) {
    // When the signal cuts off a response half-way, the stream throws its own error.
    if (signal?.aborted) throw cancelled(signal);
    if (error instanceof EngineHttpError && expected.includes(error.status)) throw error;
    throw await engine.explain(error);
  }
}

/** The path of a container. Takes its id: another container may have the name by the time of the request. */
export function containerPath(engine: Engine, id: string, action: string): string {
  return `${engine.apiPath}/containers/${encodeURIComponent(id)}${action}`;
}
