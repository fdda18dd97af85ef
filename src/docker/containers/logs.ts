import type { IncomingMessage } from 'node:http';
import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import { asRecord, asText } from '../../lib/json.ts';
import { cancelled } from '../../lib/operation.ts';
import type { OutputChunk } from '../../model/instance.ts';
import type { ReadLogsOptions } from '../../substrate/obj-substrate.ts';
import type { Engine } from '../connection/engine.ts';
import { EngineHttpError } from '../connection/engine-http.ts';
import { FrameReader } from '../exec/frames.ts';
import { type FoundContainer, findContainer, goneMeanwhile } from './find.ts';
import { createLineTimes } from './line-times.ts';
import { askEngine, containerPath } from './request.ts';

/** What a container has written. */
export async function* readContainerLogs(
  engine: Engine,
  name: string,
  options: ReadLogsOptions,
): AsyncGenerator<OutputChunk, void, void> {
  const container = await findContainer(engine, name, options);
  const answer = await openLogs(engine, container, options);
  const terminal = asRecord(container.answer.Config)?.Tty === true;
  try {
    yield* terminal ? rawOutput(answer) : framedOutput(answer, options);
  } catch (error) {
    if (options.signal?.aborted) throw cancelled(options.signal);
    if (isObjDockerError(error)) throw error;
    throw new ObjDockerError(
      'ENGINE_UNREACHABLE',
      `the connection to ${engine.description} was lost while it sent the logs of container "${container.name}"`,
      {
        hint: 'What was printed so far is right, and the rest is missing: look at the engine, then read them again.',
        cause: error,
      },
    );
  } finally {
    answer.destroy();
  }
}

async function openLogs(engine: Engine, container: FoundContainer, options: ReadLogsOptions): Promise<IncomingMessage> {
  const { follow = false, timestamps = false, since, tail, signal } = options;
  const query = new URLSearchParams({ stdout: '1', stderr: '1' });
  if (follow) query.set('follow', '1');
  if (timestamps) query.set('timestamps', '1');
  if (since !== undefined) query.set('since', (Math.max(since.getTime(), 0) / 1000).toFixed(3));
  if (tail !== undefined) query.set('tail', String(tail));
  const path = containerPath(engine, container.id, `/logs?${query}`);
  try {
    const ask = () => engine.http.send(path, { signal, apart: true });
    return await askEngine(engine, ask, { signal, expected: [404, 500, 501] });
  } catch (error) {
    if (!(error instanceof EngineHttpError)) throw error;
    if (error.status === 404) throw goneMeanwhile(container);
    if (/does not support reading/i.test(error.message)) throw unavailable(container, error);
    throw await engine.explain(error);
  }
}

function unavailable({ name, answer }: FoundContainer, cause: unknown): ObjDockerError {
  const driver = asText(asRecord(asRecord(answer.HostConfig)?.LogConfig)?.Type) ?? 'unknown';
  return new ObjDockerError(
    'INSTANCE_LOGS_UNAVAILABLE',
    `the engine keeps no logs of container "${name}": its logging driver is ${driver}`,
    {
      hint:
        driver === 'none'
          ? 'Make the container with another one: --log-driver local'
          : 'Look where that driver sends them, or make the container with another one: --log-driver local',
      details: { name, driver },
      cause,
    },
  );
}

async function* rawOutput(answer: IncomingMessage): AsyncGenerator<OutputChunk> {
  for await (const data of answer) yield { stream: 'stdout', data };
}

async function* framedOutput(
  answer: IncomingMessage,
  { timestamps = false }: ReadLogsOptions,
): AsyncGenerator<OutputChunk> {
  const frames = new FrameReader();
  const withLineTimes = createLineTimes();
  for await (const bytes of answer) {
    for (const piece of frames.read(bytes))
      yield timestamps ? withLineTimes(piece) : { stream: piece.stream, data: piece.data };
  }
  if (!frames.complete) throw new Error('the logs end in the middle of a frame');
}
