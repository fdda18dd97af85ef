import { asRecord, asText } from '../../lib/json.ts';
import type { InstanceState } from '../../model/instance.ts';
import type { CallOptions, StartResult } from '../../substrate/obj-substrate.ts';
import type { Engine } from '../connection/engine.ts';
import { EngineHttpError, EngineTimeout } from '../connection/engine-http.ts';
import { type FoundContainer, findContainer, goneMeanwhile, isActive, lookAgain } from './find.ts';
import { readEnd } from './last-end.ts';
import { askEngine, containerPath, waitABit } from './request.ts';
import { cannotStart, endedAtOnce, paused } from './start-failure.ts';

/** How long a container is watched after its start. A process that cannot work has mostly said so and ended by then. */
const AT_ONCE_MS = 500;

/**
 * Starts a container and waits until it runs, or has run and ended with 0. One that ends within half a second with another
 * code counts as not started; so does one whose restart policy starts it again then.
 *
 * @throws {ObjDockerError} INSTANCE_PAUSED, INSTANCE_START_FAILED.
 */
export async function startContainer(engine: Engine, name: string, options: CallOptions): Promise<StartResult> {
  const found = await findContainer(engine, name, options);
  const result = { id: found.id, name: found.name };
  if (found.state === 'paused') throw paused(found);
  if (found.state === 'running') return { ...result, changed: false, state: found.state };
  const changed = await requestStart(engine, found, options);
  // One that waits for its next start is let wait: the engine has nothing to do for it.
  if (found.state === 'restarting') await leaveRestarting(engine, found, options);
  return { ...result, changed, state: await settle(engine, found, options) };
}

/** False when the engine had nothing to do. */
async function requestStart(engine: Engine, found: FoundContainer, { signal }: CallOptions): Promise<boolean> {
  const request = () => engine.http.send(containerPath(engine, found.id, '/start'), { method: 'POST', signal });
  try {
    const answer = await askEngine(engine, request, { signal, expected: [400, 404, 409, 500] });
    answer.resume();
    return answer.statusCode !== 304;
  } catch (error) {
    if (!(error instanceof EngineHttpError)) throw error;
    if (/no such container/i.test(error.message)) throw goneMeanwhile(found);
    if (/paused container/i.test(error.message)) throw paused(found);
    throw cannotStart(found, error.message);
  }
}

/** Returns when it has been started again, which the engine waits up to a minute with. */
async function leaveRestarting(engine: Engine, found: FoundContainer, options: CallOptions): Promise<void> {
  let now: FoundContainer | undefined = found;
  // A process that does not last is seen by its start only.
  while (now?.state === 'restarting' && startedAt(now) === startedAt(found)) {
    await waitABit(200, options.signal);
    now = await lookAgain(engine, found.id, options);
  }
}

function startedAt({ answer }: FoundContainer): unknown {
  return asRecord(answer.State)?.StartedAt;
}

/** The state after the first moments; throws when the container ended in them with another code than 0. */
async function settle(engine: Engine, found: FoundContainer, options: CallOptions): Promise<InstanceState> {
  const first = await lookAgain(engine, found.id, options);
  const ended = await waitForEnd(engine, found, options);
  const now = await lookAgain(engine, found.id, options);
  const deletesItself = asRecord(found.answer.HostConfig)?.AutoRemove === true;
  if ((now === undefined || now.state === 'removing') && !deletesItself) throw goneMeanwhile(found);
  const state = asRecord(now?.answer.State);
  const exitCode = ended ?? (await endBetween(engine, { found, first, now, signal: options.signal }));
  if (exitCode !== undefined && exitCode !== 0) {
    throw endedAtOnce(found, {
      exitCode,
      outOfMemory: state?.OOMKilled === true,
      restarts: now !== undefined && isActive(now),
      deletesItself,
    });
  }
  return now !== undefined && isActive(now) ? now.state : 'exited';
}

/** The exit code when the container ends within the first moments, else undefined. */
async function waitForEnd(
  engine: Engine,
  { id }: FoundContainer,
  { signal }: CallOptions,
): Promise<number | undefined> {
  const wait = async () => {
    const path = containerPath(engine, id, '/wait?condition=not-running');
    try {
      return await engine.http.json(path, { method: 'POST', signal, timeoutMs: AT_ONCE_MS, apart: true });
    } catch (error) {
      if (error instanceof EngineTimeout) return {};
      throw error;
    }
  };
  try {
    const { StatusCode: code } = await askEngine(engine, wait, { signal, expected: [404] });
    return typeof code === 'number' ? code : undefined;
  } catch (error) {
    // Deleted by itself at its end.
    if (error instanceof EngineHttpError) return undefined;
    throw error;
  }
}

interface Looks {
  readonly found: FoundContainer;
  readonly first: FoundContainer | undefined;
  readonly now: FoundContainer | undefined;
  readonly signal: AbortSignal | undefined;
}

/** The exit code of a container that does not run, or no longer runs for the first time. */
async function endBetween(engine: Engine, { found, first, now, signal }: Looks): Promise<number | undefined> {
  const runs = now?.state === 'running' || now?.state === 'paused';
  if (now !== undefined && !runs) {
    const code = asRecord(now.answer.State)?.ExitCode;
    return typeof code === 'number' ? code : undefined;
  }
  // Engine 20.10 does not answer a wait for the end when its restart policy starts the container again.
  if (now !== undefined && (first === undefined || startedAt(first) === startedAt(now))) return undefined;
  const since = asText(first && startedAt(first)) ?? asText(found.answer.Created) ?? '';
  return (await readEnd(engine, found.id, { since, signal }))?.exitCode;
}
