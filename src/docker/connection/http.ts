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
   * Deadline of the response headers, and for `json` and `list` also of the body, in milliseconds from when a connection is free.
   * @default a minute for `json`, `list` and `upgrade`; none for `send`, whose work may take any time
   */
  readonly timeoutMs?: number | undefined;
  /** Use a connection outside the shared pool, for a response that may never end. */
  readonly ownConnection?: boolean | undefined;
}

/** The engine responded with an error status. */
export class EngineHttpError extends Error {
  override readonly name = 'EngineHttpError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The engine did not respond before the deadline. */
export class EngineTimeout extends Error {
  override readonly name = 'EngineTimeout';
}

/**
 * Default deadline. An engine with thousands of containers on a busy machine needs some seconds; an ssh login may take half a
 * minute.
 */
const DEFAULT_TIMEOUT_MS = 60_000;

/** An HTTP client for an engine. Keeps connections alive, but they do not keep the process alive: docs/adr/0009. */
export interface EngineHttp {
  /** @throws {EngineHttpError} for an error status, {@link EngineTimeout}, or the network's own error. */
  send(path: string, request?: EngineRequest): Promise<IncomingMessage>;
  json(path: string, request?: EngineRequest): Promise<Readonly<Record<string, unknown>>>;
  /** Like `json`, for a response that is an array. */
  list(path: string, request?: EngineRequest): Promise<readonly unknown[]>;
  /**
   * Sends a POST that upgrades the connection to a raw stream. The signal aborts only the upgrade; afterwards the caller ends or
   * destroys the connection.
   */
  upgrade(path: string, request?: Omit<EngineRequest, 'method'>): Promise<Duplex>;
  /** Closes idle connections now, and those in use after their responses. */
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

  // The return value decides whether the connection is kept, although its declared type is void.
  override keepSocketAlive(socket: Duplex): unknown {
    return this.#closed ? false : super.keepSocketAlive(socket);
  }

  /** Unlike `destroy`, lets running requests finish. */
  close(): void {
    this.#closed = true;
    for (const sockets of Object.values(this.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  }
}

/** Turns TCP keep-alive on, to notice a dead engine: a connection may wait for output for hours. */
function keptAlive(dial: Dial): Dial {
  return () => {
    const connection = dial();
    if (connection instanceof Socket) connection.once('connect', () => connection.setKeepAlive(true, 30_000));
    return connection;
  };
}

/** Makes an {@link EngineHttp}. It connects at the first request. */
export function createEngineHttp(endpointDial: Dial, defaultTimeoutMs = DEFAULT_TIMEOUT_MS): EngineHttp {
  const dial = keptAlive(endpointDial);
  const agent = new DialingAgent(dial);
  const send = async (path: string, request: EngineRequest = {}): Promise<IncomingMessage> => {
    const { response, connection } = await open(agent, dial, path, request);
    if (response === undefined) {
      connection.destroy();
      throw new EngineHttpError(101, 'the engine switched protocols without a request for it');
    }
    const status = response.statusCode ?? 0;
    if (status >= 400) throw await readError(response);
    return response;
  };
  const read = async (path: string, request: EngineRequest = {}): Promise<string> => {
    const timeoutMs = request.timeoutMs ?? defaultTimeoutMs;
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
      const timeoutMs = request?.timeoutMs ?? defaultTimeoutMs;
      const { response, connection } = await open(agent, dial, path, {
        ...request,
        timeoutMs,
        method: 'POST',
        headers,
      });
      if (connection !== undefined) return connection;
      const { status, message } = await readError(response);
      throw new EngineHttpError(status, message || 'the connection was not upgraded');
    },
    close: () => agent.close(),
  };
}

type Opened =
  | { readonly response: IncomingMessage; readonly connection?: undefined }
  | { readonly response?: undefined; readonly connection: Duplex };

/** Returns the response, or the raw connection after an upgrade. */
function open(agent: Agent, dial: Dial, path: string, request: EngineRequest): Promise<Opened> {
  const { method = 'GET', signal, timeoutMs } = request;
  throwIfCancelled(signal);
  expectListeners(signal);
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  return new Promise((resolve, reject) => {
    const outgoing = sendRequest({
      ...(request.ownConnection ? { createConnection: dial } : { agent }),
      path,
      method,
      headers: {
        // Engines require a Host header and ignore its value.
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
        timer = setTimeout(() => outgoing.destroy(timeoutError(timeoutMs)), timeoutMs);
      });
    }
    outgoing.on('error', (error) => {
      clearTimeout(timer);
      if (signal?.aborted) reject(cancelled(signal));
      // A kept-alive connection that the engine closed fails only now. A GET can be repeated.
      else if (outgoing.reusedSocket && method === 'GET' && isDisconnect(error)) {
        open(agent, dial, path, { ...request, ownConnection: true }).then(resolve, reject);
      } else reject(error);
    });
    outgoing.on('response', (response) => {
      clearTimeout(timer);
      resolve({ response });
    });
    outgoing.on('upgrade', (_response, connection, head) => {
      clearTimeout(timer);
      if (head.length > 0) connection.unshift(head);
      resolve({ connection });
    });
    outgoing.end(body);
  });
}

async function readWithin(timeoutMs: number, response: IncomingMessage): Promise<string> {
  const timer = setTimeout(() => response.destroy(timeoutError(timeoutMs)), timeoutMs);
  return text(response).finally(() => clearTimeout(timer));
}

async function readError(response: IncomingMessage): Promise<EngineHttpError> {
  const body = await readWithin(DEFAULT_TIMEOUT_MS, response).catch(() => '');
  return new EngineHttpError(response.statusCode ?? 0, messageOf(body));
}

function isDisconnect(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

function timeoutError(timeoutMs: number): EngineTimeout {
  return new EngineTimeout(`no response within ${timeoutMs / 1000} s`);
}

function messageOf(body: string): string {
  return asText(asRecord(parseObject(body))?.message) ?? body.trim().slice(0, 500);
}
