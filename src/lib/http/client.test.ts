import { afterEach, describe, expect, it, vi } from 'vitest';
import { serve, serveRaw, type TestServer } from '../../../test/harness/registry-server.ts';
import { makeTlsFiles } from '../../../test/harness/tls-certificates.ts';
import { createHttpClient, type HttpClient, type HttpClientOptions } from './client.ts';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

const HOUR_MS = 3_600_000;

function keep<Server extends TestServer>(server: Server): Server {
  open.push(server);
  return server;
}

function client(options: Partial<HttpClientOptions> = {}): HttpClient {
  const http = createHttpClient({ env: {}, ...options });
  open.push({ [Symbol.asyncDispose]: () => http.close() });
  return http;
}

describe('createHttpClient', () => {
  it('sends method, headers and body, and reads the response', async () => {
    const server = keep(
      await serve((request) => ({ status: 201, headers: { 'X-Two': 'b' }, body: `{"got":"${request.body}"}` })),
    );
    const response = await client().request(`${server.origin}/path?q=1`, {
      method: 'POST',
      headers: { 'x-one': 'a' },
      body: 'text',
    });
    expect(response.status).toBe(201);
    expect(response.headers['x-two']).toBe('b');
    expect(response.json()).toEqual({ got: 'text' });
    expect(server.seen[0]).toMatchObject({ method: 'POST', url: '/path?q=1' });
    expect(server.seen[0]?.headers).toMatchObject({ 'x-one': 'a', 'user-agent': 'objdocker' });
  });

  it('keeps no cookies, because Harbor rejects writes with a cookie and Basic authentication', async () => {
    const server = keep(await serve(() => ({ status: 200, headers: { 'set-cookie': 'sid=1; Path=/' } })));
    const http = client();
    await http.request(server.origin);
    await http.request(server.origin);
    expect(server.seen[1]?.headers.cookie).toBeUndefined();
  });

  it('does not follow redirects, so that credentials reach no other host', async () => {
    const server = keep(await serve(() => ({ status: 302, headers: { location: 'http://127.0.0.1:1/' } })));
    const response = await client().request(server.origin, { headers: { authorization: 'Basic x' } });
    expect(response.status).toBe(302);
    expect(server.seen).toHaveLength(1);
  });

  it('returns undefined for a body that is not JSON', async () => {
    const server = keep(await serve(() => ({ status: 502, body: '<html>' })));
    expect((await client().request(server.origin)).json()).toBeUndefined();
  });

  it('reuses a keep-alive connection', async () => {
    const ports = new Set<number | undefined>();
    const server = keep(await serve(() => ({ status: 200 })));
    const http = client();
    for (let i = 0; i < 3; i++) await http.request(server.origin);
    expect(server.seen).toHaveLength(3);
    for (const { headers } of server.seen) ports.add(headers.connection === 'keep-alive' ? 1 : 0);
    expect([...ports]).toEqual([1]);
  });
});

