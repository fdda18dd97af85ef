import { asRecord, asText } from '../../lib/json.ts';
import { throwIfCancelled } from '../../lib/operation.ts';
import type { Engine } from '../connection/engine.ts';
import { readJsonLines } from '../connection/json-lines.ts';

/** How a container exited. */
export interface ContainerExit {
  readonly exitCode: number | undefined;
  /** Whether the engine had sent it SIGKILL. */
  readonly killed: boolean;
}

/**
 * Reads a container's first exit after a time from the engine's events. Unlike the container's state, events tell whether exit
 * code 137 came from the engine's SIGKILL, and they outlive a deleted container.
 *
 * The engine keeps its last 256 events (all supported versions); undefined when the exit is no longer among them.
 *
 * @param since a time as the engine prints it.
 */
export async function readExitEvent(
  engine: Engine,
  id: string,
  { since, signal }: { readonly since: string; readonly signal?: AbortSignal | undefined },
): Promise<ContainerExit | undefined> {
  const query = new URLSearchParams({
    since: unixTime(since),
    filters: JSON.stringify({ type: ['container'], container: [id], event: ['kill', 'die'] }),
  });
  // The stream stays open after the past events. The engine's clock may differ, so `until` cannot end it.
  const deadline = AbortSignal.timeout(5_000);
  const requestSignal = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  try {
    const events = await engine.http.send(`${engine.apiPath}/events?${query}`, {
      signal: requestSignal,
      ownConnection: true,
    });
    let killed = false;
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

/** `2026-11-23T11:44:57.891720811Z` as `seconds.nanoseconds`, the form that the engine's query takes. */
function unixTime(time: string): string {
  const [, fraction = '0'] = /\.(\d+)/.exec(time) ?? [];
  return `${Math.floor(Date.parse(time) / 1000)}.${fraction.padEnd(9, '0')}`;
}
