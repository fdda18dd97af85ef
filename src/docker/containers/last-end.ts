import { asRecord, asText } from '../../lib/json.ts';
import { throwIfCancelled } from '../../lib/operation.ts';
import type { Engine } from '../connection/engine.ts';
import { readJsonLines } from '../connection/json-lines.ts';

/** How a container ended. */
export interface ContainerEnd {
  readonly exitCode: number | undefined;
  /** The engine sent it SIGKILL before. */
  readonly killed: boolean;
}

/**
 * How a container first ended after a time, from the engine's events: what its state does not tell (a process may exit with
 * 137 by itself), and what is left of a container that is deleted by now.
 *
 * The engine keeps its last 256 events (in all versions that we support); undefined when they do not have it any more.
 *
 * @param since a time of the engine as it prints them.
 */
export async function readEnd(
  engine: Engine,
  id: string,
  { since, signal }: { readonly since: string; readonly signal?: AbortSignal | undefined },
): Promise<ContainerEnd | undefined> {
  const query = new URLSearchParams({
    since: unixTime(since),
    filters: JSON.stringify({ type: ['container'], container: [id], event: ['kill', 'die'] }),
  });
  // The stream stays open after the events of the past, and no clock of ours can say where they end.
  const deadline = AbortSignal.timeout(2_000);
  const ended = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  try {
    const events = await engine.http.send(`${engine.apiPath}/events?${query}`, { signal: ended, apart: true });
    let killed = false;
    // Leaving the loop ends the stream.
    for await (const event of readJsonLines(events)) {
      const attributes = asRecord(asRecord(event.Actor)?.Attributes);
      if (event.Action === 'kill') killed ||= attributes?.signal === '9';
      if (event.Action !== 'die') continue;
      const exitCode = asText(attributes?.exitCode);
      return { exitCode: exitCode === undefined ? undefined : Number(exitCode), killed };
    }
  } catch {
    throwIfCancelled(signal);
  }
  return undefined;
}

/** `2026-11-23T11:44:57.891720811Z` as `seconds.nanoseconds`, as the engine wants it in a query. */
function unixTime(time: string): string {
  const [, fraction = '0'] = /\.(\d+)/.exec(time) ?? [];
  return `${Math.floor(Date.parse(time) / 1000)}.${fraction.padEnd(9, '0')}`;
}
