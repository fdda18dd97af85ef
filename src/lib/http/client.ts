import { createSecureContext } from 'node:tls';
import type { buildConnector, Dispatcher, Pool } from 'undici';
import { parseJson } from '../json.ts';
import { createLimit } from '../limit.ts';
import { cancelled, throwIfCancelled } from '../operation.ts';
import type { EnvironmentVariables } from '../process/exec.ts';
import { classifyNetworkError, HttpFailure } from './failure.ts';
import { proxyFor } from './proxy.ts';
import { trustedAuthorities } from './trust.ts';

export interface HttpClientOptions {
  /** May set proxies and certificate bundles: HTTP_PROXY, HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE. */
  readonly env: EnvironmentVariables;
  /** An additional certificate authority to trust, as PEM text. */
  readonly ca?: string | undefined;
  /** Accepts any certificate. @default false */
  readonly insecureSkipVerify?: boolean | undefined;
  /** @default 'objdocker' */
  readonly userAgent?: string | undefined;
}

export interface HttpRequest {
  /** @default 'GET' */
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
  /** From the moment that the request is sent until the last byte of the response, in milliseconds. @default 30000 */
  readonly timeoutMs?: number | undefined;
  /** A longer response fails with kind `too-large`. @default 64 MiB */
  readonly maxBodyBytes?: number | undefined;
  /**
   * Called with each chunk of the body of a 200, when the body is too long to keep. `body` is empty then. A chunk is valid only
   * during the call.
   */
  readonly onBody?: ((chunk: Uint8Array) => void) | undefined;
}

export interface HttpResponse {
  readonly url: URL;
  readonly status: number;
  /** Names in lower case; the values of a repeated header are joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  text(): string;
  /** The body as JSON, undefined for other content: a proxy's error page is HTML. */
  json(): unknown;
}

/**
 * A pool of kept-alive connections. At most 8 requests are in flight at once; others wait for their turn. Keeps no cookies and
 * follows no redirects: credentials go only where the caller sends them.
 */
export interface HttpClient {
  /**
   * Sends a request and reads the whole response, whatever its status.
   *
   * @throws {HttpFailure} when there is no response.
   * @throws {ObjDockerError} CANCELLED when the signal is aborted.
   */
  request(url: string | URL, request?: HttpRequest): Promise<HttpResponse>;
  close(): Promise<void>;
}

const MOST_IN_FLIGHT = 8;
const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_MAX_BODY_BYTES = 64 * 1024 * 1024;

/** Makes an {@link HttpClient}. It opens no connection and reads no file before the first request. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const dispatchers = new Map<string, Promise<Dispatcher>>();
  const userAgent = options.userAgent ?? 'objdocker';
  const limit = createLimit(MOST_IN_FLIGHT);

  const dispatcherFor = (url: URL): Promise<Dispatcher> => {
    const proxy = proxyFor(url, options.env);
    const key = `${url.protocol} ${proxy ?? ''}`;
    const known = dispatchers.get(key) ?? createDispatcher(url, proxy, options);
    dispatchers.set(key, known);
    return known;
  };

  const send = async (url: URL, request: HttpRequest): Promise<HttpResponse> => {
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), request.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const signal = request.signal === undefined ? deadline.signal : AbortSignal.any([request.signal, deadline.signal]);
    try {
      const dispatcher = await dispatcherFor(url);
      const response = await dispatcher.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: request.method ?? 'GET',
        headers: { 'user-agent': userAgent, ...request.headers },
        body: request.body ?? null,
        signal,
      });
      const body = await readBody(response.body, url.origin, {
        limit: request.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES,
        onBody: response.statusCode === 200 ? request.onBody : undefined,
      });
      return createResponse(url, response.statusCode, response.headers, body);
    } catch (error) {
      if (request.signal?.aborted) throw cancelled(request.signal);
      if (error instanceof HttpFailure) throw error;
      if (deadline.signal.aborted) throw new HttpFailure('timeout', url.origin, { cause: error });
      const { kind, certificate, reason } = classifyNetworkError(error);
      const proxied = proxyFor(url, options.env) !== undefined && kind !== 'certificate' && kind !== 'timeout';
      throw new HttpFailure(proxied ? 'proxy' : kind, url.origin, { certificate, reason, cause: error });
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    async request(target, request = {}) {
      const url = new URL(target);
      throwIfCancelled(request.signal);
      return await limit(() => send(url, request), request.signal);
    },
    async close() {
      await Promise.all([...dispatchers.values()].map(async (dispatcher) => (await dispatcher).destroy()));
      dispatchers.clear();
    },
  };
}

async function createDispatcher(url: URL, proxy: string | undefined, options: HttpClientOptions): Promise<Dispatcher> {
  // Loaded with the first request: loading takes as long as starting Node, and most commands use no registry.
  const { Agent, Pool, ProxyAgent } = await import('./agents.ts');
  const tls = url.protocol === 'https:' ? await tlsOptions(options) : {};
  if (proxy === undefined) return new Agent({ connect: { ...tls, timeout: DEFAULT_TIMEOUT_MS } });
  const factory = (origin: string | URL, pool: Pool.Options) =>
    new Pool(origin, { ...pool, ...(typeof pool.connect === 'function' ? { connect: endingWith(pool.connect) } : {}) });
  return new ProxyAgent({ uri: proxy, proxyTunnel: false, requestTls: tls, factory });
}

/** A tunnel that the proxy closes is a failure. undici takes it for a socket to be replaced, and would connect without end. */
function endingWith(connect: buildConnector.connector): buildConnector.connector {
  return (options, callback) =>
    connect(options, (...result) => {
      const [error] = result;
      if (error === null || !('code' in error) || error.code !== 'UND_ERR_SOCKET') callback(...result);
      else callback(Object.assign(new Error(error.message), { code: 'ECONNRESET' }), null);
    });
}

async function tlsOptions({ env, ca, insecureSkipVerify }: HttpClientOptions): Promise<buildConnector.BuildOptions> {
  // Made once: reading all authorities for each connection takes a tenth of a second.
  const secureContext = createSecureContext({ ca: await trustedAuthorities(env, ca) });
  return { secureContext, rejectUnauthorized: insecureSkipVerify !== true };
}

async function readBody(
  body: AsyncIterable<Uint8Array>,
  origin: string,
  { limit, onBody }: { readonly limit: number; readonly onBody: HttpRequest['onBody'] },
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const take = onBody ?? ((chunk) => void chunks.push(chunk));
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > limit) throw new HttpFailure('too-large', origin, { reason: `more than ${limit} bytes` });
    take(chunk);
  }
  return Buffer.concat(chunks);
}

function createResponse(
  url: URL,
  status: number,
  rawHeaders: Readonly<Record<string, string | string[] | undefined>>,
  body: Uint8Array,
): HttpResponse {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(rawHeaders)) {
    if (value !== undefined) headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  const text = () => Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  return {
    url,
    status,
    headers,
    body,
    text,
    json: () => parseJson(text()),
  };
}
