import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApi } from './api/routes.ts';
import { type HarborVersion, rulesOf } from './api/version.ts';
import { requireCsrfToken } from './auth/csrf.ts';
import { Keys } from './auth/keys.ts';
import { Sessions } from './auth/sessions.ts';
import { CONTROL, createControl } from './control/control.ts';
import { injectFailure } from './control/failures.ts';
import { resumeGc } from './gc/gc.ts';
import { serveWith } from './http/adapter.ts';
import { notFound, readOnly } from './http/errors.ts';
import { isLockedOut, needsCsrfToken, sendBadGateway, sendError, setCommonHeaders } from './http/headers.ts';
import { handleRegistry } from './registry/proxy.ts';
import { Registry } from './registry/registry.ts';
import { Findings } from './scan/findings.ts';
import { resumeScans } from './scan/jobs.ts';
import { type Credentials, setUp } from './seed.ts';
import type { Harbor, SeenRequest, Timings } from './store/harbor.ts';
import { Store } from './store/store.ts';

export interface HarborOptions {
  /** The folder for its state and its images. */
  readonly folder: string;
  /** The path of Debian's docker-registry. */
  readonly registryProgram: string;
  /** The socket of the backing registry, at most 107 characters. @default `registry.sock` in the folder */
  readonly registrySocket?: string | undefined;
  readonly credentials: Credentials;
  /** @default '2.15' */
  readonly version?: HarborVersion | undefined;
  /** 0 picks a free port. @default 0 */
  readonly port?: number | undefined;
  readonly timings?: Partial<Timings> | undefined;
  /** PEM texts. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  /** Writes the state before each response, so that it survives SIGKILL. @default false */
  readonly durable?: boolean | undefined;
  /** Creates a scanner, a project and accounts on a new server. @default true */
  readonly demo?: boolean | undefined;
}

export interface RunningHarbor {
  /** `http://localhost:PORT` */
  readonly url: string;
  readonly port: number;
  /** Starts the backing registry now instead of with the first request for an image. */
  warmUp(): Promise<void>;
  stop(): Promise<void>;
}

const DEFAULT_TIMINGS: Timings = {
  latency: 0,
  scanTime: 2000,
  gcTime: 1000,
  gcLag: 1000,
  gcWindow: 2,
  loginDelay: 1500,
  passwordCost: 0,
  healthLag: 0,
  clockSkew: 0,
  databaseAge: 3_600_000,
};

/** How many requests `GET /traffic` reports. */
const RECENT = 5000;

/** A request with this header is neither counted nor delayed, and no planned failure affects it. */
const OBSERVER = 'x-sandbox-observer';

/** Starts a server on loopback that responds as Harbor does. */
export async function startHarbor(options: HarborOptions): Promise<RunningHarbor> {
  const closing = new AbortController();
  const keys = new Keys(options.folder);
  const store = new Store(options.folder, { durable: options.durable });
  const registry = new Registry(
    options.folder,
    options.registryProgram,
    options.registrySocket ?? join(options.folder, 'registry.sock'),
    keys,
  );
  const harbor: Harbor = {
    rules: rulesOf(options.version ?? '2.15'),
    store,
    keys,
    registry,
    findings: new Findings(registry),
    sessions: new Sessions(),
    timings: { ...DEFAULT_TIMINGS, ...options.timings },
    down: new Set(),
    shownDown: new Set(),
    failures: [],
    traffic: { requests: 0, passwords: 0, inFlight: 0, maxInFlight: 0, recent: [] },
    url: '',
    closing: closing.signal,
    now: () => new Date(Date.now() + harbor.timings.clockSkew),
  };
  const listener = createListener(harbor);
  const server = options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener);
  // The same value as nginx, so that clients can reuse idle connections.
  server.keepAliveTimeout = 75_000;
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
  harbor.url = `${options.tls === undefined ? 'http' : 'https'}://localhost:${port}`;
  setUp(harbor, options.credentials, { demo: options.demo ?? true });
  resumeScans(harbor);
  resumeGc(harbor);
  return {
    url: harbor.url,
    port,
    warmUp: () => registry.ready(),
    async stop() {
      closing.abort();
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
      await registry.stop();
      await store.close();
    },
  };
}

function createListener(harbor: Harbor): RequestListener {
  const api = serveWith(createApi(harbor));
  const control = serveWith(createControl(harbor));
  return (request, response) => {
    const url = request.url ?? '/';
    if (url.startsWith(`${CONTROL}/`)) return void control(request, response);
    if (request.headers[OBSERVER] !== undefined) {
      setCommonHeaders(harbor, request, response);
      return void api(request, response);
    }
    const seen = countTraffic(harbor, request, response);
    handle(harbor, seen, { request, response, api }).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else sendError(response, error);
    });
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly api: RequestListener;
}

async function handle(harbor: Harbor, seen: SeenRequest, { request, response, api }: Exchange): Promise<void> {
  if (harbor.timings.latency > 0)
    await sleep(harbor.timings.latency, undefined, { signal: harbor.closing }).catch(() => {});
  if (harbor.down.has('core')) return sendBadGateway(response);
  setCommonHeaders(harbor, request, response);
  if (await injectFailure(harbor, seen, request, response)) return;
  if (isLockedOut(harbor, request)) {
    response.removeHeader('Set-Cookie');
    throw readOnly();
  }
  const [path = '/', ...query] = (request.url ?? '/').split('?');
  if (path === '/v2' || path.startsWith('/v2/')) return handleRegistry(harbor, request, response);
  if (needsCsrfToken(request) && !path.startsWith('/service/')) requireCsrfToken(harbor, request);
  // The proxy in front of Harbor decodes %2F once, so the path has no route.
  if (/%2f/i.test(path)) throw notFound(`path ${path.replace(/%2f/gi, '/')} was not found`);
  request.url = [path.replace(/\/{2,}/g, '/'), ...query].join('?');
  api(request, response);
}

function countTraffic(harbor: Harbor, request: IncomingMessage, response: ServerResponse): SeenRequest {
  const { traffic } = harbor;
  traffic.requests += 1;
  traffic.inFlight += 1;
  traffic.maxInFlight = Math.max(traffic.maxInFlight, traffic.inFlight);
  const seen: SeenRequest = { method: request.method ?? '', path: request.url ?? '', status: 0 };
  traffic.recent.push(seen);
  if (traffic.recent.length > RECENT) traffic.recent.shift();
  response.on('close', () => {
    traffic.inFlight -= 1;
    seen.status = response.statusCode;
  });
  return seen;
}
