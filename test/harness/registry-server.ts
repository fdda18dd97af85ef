import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { readRecording } from './recordings.ts';
import type { TlsFiles } from './tls-certificates.ts';

/** A request that a server received. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface TestServer extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:PORT`, or https and `localhost`. */
  readonly origin: string;
  readonly host: string;
  readonly seen: SeenRequest[];
}

export interface TestResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Responds to a request. `origin` is the server's own. */
export type Respond = (request: SeenRequest, origin: string) => TestResponse | Promise<TestResponse>;

/** A real HTTP or, with `tls`, HTTPS server on loopback. */
export async function serve(respond: Respond, tls?: TlsFiles): Promise<TestServer> {
  const seen: SeenRequest[] = [];
  const name = tls === undefined ? '127.0.0.1' : 'localhost';
  let origin = '';
  const listener: RequestListener = async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const request = {
      method: incoming.method ?? '',
      url: incoming.url ?? '',
      headers: incoming.headers,
      body: Buffer.concat(chunks).toString(),
    };
    seen.push(request);
    const { status, headers = {}, body = '' } = await respond(request, origin);
    outgoing.writeHead(status, headers).end(body);
  };
  const server =
    tls === undefined ? createServer(listener) : createTlsServer({ cert: tls.cert, key: tls.key }, listener);
  const listening = await listen(server);
  origin = `${tls === undefined ? 'http' : 'https'}://${name}:${listening.port}`;
  return { ...listening, origin, host: `${name}:${listening.port}`, seen };
}

/** A TCP server on loopback that hands each connection to `handle`. */
export async function serveRaw(handle: (socket: Socket) => void): Promise<TestServer> {
  const listening = await listen(
    createTcpServer((socket) => {
      socket.on('error', () => {});
      handle(socket);
    }),
  );
  return { ...listening, origin: `http://127.0.0.1:${listening.port}`, host: `127.0.0.1:${listening.port}`, seen: [] };
}

async function listen(server: Server | TcpServer): Promise<{ port: number } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Requests and the names of recordings: `GET /api/v2.0/health` → `002-health` of Harbor 2.9, or `2.15/002-health`. */
export type RecordedRoutes = Readonly<Record<string, string | ((request: SeenRequest) => string)>>;

/** The recorded Harbor's address, which is replaced by the server's own. */
const RECORDED_ORIGIN = 'http://127.0.0.1:8085';

/** Serves recorded responses by method and path, and Harbor's 404 for other requests. `realm` replaces the token realm's origin. */
export function recorded(routes: RecordedRoutes, { realm }: { realm?: string } = {}): Respond {
  return (request, origin) => {
    const route = routes[`${request.method} ${request.url.split('?')[0]}`] ?? '008-unknown-api-path';
    const name = typeof route === 'string' ? route : route(request);
    return readRecorded(name, realm ?? origin);
  };
}

/** Headers of the recorded connection, or of a body's length before its origin was replaced. */
const OF_THE_CONNECTION = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'server',
  'transfer-encoding',
]);

function readRecorded(name: string, origin: string): TestResponse {
  const { status, response } = name.startsWith('2.15/')
    ? readRecording(name.slice('2.15/'.length), '2.15')
    : readRecording(name);
  const here = (text: string) => text.replaceAll(RECORDED_ORIGIN, origin);
  const headers = [...response.headers]
    .filter(([header]) => !OF_THE_CONNECTION.has(header))
    .map(([header, value]) => [header, here(value)]);
  return { status, headers: Object.fromEntries(headers), body: here(response.body) };
}

/** The user and password of a request's Basic header, as `user:password`. */
export function basicOf(request: SeenRequest): string | undefined {
  const [scheme, encoded] = (request.headers.authorization ?? '').split(' ');
  return scheme === 'Basic' && encoded !== undefined ? Buffer.from(encoded, 'base64').toString() : undefined;
}
