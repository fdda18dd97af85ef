import { Agent, type IncomingMessage, request as sendRequest } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { asRecord, asText, parseJson, parseObject } from '../../lib/json.ts';
import { cancelled, expectListeners, throwIfCancelled } from '../../lib/operation.ts';
import type { Dial } from './dial.ts';

export interface EngineRequest {
  readonly method?: 'GET' | 'POST' | 'DELETE' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  /**
   * Until the answer begins, and for `json` and `list` until it ends, in milliseconds, from when a connection is free for it.
   * @default a minute for `json`, `list` and `upgrade`; none for `send`, whose work may take as long as it likes
   */
  readonly timeoutMs?: number | undefined;
  /** A connection of its own, for an answer that may take for ever: it keeps none of the shared ones from others. */
  readonly apart?: boolean | undefined;
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
 * How long a question may take. An engine with thousands of containers on a busy machine needs some seconds, one whose machine
 * is reached by ssh up to half a minute to log in; who has not answered by then hangs.
 */
const QUESTION_MS = 60_000;

/** HTTP to an engine over whatever `dial` connects, with kept-alive connections that let the process end: docs/adr/0009. */
export interface EngineHttp {
  /** @throws {EngineHttpError} for an error status, {@link EngineTimeout}, or the network's own error. */
  send(path: string, request?: EngineRequest): Promise<IncomingMessage>;
  json(path: string, request?: EngineRequest): Promise<Readonly<Record<string, unknown>>>;
  /** As `json`, for an answer that is an array. */
  list(path: string, request?: EngineRequest): Promise<readonly unknown[]>;
  /**
   * Sends a POST that turns the connection into a raw one, in both directions. The caller ends or destroys the connection; an
   * aborted signal does so only until it is there.
   */
  upgrade(path: string, request?: Omit<EngineRequest, 'method'>): Promise<Duplex>;
  /** Ends the connections: those in use when their answers have ended. */
  close(): void;
}

class DialingAgent extends Agent {
  readonly #dial: Dial;
  #closed = false;

  constructor(dial: Dial) {
    super({ keepAlive: true, maxSockets: 16 });
    this.#dial = dial;
  }

  override createConnection(): Duplex {
    return this.#dial();
  }

  // What it returns is whether to keep the connection, though its type does not say so.
  override keepSocketAlive(socket: Duplex): unknown {
    return this.#closed ? false : super.keepSocketAlive(socket);
  }

  /** Unlike `destroy` it lets requests under way end. */
  close(): void {
    this.#closed = true;
    for (const sockets of Object.values(this.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  }
}

/** Has the machine notice when the other one is gone: a connection may wait for output for hours. */
function keptAlive(dial: Dial): Dial {
  return () => {
    const connection = dial();
    if (connection instanceof Socket) connection.once('connect', () => connection.setKeepAlive(true, 30_000));
    return connection;
  };
}

/** Makes an {@link EngineHttp}; it connects with the first request. */
export function createEngineHttp(endpointDial: Dial, questionMs = QUESTION_MS): EngineHttp {
  const dial = keptAlive(endpointDial);
  const agent = new DialingAgent(dial);
  const send = async (path: string, request: EngineRequest = {}): Promise<IncomingMessage> => {
    const { answer, connection } = await open(agent, dial, path, request);
    if (answer === undefined) {
      connection.destroy();
      throw new EngineHttpError(101, 'switched protocols unasked');
    }
    const status = answer.statusCode ?? 0;
    if (status >= 400) throw await refusal(answer);
    return answer;
  };
  const read = async (path: string, request: EngineRequest = {}): Promise<string> => {
    const timeoutMs = request.timeoutMs ?? questionMs;
    return readWithin(timeoutMs, await send(path, { ...request, timeoutMs }));
  };
  return {
    send,
    async json(path, request) {
      const body = await read(path, request);
      const value = parseObject(body);
      if (value === undefined) throw new EngineHttpError(200, `not a JSON object: ${body.slice(0, 200)}`);
      return value;
    },
    async list(path, request) {
      const body = await read(path, request);
      const value = parseJson(body);
      if (!Array.isArray(value)) throw new EngineHttpError(200, `not a JSON array: ${body.slice(0, 200)}`);
      return value;
    },
    async upgrade(path, request) {
      const headers = { connection: 'Upgrade', upgrade: 'tcp', ...request?.headers };
      const timeoutMs = request?.timeoutMs ?? questionMs;
      const { answer, connection } = await open(agent, dial, path, { ...request, timeoutMs, method: 'POST', headers });
      if (connection !== undefined) return connection;
      const { status, message } = await refusal(answer);
      throw new EngineHttpError(status, message || 'the connection was not handed over');
    },
    close: () => agent.close(),
  };
}

type Opened =
  | { readonly answer: IncomingMessage; readonly connection?: undefined }
  | { readonly answer?: undefined; readonly connection: Duplex };

/** The answer, or the raw connection when the engine switches to that. */
function open(agent: Agent, dial: Dial, path: string, request: EngineRequest): Promise<Opened> {
  const { method = 'GET', signal, timeoutMs } = request;
  throwIfCancelled(signal);
  expectListeners(signal);
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  return new Promise((resolve, reject) => {
    const outgoing = sendRequest({
      ...(request.apart ? { createConnection: dial } : { agent }),
      path,
      method,
      headers: {
        // The address was dialled already; engines want some Host header and look at none.
        host: 'docker',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(method === 'POST' ? { 'content-length': String(Buffer.byteLength(body ?? '')) } : {}),
        ...request.headers,
      },
      ...(signal === undefined ? {} : { signal }),
    });
    let timer: NodeJS.Timeout | undefined;
    if (timeoutMs !== undefined) {
      outgoing.on('socket', () => {
        timer = setTimeout(() => outgoing.destroy(tooLate(timeoutMs)), timeoutMs);
      });
    }
    outgoing.on('error', (error) => {
      clearTimeout(timer);
      if (signal?.aborted) reject(cancelled(signal));
      // A kept connection that the engine closed, or that died with it, says so only now. Asking again changes nothing.
      else if (outgoing.reusedSocket && method === 'GET' && isBrokenOff(error)) {
        open(agent, dial, path, { ...request, apart: true }).then(resolve, reject);
      } else reject(error);
    });
    outgoing.on('response', (answer) => {
      clearTimeout(timer);
      resolve({ answer });
    });
    outgoing.on('upgrade', (_answer, connection, head) => {
      clearTimeout(timer);
      if (head.length > 0) connection.unshift(head);
      resolve({ connection });
    });
    outgoing.end(body);
  });
}

async function readWithin(timeoutMs: number, answer: IncomingMessage): Promise<string> {
  const timer = setTimeout(() => answer.destroy(tooLate(timeoutMs)), timeoutMs);
  return text(answer).finally(() => clearTimeout(timer));
}

async function refusal(answer: IncomingMessage): Promise<EngineHttpError> {
  const body = await readWithin(QUESTION_MS, answer).catch(() => '');
  return new EngineHttpError(answer.statusCode ?? 0, messageOf(body));
}

function isBrokenOff(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

function tooLate(timeoutMs: number): EngineTimeout {
  return new EngineTimeout(`no answer within ${timeoutMs / 1000} s`);
}

function messageOf(body: string): string {
  return asText(asRecord(parseObject(body))?.message) ?? body.trim().slice(0, 500);
}