describe('failures', () => {
  it('reports a refused connection', async () => {
    const server = await serve(() => ({ status: 200 }));
    await server[Symbol.asyncDispose]();
    await expect(client().request(server.origin)).rejects.toMatchObject({ kind: 'refused', origin: server.origin });
  });

  it('reports a host name that does not resolve', async () => {
    await expect(client().request('http://no-such-host.invalid/')).rejects.toMatchObject({ kind: 'dns' });
  });

  it('reports a server that closes the connection', async () => {
    const server = keep(await serveRaw((socket) => socket.once('data', () => socket.destroy())));
    await expect(client().request(server.origin)).rejects.toMatchObject({ kind: 'reset' });
  });

  it('reports a server that never responds', async () => {
    const server = keep(await serveRaw((socket) => socket.once('data', () => vi.advanceTimersByTime(HOUR_MS))));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await expect(client().request(server.origin, { timeoutMs: HOUR_MS })).rejects.toMatchObject({ kind: 'timeout' });
  });

  it('applies the deadline to a slow body', async () => {
    const server = keep(await serveRaw((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nsome')));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    // A body of its own length: the request has its status when the first bytes are read.
    const onBody = (): void => void vi.advanceTimersByTime(HOUR_MS);
    const response = client().request(server.origin, { timeoutMs: HOUR_MS, onBody });
    await expect(response).rejects.toMatchObject({ kind: 'timeout' });
  });

  it('rejects a truncated body', async () => {
    const server = keep(
      await serveRaw((socket) =>
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nsome')),
      ),
    );
    await expect(client().request(server.origin)).rejects.toMatchObject({ kind: 'reset' });
  });

  it('reports a response that is not HTTP', async () => {
    const server = keep(await serveRaw((socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n')));
    await expect(client().request(server.origin)).rejects.toMatchObject({ kind: 'not-http' });
  });

  it('stops reading a body that is too large', async () => {
    const server = keep(await serve(() => ({ status: 200, body: 'x'.repeat(5_000) })));
    await expect(client().request(server.origin, { maxBodyBytes: 1_000 })).rejects.toMatchObject({ kind: 'too-large' });
  });

  it('is CANCELLED by the signal, not a failure of the server', async () => {
    const controller = new AbortController();
    const server = keep(await serveRaw((socket) => socket.once('data', () => controller.abort())));
    await expect(client().request(server.origin, { signal: controller.signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });

  it('omits headers and query from the message', async () => {
    const error = await client()
      .request('http://127.0.0.1:1/path?token=s3cret', { headers: { authorization: 'Basic s3cret' } })
      .catch((failure) => failure);
    expect(`${error.message} ${JSON.stringify(error)}`).not.toContain('s3cret');
  });
});

describe('TLS', () => {
  const tls = makeTlsFiles();
  const hello = () => ({ status: 200, body: 'hello' });

  it('rejects an unknown authority, and trusts the given one', async () => {
    const server = keep(await serve(hello, tls));
    await expect(client().request(server.origin)).rejects.toMatchObject({
      kind: 'certificate',
      certificate: 'untrusted',
    });
    expect((await client({ ca: tls.ca }).request(server.origin)).text()).toBe('hello');
    expect((await client({ insecureSkipVerify: true }).request(server.origin)).text()).toBe('hello');
  });

  it('reports an expired certificate', async () => {
    const expired = makeTlsFiles({ days: -1 });
    const server = keep(await serve(hello, expired));
    await expect(client({ ca: expired.ca }).request(server.origin)).rejects.toMatchObject({ certificate: 'expired' });
  });

  it('reports a certificate for another name', async () => {
    const other = makeTlsFiles({ names: 'DNS:other.example' });
    const server = keep(await serve(hello, other));
    await expect(client({ ca: other.ca }).request(server.origin)).rejects.toMatchObject({ certificate: 'wrong-host' });
  });

  it('reports a server that uses plain HTTP', async () => {
    const server = keep(await serve(hello));
    const origin = server.origin.replace('http:', 'https:');
    await expect(client().request(origin)).rejects.toMatchObject({ kind: 'not-tls' });
  });
});

describe('proxies', () => {
  it('sends plain HTTP through the proxy of the environment, in absolute form', async () => {
    const proxy = keep(await serve((request) => ({ status: 200, body: `via ${request.url}` })));
    const http = client({ env: { HTTP_PROXY: proxy.origin } });
    const response = await http.request('http://registry.invalid:5000/v2/');
    expect(response.text()).toBe('via http://registry.invalid:5000/v2/');
  });

  it('reports a proxy that closes each tunnel, and does not connect again and again', async () => {
    let connections = 0;
    const closing = await serveRaw((socket) => {
      connections++;
      socket.destroy();
    });
    const proxy = keep(closing);
    const http = client({ env: { HTTPS_PROXY: proxy.origin } });
    await expect(http.request('https://registry.example.com/')).rejects.toMatchObject({
      kind: 'proxy',
      reason: 'ECONNRESET',
    });
    expect(connections).toBe(1);
  });

  it('reports the failure of a proxy that is down', async () => {
    const http = client({ env: { HTTP_PROXY: 'http://127.0.0.1:1' } });
    await expect(http.request('http://registry.invalid/')).rejects.toMatchObject({
      kind: 'proxy',
      reason: 'ECONNREFUSED',
    });
  });
});
