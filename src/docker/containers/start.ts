import { asRecord, asText } from '../../lib/json.ts';
import { poll } from '../../lib/poll.ts';
import type { InstanceState } from '../../model/enums.ts';
import type { CallOptions, StartResult } from '../../substrate/obj-substrate.ts';
import type { Engine } from '../connection/engine.ts';
import { EngineHttpError, EngineTimeout } from '../connection/http.ts';
import { containerPath, requestEngine } from '../connection/request.ts';
import { readExitEvent } from './exit-event.ts';
import { containerDeleted, type FoundContainer, findContainer, inspectAgain, isActive, startedAt } from './find.ts';
import { containerPaused, exitedAtStart, startFailed } from './start-failure.ts';

/** How long a container is watched after its start. Most processes that cannot run have exited by then. */
const WATCH_MS = 500;

/**
 * Starts a container and waits until it is running, or has exited with 0. A container that exits with another code within half a
 * second counts as failed, also when its restart policy starts it again.
 *
 * @throws {ObjDockerError} INSTANCE_PAUSED, INSTANCE_START_FAILED.
 */
export async function startContainer(engine: Engine, name: string, options: CallOptions): Promise<StartResult> {
  const found = await findContainer(engine, name, options);
  const result = { id: found.id, name: found.name };
  if (found.state === 'paused') throw containerPaused(found);
  if (found.state === 'running') return { ...result, changed: false, state: found.state };
  const changed = await requestStart(engine, found, '/start', options);
  // A start request does nothing for a container that waits for its restart.
  if (found.state === 'restarting') await waitForRestart(engine, found, options);
  return { ...result, changed, state: await watchStart(engine, found, options) };
}

/** Sends a request that starts the container. Returns false when the engine had nothing to do. */
export async function requestStart(
  engine: Engine,
  found: FoundContainer,
  action: string,
  { signal }: CallOptions,
): Promise<boolean> {
  // A restart waits for the exit first.
  const request = () =>
    engine.http.send(containerPath(engine, found.id, action), { method: 'POST', signal, ownConnection: true });
  try {
    const response = await requestEngine(engine, request, { signal, expected: [400, 404, 409, 500] });
    response.resume();
    return response.statusCode !== 304;
  } catch (error) {
    if (!(error instanceof EngineHttpError)) throw error;
    if (/no such container/i.test(error.message)) throw containerDeleted(found);
    if (/paused container/i.test(error.message)) throw containerPaused(found);
    throw startFailed(found, error.message);
  }
}

/** Waits until the engine has restarted it, which takes up to a minute. */
async function waitForRestart(engine: Engine, found: FoundContainer, options: CallOptions): Promise<void> {
  const look = async (): Promise<true | undefined> => {
    const now = await inspectAgain(engine, found.id, options);
    // The start time also shows a restart whose process exited before the next inspection.
    return now?.state === 'restarting' && startedAt(now) === startedAt(found) ? undefined : true;
  };
  await poll(look, { firstMs: 200, signal: options.signal });
}

/** Returns the state after the start; throws when the container exited with a code other than 0. */
export async function watchStart(engine: Engine, found: FoundContainer, options: CallOptions): Promise<InstanceState> {
  const first = await inspectAgain(engine, found.id, options);
  const ended = await waitForExit(engine, found, options);
  const now = await inspectAgain(engine, found.id, options);
  const deletesItself = asRecord(found.inspected.HostConfig)?.AutoRemove === true;
  if ((now === undefined || now.state === 'removing') && !deletesItself) throw containerDeleted(found);
  const state = asRecord(now?.inspected.State);
  const exitCode = ended ?? (await missedExitCode(engine, { found, first, now, signal: options.signal }));
  if (exitCode !== undefined && exitCode !== 0) {
    throw exitedAtStart(found, {
      exitCode,
      outOfMemory: state?.OOMKilled === true,
      restarts: now !== undefined && isActive(now),
      deletesItself,
    });
  }
  return now !== undefined && isActive(now) ? now.state : 'exited';
}

/** The exit code, or undefined when the container is still running after the watch time. */
async function waitForExit(
  engine: Engine,
  { id }: FoundContainer,
  { signal }: CallOptions,
): Promise<number | undefined> {
  const wait = async () => {
    const path = containerPath(engine, id, '/wait?condition=not-running');
    try {
      return await engine.http.json(path, { method: 'POST', signal, timeoutMs: WATCH_MS, ownConnection: true });
    } catch (error) {
      if (error instanceof EngineTimeout) return {};
      throw error;
    }
  };
  try {
    const { StatusCode: code } = await requestEngine(engine, wait, { signal, expected: [404] });
    return typeof code === 'number' ? code : undefined;
  } catch (error) {
    // Deleted at its exit (--rm).
    if (error instanceof EngineHttpError) return undefined;
    throw error;
  }
}

interface Observed {
  readonly found: FoundContainer;
  readonly first: FoundContainer | undefined;
  readonly now: FoundContainer | undefined;
  readonly signal: AbortSignal | undefined;
}

/** The exit code of a container that is not running, or that was restarted since its start. */
async function missedExitCode(engine: Engine, { found, first, now, signal }: Observed): Promise<number | undefined> {
  const runs = now?.state === 'running' || now?.state === 'paused';
  if (now !== undefined && !runs) {
    const code = asRecord(now.inspected.State)?.ExitCode;
    return typeof code === 'number' ? code : undefined;
  }
  // Engine 20.10 does not respond to a wait when the restart policy starts the container again.
  if (now !== undefined && (first === undefined || startedAt(first) === startedAt(now))) return undefined;
  const since = (first && startedAt(first)) ?? asText(found.inspected.Created) ?? '';
  return (await readExitEvent(engine, found.id, { since, signal }))?.exitCode;
}
