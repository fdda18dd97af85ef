import { asRecord, asText } from '../../lib/json.ts';
import type { StopInstanceOptions, StopResult } from '../../substrate/obj-substrate.ts';
import type { Engine } from '../connection/engine.ts';
import { EngineHttpError } from '../connection/engine-http.ts';
import { type FoundContainer, findContainer, isActive, lookAgain } from './find.ts';
import { readEnd } from './last-end.ts';
import { askEngine, containerPath } from './request.ts';

/**
 * Stops a container and waits until it has; its restart policy does not start it again. The engine sends the container's
 * stop signal, and SIGKILL after the time-out; a paused one is woken for it. With `force` it sends SIGKILL at once.
 */
export async function stopContainer(engine: Engine, name: string, options: StopInstanceOptions): Promise<StopResult> {
  const found = await findContainer(engine, name, options);
  const unchanged = { id: found.id, name: found.name, changed: false, killed: false };
  if (!isActive(found)) return unchanged;
  const { force = false, signal } = options;
  const started = performance.now();
  const asked = force ? await kill(engine, found, signal) : await requestStop(engine, found, options);
  if (!asked) return unchanged;
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

/** Returns when the container has stopped; false when it had before. */
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

/** Whether the engine had something to do: neither 304, nor gone (404), nor `is not running` (409). */
async function post(
  engine: Engine,
  { id }: FoundContainer,
  action: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const request = async () => {
    const answer = await engine.http.send(containerPath(engine, id, action), { method: 'POST', signal, apart: true });
    // An answer to `wait` ends when the container has.
    for await (const _ of answer);
    return answer.statusCode !== 304;
  };
  try {
    return await askEngine(engine, request, { signal, expected: [404, 409] });
  } catch (error) {
    if (error instanceof EngineHttpError) return false;
    throw error;
  }
}

interface Outcome {
  readonly exitCode: number | undefined;
  /** Undefined when the engine's events do not tell it any more. */
  readonly killed: boolean | undefined;
}

async function readOutcome(engine: Engine, found: FoundContainer, signal: AbortSignal | undefined): Promise<Outcome> {
  const now = asRecord((await lookAgain(engine, found.id, { signal }))?.answer.State);
  const exitCode = typeof now?.ExitCode === 'number' ? now.ExitCode : undefined;
  // Whoever is ended by SIGKILL has this code, but not everybody who has it was.
  if (exitCode !== undefined && exitCode !== 137) return { exitCode, killed: false };
  const since = asText(asRecord(found.answer.State)?.StartedAt) ?? asText(found.answer.Created) ?? '';
  const end = await readEnd(engine, found.id, { since, signal });
  return { exitCode: exitCode ?? end?.exitCode, killed: end?.killed };
}

function timeoutOf({ answer }: FoundContainer, { timeoutSeconds }: StopInstanceOptions): number {
  if (timeoutSeconds !== undefined) return timeoutSeconds;
  const own = asRecord(answer.Config)?.StopTimeout;
  return typeof own === 'number' ? own : 10;
}

/** The engine takes whole seconds, and a negative number for no end. */
function engineSeconds(seconds: number | undefined): number | undefined {
  if (seconds === undefined || Number.isNaN(seconds)) return undefined;
  return seconds === Number.POSITIVE_INFINITY ? -1 : Math.max(0, Math.ceil(seconds));
}
