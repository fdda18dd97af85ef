import { asRecord, asText } from '../../lib/json.ts';
import type { StopInstanceOptions, StopResult } from '../../substrate/obj-substrate.ts';
import type { Engine } from '../connection/engine.ts';
import { EngineHttpError } from '../connection/http.ts';
import { containerPath, requestEngine } from '../connection/request.ts';
import { readExitEvent } from './exit-event.ts';
import { type FoundContainer, findContainer, inspectAgain, isActive } from './find.ts';

/**
 * Stops a container and waits until it has stopped; its restart policy does not start it again. The engine sends the container's
 * stop signal, and SIGKILL after the time-out. It unpauses a paused container first. With `force` it sends SIGKILL at once.
 */
export async function stopContainer(engine: Engine, name: string, options: StopInstanceOptions): Promise<StopResult> {
  const found = await findContainer(engine, name, options);
  const unchanged = { id: found.id, name: found.name, changed: false, killed: false };
  if (!isActive(found)) return unchanged;
  const { force = false, signal } = options;
  const started = performance.now();
  const stopRequested = force ? await kill(engine, found, signal) : await requestStop(engine, found, options);
  if (!stopRequested) return unchanged;
  const tookMs = performance.now() - started;
  const end = await readOutcome(engine, found, signal);
  return {
    id: found.id,
    name: found.name,
    changed: true,
    killed: end.killed ?? (end.exitCode === 137 && (force || tookMs >= timeoutOf(found, options) * 1000)),
    ...(end.exitCode === undefined ? {} : { exitCode: end.exitCode }),
  };
}

/** Returns when the container has stopped; false when it was stopped before. */
async function requestStop(engine: Engine, found: FoundContainer, options: StopInstanceOptions): Promise<boolean> {
  const seconds = engineSeconds(options.timeoutSeconds);
  const action = seconds === undefined ? '/stop' : `/stop?t=${seconds}`;
  return post(engine, found, action, options.signal);
}

async function kill(engine: Engine, found: FoundContainer, signal: AbortSignal | undefined): Promise<boolean> {
  if (!(await post(engine, found, '/kill?signal=KILL', signal))) return false;
  await post(engine, found, '/wait?condition=not-running', signal);
  return true;
}

/** Whether the engine had something to do: not 304 (already stopped), 404 (deleted) or 409 (not running). */
async function post(
  engine: Engine,
  { id }: FoundContainer,
  action: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const request = async () => {
    const response = await engine.http.send(containerPath(engine, id, action), {
      method: 'POST',
      signal,
      ownConnection: true,
    });
    // The response to `wait` ends when the container exits.
    for await (const _ of response);
    return response.statusCode !== 304;
  };
  try {
    return await requestEngine(engine, request, { signal, expected: [404, 409] });
  } catch (error) {
    if (error instanceof EngineHttpError) return false;
    throw error;
  }
}

interface Outcome {
  readonly exitCode: number | undefined;
  /** Undefined when the engine no longer has the event. */
  readonly killed: boolean | undefined;
}

async function readOutcome(engine: Engine, found: FoundContainer, signal: AbortSignal | undefined): Promise<Outcome> {
  const now = asRecord((await inspectAgain(engine, found.id, { signal }))?.inspected.State);
  const exitCode = typeof now?.ExitCode === 'number' ? now.ExitCode : undefined;
  // SIGKILL gives 137, but a process may also exit with 137 itself.
  if (exitCode !== undefined && exitCode !== 137) return { exitCode, killed: false };
  const since = asText(asRecord(found.inspected.State)?.StartedAt) ?? asText(found.inspected.Created) ?? '';
  const end = await readExitEvent(engine, found.id, { since, signal });
  return { exitCode: exitCode ?? end?.exitCode, killed: end?.killed };
}

function timeoutOf({ inspected }: FoundContainer, { timeoutSeconds }: StopInstanceOptions): number {
  if (timeoutSeconds !== undefined) return timeoutSeconds;
  const own = asRecord(inspected.Config)?.StopTimeout;
  return typeof own === 'number' ? own : 10;
}

/** The engine takes whole seconds, and a negative number for no time-out. */
export function engineSeconds(seconds: number | undefined): number | undefined {
  if (seconds === undefined || Number.isNaN(seconds)) return undefined;
  return seconds === Number.POSITIVE_INFINITY ? -1 : Math.max(0, Math.ceil(seconds));
}
