import type { IncomingMessage } from 'node:http';
import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import { asRecord, asText } from '../../lib/json.ts';
import { cancelled } from '../../lib/operation.ts';
import type { OutputChunk } from '../../model/instance.ts';
import type { ReadLogsOptions } from '../../substrate/obj-substrate.ts';
import type { Engine } from '../connection/engine.ts';
import { EngineHttpError } from '../connection/http.ts';
import { containerPath, requestEngine } from '../connection/request.ts';
import { type FramePiece, FrameReader } from '../exec/frames.ts';
import { containerDeleted, type FoundContainer, findContainer } from './find.ts';

/** Reads the output that the engine kept of a container. */
export async function* readContainerLogs(
  engine: Engine,
  name: string,
  options: ReadLogsOptions,
): AsyncGenerator<OutputChunk, void, void> {
  const container = await findContainer(engine, name, options);
  const response = await openLogs(engine, container, options);
  const terminal = asRecord(container.inspected.Config)?.Tty === true;
  try {
    yield* terminal ? rawOutput(response) : framedOutput(response, options);
  } catch (error) {
    if (options.signal?.aborted) throw cancelled(options.signal);
    if (isObjDockerError(error)) throw error;
    throw new ObjDockerError(
      'ENGINE_UNREACHABLE',
      `the connection to ${engine.description} was lost while it sent the logs of container "${container.name}"`,
      {
        hint: 'The output so far is right; the rest is missing. Check the engine, then read the logs again.',
        cause: error,
      },
    );
  } finally {
    response.destroy();
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
    const send = () => engine.http.send(path, { signal, ownConnection: true });
    return await requestEngine(engine, send, { signal, expected: [404, 500, 501] });
  } catch (error) {
    if (!(error instanceof EngineHttpError)) throw error;
    if (error.status === 404) throw containerDeleted(container);
    if (/does not support reading/i.test(error.message)) throw unavailable(container, error);
    throw await engine.explain(error);
  }
}

function unavailable({ name, inspected }: FoundContainer, cause: unknown): ObjDockerError {
  const driver = asText(asRecord(asRecord(inspected.HostConfig)?.LogConfig)?.Type) ?? 'unknown';
  return new ObjDockerError(
    'INSTANCE_LOGS_UNAVAILABLE',
    `the engine keeps no logs of container "${name}": its logging driver is ${driver}`,
    {
      hint:
        driver === 'none'
          ? 'Recreate the container with another one: --log-driver local'
          : 'Look where that driver sends them, or recreate the container with another one: --log-driver local',
      details: { name, driver },
      cause,
    },
  );
}

async function* rawOutput(response: IncomingMessage): AsyncGenerator<OutputChunk> {
  for await (const data of response) yield { stream: 'stdout', data };
}

async function* framedOutput(
  response: IncomingMessage,
  { timestamps = false }: ReadLogsOptions,
): AsyncGenerator<OutputChunk> {
  const frames = new FrameReader();
  const withLineTimes = createLineTimes();
  for await (const bytes of response) {
    for (const piece of frames.read(bytes))
      yield timestamps ? withLineTimes(piece) : { stream: piece.stream, data: piece.data };
  }
  if (!frames.complete) throw new Error('the logs end in the middle of a frame');
}

/** The engine stores a longer line in pieces of this size, each with its own time (moby, `daemon/logger/copier.go`). */
const PIECE_BYTES = 16 * 1024;
const NEWLINE = 0x0a;
const SPACE = 0x20;

interface StreamState {
  /** The next bytes start a frame. */
  isStart: boolean;
  /** The next bytes belong to the frame's time; `drop` says whether to remove it. */
  inTime: boolean;
  drop: boolean;
  bodyBytes: number;
  lastByte: number;
}

/** Removes the times that the engine puts into the middle of long lines, so that each line has one time. */
export function createLineTimes(): (piece: FramePiece) => OutputChunk {
  const start = (): StreamState => ({ isStart: true, inTime: true, drop: false, bodyBytes: 0, lastByte: NEWLINE });
  const states = { stdout: start(), stderr: start() };
  return ({ stream, data, last }) => {
    const state = states[stream];
    if (state.isStart) {
      // A shorter frame without a newline is the unfinished last line of a run of the container.
      state.drop = state.bodyBytes >= PIECE_BYTES && state.lastByte !== NEWLINE;
      state.inTime = true;
      state.bodyBytes = 0;
    }
    state.isStart = last;
    const space = state.inTime ? data.indexOf(SPACE) : -1;
    const timeBytes = !state.inTime ? 0 : space === -1 ? data.length : space + 1;
    if (space !== -1) state.inTime = false;
    state.bodyBytes += data.length - timeBytes;
    state.lastByte = data.at(-1) ?? state.lastByte;
    return { stream, data: state.drop ? data.subarray(timeBytes) : data };
  };
}
