import { ObjDockerError } from '../../errors.ts';
import { asRecord } from '../../lib/json.ts';
import { poll } from '../../lib/poll.ts';
import type { DeleteInstanceOptions, DeleteResult } from '../../substrate/obj-substrate.ts';
import type { Engine } from '../connection/engine.ts';
import { EngineHttpError } from '../connection/http.ts';
import { containerPath, requestEngine } from '../connection/request.ts';
import { type FoundContainer, findContainer, isActive } from './find.ts';

/**
 * Deletes a container and waits until it is gone, also when another client or the engine itself is deleting it.
 *
 * @throws {ObjDockerError} INSTANCE_RUNNING when it is running, paused or restarting and `force` is not set.
 */
export async function deleteContainer(
  engine: Engine,
  name: string,
  options: DeleteInstanceOptions,
): Promise<DeleteResult> {
  const found = await findContainer(engine, name, options);
  const container = { id: found.id, name: found.name };
  // The engine deletes a container with --rm as soon as the forced delete has killed it.
  const deletedByEngine =
    options.force === true && isActive(found) && asRecord(found.inspected.HostConfig)?.AutoRemove === true;
  const attempt = async () => {
    const result = await requestDelete(engine, found, options);
    return result === 'in progress' ? undefined : result;
  };
  const result = await poll(attempt, { firstMs: 20, longestMs: 500, signal: options.signal });
  return { ...container, changed: result === 'deleted' || deletedByEngine };
}

async function requestDelete(
  engine: Engine,
  found: FoundContainer,
  { force = false, volumes = false, signal }: DeleteInstanceOptions,
): Promise<'deleted' | 'gone' | 'in progress'> {
  const path = containerPath(engine, found.id, `?force=${force}&v=${volumes}`);
  const request = async () => {
    const response = await engine.http.send(path, { method: 'DELETE', signal });
    response.resume();
  };
  try {
    await requestEngine(engine, request, { signal, expected: [404, 409] });
    return 'deleted';
  } catch (error) {
    if (!(error instanceof EngineHttpError)) throw error;
    if (error.status === 404) return 'gone';
    if (/already in progress/i.test(error.message)) return 'in progress';
    if (/running|paused|restarting/i.test(error.message)) throw stillRunning(found, error);
    throw await engine.explain(error);
  }
}

function stillRunning({ id, name, state }: FoundContainer, cause: EngineHttpError): ObjDockerError {
  const status = state === 'paused' || state === 'restarting' ? state : 'running';
  return new ObjDockerError('INSTANCE_RUNNING', `cannot delete container "${name}": it is ${status}`, {
    hint: `Stop it first (objdocker stop ${name}), or kill and delete it: objdocker delete --force ${name}`,
    details: { id, name },
    cause,
  });
}
