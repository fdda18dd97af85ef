import { Agent, type IncomingMessage, request as sendRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { asRecord, asText, parseObject } from '../lib/json.ts';
import { cancelled, throwIfCancelled } from '../lib/operation.ts';
import type { Dial } from './dial.ts';

export interface EngineRequest {
  readonly method?: 'GET' | 'POST' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Until the answer begins, and for `json` until it ends, in milliseconds. */
  readonly timeoutMs?: number | undefined;
}

/** The engine answered with an error status. */
export class EngineHttpError extends Error {
  override readonly name = 'EngineHttpError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The engine did not answer in time. */
export class EngineTimeout extends Error {
  override readonly name = 'EngineTimeout';
}

/**
 * HTTP to an engine over whatever `dial` connects, with kept-alive connections that let the process end.
 *
 * Pings, pushes and the like go through here rather than through dockerode, which takes 100 ms to load and, under
 * `DEBUG=modem`, prints the X-Registry-Auth header. dockerode is given the same agent where its breadth is worth that.
 */
export interface EngineHttp {
  readonly agent: Agent;
  /** @throws {EngineHttpError} for an error status, {@link EngineTimeout}, or the network's own error. */
  send(path: string, request?: EngineRequest): Promise<IncomingMessage>;
  json(path: string, request?: EngineRequest): Promise<Readonly<Record<string, unknown>>>;
  close(): void;
}

class DialingAgent extends Agent {
  readonly #dial: Dial;

  constructor(dial: Dial) {
    super({ keepAlive: true, maxSockets: 16 });
    this.#dial = dial;
  }

  override createConnection(): Duplex {
    return this.#dial();
  }
}

/** Makes an {@link EngineHttp}; it connects with the first request. */
export function createEngineHttp(dial: Dial): EngineHttp {
  const agent = new DialingAgent(dial);
  const send = async (path: string, request: EngineRequest = {}): Promise<IncomingMessage> => {
    const answer = await open(agent, path, request);
    const status = answer.statusCode ?? 0;
    if (status >= 400) throw new EngineHttpError(status, messageOf(await text(answer).catch(() => '')));
    return answer;
  };
  return {
    agent,
    send,
    async json(path, request) {
      const answer = await send(path, request);
      const body = await withDeadline(answer, request?.timeoutMs, () => text(answer));
      const value = parseObject(body);
      if (value === undefined) throw new EngineHttpError(200, `not a JSON object: ${body.slice(0, 200)}`);
      return value;
    },
    close: () => agent.destroy(),
  };
}

function open(agent: Agent, path: string, request: EngineRequest): Promise<IncomingMessage> {
  const { signal, timeoutMs } = request;
  throwIfCancelled(signal);
  return new Promise((resolve, reject) => {
    const outgoing = sendRequest({
      agent,
      path,
      method: request.method ?? 'GET',
      // The address was dialled already; engines want some Host header and look at none.
      headers: { host: 'docker', ...request.headers, ...(request.method === 'POST' ? { 'content-length': '0' } : {}) },
      ...(signal === undefined ? {} : { signal }),
    });
    const timer =
      timeoutMs === undefined ? undefined : setTimeout(() => outgoing.destroy(tooLate(timeoutMs)), timeoutMs);
    outgoing.on('error', (error) => {
      clearTimeout(timer);
      reject(signal?.aborted ? cancelled(signal) : error);
    });
    outgoing.on('response', (answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
    outgoing.end();
  });
}

async function withDeadline<Result>(
  answer: IncomingMessage,
  timeoutMs: number | undefined,
  read: () => Promise<Result>,
): Promise<Result> {
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => answer.destroy(tooLate(timeoutMs)), timeoutMs);
  return read().finally(() => clearTimeout(timer));
}

function tooLate(timeoutMs: number): EngineTimeout {
  return new EngineTimeout(`no answer within ${timeoutMs / 1000} s`);
}

function messageOf(body: string): string {
  return asText(asRecord(parseObject(body))?.message) ?? body.trim().slice(0, 500);
}

/** The JSON objects of a stream that holds one a line, as the engine's long answers do. */
export async function* readJsonLines(
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<Readonly<Record<string, unknown>>> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield* objectsOf(line);
  }
  yield* objectsOf(rest + decoder.decode());
}

function* objectsOf(line: string): Generator<Readonly<Record<string, unknown>>> {
  const value = line.trim() === '' ? undefined : parseObject(line);
  if (value !== undefined) yield value;
}
