import { ObjDockerError } from '../../errors.ts';
import { asRecord } from '../../lib/json.ts';
import type { DeleteInstanceOptions, DeleteResult } from '../../substrate/obj-substrate.ts';
import type { Engine } from '../connection/engine.ts';
import { EngineHttpError } from '../connection/engine-http.ts';
import { type FoundContainer, findContainer, isActive } from './find.ts';
import { askEngine, containerPath, waitABit } from './request.ts';

/**
 * Deletes a container and waits until it is gone, also when somebody else, or the engine itself, deletes it already.
 *
 * @throws {ObjDockerError} INSTANCE_RUNNING when it runs (or is paused, or restarts) and `force` is not set.
 */
export async function deleteContainer(
  engine: Engine,
  name: string,
  options: DeleteInstanceOptions,
): Promise<DeleteResult> {
  const found = await findContainer(engine, name, options);
  const result = { id: found.id, name: found.name };
  // One with --rm is deleted by the engine as soon as we have ended it: that is our doing, too.
  const ours = options.force === true && isActive(found) && asRecord(found.answer.HostConfig)?.AutoRemove === true;
  for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 2, 500)) {
    const answer = await requestDelete(engine, found, options);
    if (answer !== 'in progress') return { ...result, changed: answer === 'deleted' || ours };
    await waitABit(pauseMs, options.signal);
  }
}

async function requestDelete(
  engine: Engine,
  found: FoundContainer,
  { force = false, volumes = false, signal }: DeleteInstanceOptions,
): Promise<'deleted' | 'gone' | 'in progress'> {
  const path = containerPath(engine, found.id, `?force=${force}&v=${volumes}`);
  const request = async () => {
    const answer = await engine.http.send(path, { method: 'DELETE', signal });
    answer.resume();
  };
  try {
    await askEngine(engine, request, { signal, expected: [404, 409] });
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
  const does = state === 'paused' ? 'is paused' : state === 'restarting' ? 'is being restarted' : 'is running';
  return new ObjDockerError('INSTANCE_RUNNING', `container "${name}" ${does}, and was not deleted`, {
    hint: `Stop it first (objdocker stop ${name}), or end and delete it: objdocker delete --force ${name}`,
    details: { id, name },
    cause,
  });
}
