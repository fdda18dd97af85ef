import { createServer, type Server } from 'node:http';
import { describe, expect, test } from 'vitest';
import { collect, openTestHarbor, recordedHarbor } from '../../test/harness/harbor-client.ts';
import {
  type RecordedRoutes,
  type Respond,
  type SeenRequest,
  serve,
  serveRaw,
  type TestResponse,
  type TestServer,
} from '../../test/harness/registry-server.ts';
import { makeTlsFiles } from '../../test/harness/tls-certificates.ts';
import { createHttpClient } from '../lib/http/client.ts';
import type { RequestOptions } from '../lib/http/request-options.ts';
import type { HarborRetry } from './client/harbor-api.ts';
import { type Harbor, openHarbor } from './harbor.ts';

const DIGEST = 'sha256:c4a4d62c318cc5e722109bf07fb602c307dd0ea40d544beb4ff4641c1ee3abb2';
const ARTIFACT = `/projects/axion/repositories/python/artifacts/${DIGEST}`;

const ROUTES: RecordedRoutes = {
  'GET /projects/axion': '022-project-get',
  'POST /projects': '015-project-create',
  'PUT /projects/axion': '906-auto-scan-on',
  'GET /projects/axion/repositories/python': '053-repository-get',
  [`DELETE ${ARTIFACT}`]: '426-delete-artifact-by-digest',
  [`POST ${ARTIFACT}/tags`]: '401-tag-create',
};

const isLogin = ({ url }: SeenRequest) => url.endsWith('/users/current');

/** The requests without the login checks. */
const calls = ({ seen }: TestServer) => seen.filter((request) => !isLogin(request));

/** Serves these responses first (not for login checks), then the recorded ones. */
function first(...responses: readonly (TestResponse | undefined)[]): Respond {
  const rest = recordedHarbor(ROUTES);
  let count = 0;
  return (request, origin) => (isLogin(request) ? undefined : responses[count++]) ?? rest(request, origin);
}

const read = (harbor: Harbor, options?: RequestOptions) => harbor.project('axion').get(options);
const create = (harbor: Harbor) => harbor.project('axion').create();
const tag = (harbor: Harbor, options?: RequestOptions) =>
  harbor.project('axion').repository('python').createTag(DIGEST, 'stable', options);
const changeSettings = (harbor: Harbor) => harbor.project('axion').changePushSettings({ autoScan: true });
const remove = (harbor: Harbor) => harbor.project('axion').repository('python').deleteArtifact(DIGEST);

const status = (code: number, headers: Record<string, string> = {}): TestResponse => ({ status: code, headers });
const html = { status: 502, headers: { 'content-type': 'text/html' }, body: '<html>502 Bad Gateway</html>' };
const notThere = {
  status: 404,
  headers: { 'content-type': 'application/json' },
  body: '{"errors":[{"code":"NOT_FOUND","message":"artifact axion/python@sha256:c4 not found"}]}',
};

describe('a transient failure', () => {
  test.each([429, 502, 503, 504])('retries GET, PUT and DELETE after HTTP %i', async (code) => {
    for (const call of [read, changeSettings, remove]) {
      await using server = await serve(first(status(code), status(code)));
      await using harbor = openTestHarbor(server.origin);
      await call(harbor);
      expect(calls(server)).toHaveLength(3);
    }
  });

  test('retries a POST after HTTP 429 and its Retry-After, because the server did not process it', async () => {
    for (const call of [create, tag]) {
      await using server = await serve(first(status(429, { 'retry-after': '1' }), status(429)));
      await using harbor = openTestHarbor(server.origin);
      const started = performance.now();
      await call(harbor);
      expect(performance.now() - started).toBeGreaterThanOrEqual(995);
      expect(calls(server)).toHaveLength(3);
    }
  });

  test('does not retry a POST when Retry-After is too long, and shows it in the error', async () => {
    await using server = await serve(first(status(429, { 'retry-after': '3600' })));
    await using harbor = openTestHarbor(server.origin);
    await expect(tag(harbor)).rejects.toMatchObject({
      code: 'REGISTRY_ERROR',
      message: expect.stringContaining('HTTP 429, Retry-After: 3600'),
    });
    expect(calls(server)).toHaveLength(1);
  });

  test.each([read, tag])('does not retry after the deadline of the caller', async (call) => {
    await using server = await serve(first(status(429, { 'retry-after': '5' })));
    await using harbor = openTestHarbor(server.origin);
    await expect(call(harbor, { deadline: performance.now() + 2_000 })).rejects.toMatchObject({
      message: expect.stringContaining('HTTP 429, Retry-After: 5'),
    });
    expect(calls(server)).toHaveLength(1);
  });

  test.each([500, 502, 503, 504])('does not retry a POST after HTTP %i', async (code) => {
    for (const call of [create, tag]) {
      await using server = await serve(first(status(code)));
      await using harbor = openTestHarbor(server.origin);
      await expect(call(harbor)).rejects.toMatchObject({ details: { status: code } });
      expect(calls(server)).toHaveLength(1);
    }
  });

  test('does not retry HTTP 500', async () => {
    await using server = await serve(first(status(500)));
    await using harbor = openTestHarbor(server.origin);
    await expect(read(harbor)).rejects.toMatchObject({ code: 'REGISTRY_ERROR', details: { status: 500 } });
    expect(calls(server)).toHaveLength(1);
  });

  test('reports the last response when all retries fail', async () => {
    await using server = await serve(first(...Array(50).fill(html)));
    await using harbor = openTestHarbor(server.origin, { retry: { retries: 3 } });
    await expect(read(harbor)).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('Harbor behind it does not (HTTP 502)'),
    });
    expect(calls(server)).toHaveLength(4);
  });

  test('stops retrying when the total time is over', async () => {
    await using server = await serve(first(...Array(50).fill(status(503, { 'retry-after': '1' }))));
    await using harbor = openTestHarbor(server.origin, { retry: { totalMs: 200 } });
    await expect(read(harbor)).rejects.toMatchObject({ details: { status: 503 } });
    expect(calls(server)).toHaveLength(1);
  });

  test('waits for Retry-After up to a maximum, and reports each retry', async () => {
    const retries: HarborRetry[] = [];
    await using server = await serve(
      first(
        status(429, { 'retry-after': '1' }),
        status(503, { 'retry-after': 'Mon, 23 Nov 2026 12:00:05 GMT', date: 'Mon, 23 Nov 2026 12:00:00 GMT' }),
        status(429, { 'retry-after': '86400' }),
      ),
    );
    const onRetry = (retry: HarborRetry) => retries.push(retry);
    await using harbor = openTestHarbor(server.origin, { onRetry, random: () => 0, retry: { maxRetryAfterMs: 60 } });
    const started = performance.now();
    await read(harbor);
    expect(performance.now() - started).toBeGreaterThanOrEqual(175);
    expect(retries).toEqual([
      { doing: 'read the project axion', repetition: 1, delayMs: 60, reason: 'HTTP 429' },
      { doing: 'read the project axion', repetition: 2, delayMs: 60, reason: 'HTTP 503' },
      { doing: 'read the project axion', repetition: 3, delayMs: 60, reason: 'HTTP 429' },
    ]);
  });

  test('ends the wait when the signal is aborted', async () => {
    const controller = new AbortController();
    await using server = await serve(first(...Array(9).fill(status(503, { 'retry-after': '30' }))));
    await using harbor = openTestHarbor(server.origin, { onRetry: () => controller.abort() });
    const reading = harbor.project('axion').get({ signal: controller.signal });
    await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  test('retries HTTP 401 when Harbor has accepted the password before', async () => {
    const locked = {
      status: 401,
      headers: { 'content-type': 'application/json' },
      body: '{"errors":[{"code":"UNAUTHORIZED","message":"unauthorized"}]}',
    };
    await using server = await serve(first(undefined, locked));
    await using harbor = openTestHarbor(server.origin, { retry: { maxRetryAfterMs: 1 } });
    await read(harbor);
    await expect(read(harbor)).resolves.toMatchObject({ name: 'axion' });
  });
});

describe('a lost response', () => {
  /** Processes each request, but closes the connection instead of sending the first response. */
  async function serveLosingFirst(): Promise<TestServer & { readonly requests: string[] }> {
    const requests: string[] = [];
    const server = await serveRaw((socket) => {
      socket.on('data', (data) => {
        const [line = ''] = data.toString().split('\r\n');
        if (line.includes('/users/current')) return socket.end(http('200 OK', '{"username":"admin"}'));
        requests.push(line.split(' ').slice(0, 2).join(' '));
        if (requests.length === 1) return socket.destroy();
        // The first DELETE succeeded. Everything else exists.
        if (line.startsWith('DELETE')) return socket.end(http('404 Not Found', notThere.body));
        return socket.end(http('200 OK', '{"name":"axion","creation_time":"2026-11-23T06:54:52.636Z"}'));
      });
    });
    return Object.assign(server, { requests });
  }

  const http = (line: string, body: string): string =>
    `HTTP/1.1 ${line}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`;

  test('takes a 404 on a retried DELETE for success', async () => {
    await using server = await serveLosingFirst();
    await using harbor = openTestHarbor(server.origin);
    await remove(harbor);
    expect(server.requests).toEqual([`DELETE /api/v2.0${ARTIFACT}`, `DELETE /api/v2.0${ARTIFACT}`]);
  });

  test('takes a 404 after a 502 of the proxy for success of the DELETE', async () => {
    await using server = await serve(first(html, notThere));
    await using harbor = openTestHarbor(server.origin);
    await remove(harbor);
  });

  test('takes a 404 after HTTP 429 for a missing artifact', async () => {
    await using server = await serve(first(status(429), notThere));
    await using harbor = openTestHarbor(server.origin);
    await expect(remove(harbor)).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
  });

  test('retries a GET', async () => {
    await using server = await serveLosingFirst();
    await using harbor = openTestHarbor(server.origin);
    await expect(read(harbor)).resolves.toMatchObject({ name: 'axion' });
    expect(server.requests).toHaveLength(2);
  });

  test.each([
    ['a new project', create],
    ['a new tag', tag],
  ])('does not retry the request for %s', async (_what, call) => {
    await using server = await serveLosingFirst();
    await using harbor = openTestHarbor(server.origin);
    await expect(call(harbor)).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
    expect(server.requests).toHaveLength(1);
  });
});

describe('a truncated response', () => {
  const BODY = '{"name":"axion","creation_time":"2026-11-23T06:54:52.636Z"}';

  /** Sends `cut` as the first response, but not for a login check. */
  const serveTruncated = (cut: string): Promise<TestServer> => {
    let count = 0;
    return serveRaw((socket) => {
      socket.on('data', (data) => {
        const whole = (body: string) =>
          `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`;
        if (data.toString().includes('/users/current')) socket.end(whole('{"username":"admin"}'));
        else socket.end(count++ === 0 ? cut : whole(BODY));
      });
    });
  };

  test.each([
    ['that is shorter than its Content-Length', `content-length: 500\r\n\r\n{"name":"ax`],
    ['with an incomplete chunk', 'transfer-encoding: chunked\r\n\r\n1f4\r\n{"name":"ax'],
    ['without the last chunk', 'transfer-encoding: chunked\r\n\r\nb\r\n{"name":"ax\r\n'],
    ['with incomplete JSON and the right length', 'content-length: 11\r\n\r\n{"name":"ax'],
  ])('%s is read again', async (_what, rest) => {
    await using server = await serveTruncated(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${rest}`);
    await using harbor = openTestHarbor(server.origin);
    await expect(read(harbor)).resolves.toMatchObject({ name: 'axion' });
  });

  test('is an error when it is truncated each time', async () => {
    const cut = { status: 200, headers: { 'content-type': 'application/json' }, body: '{"name":"ax' };
    await using server = await serve(first(...Array(9).fill(cut)));
    await using harbor = openTestHarbor(server.origin, { retry: { retries: 2 } });
    await expect(read(harbor)).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('was truncated'),
    });
    expect(calls(server)).toHaveLength(3);
  });
});

test('gives each attempt the whole timeout when the server does not respond', async () => {
  const retries: HarborRetry[] = [];
  await using server = await serveRaw(() => {});
  await using harbor = openTestHarbor(server.origin, {
    retry: { retries: 1 },
    onRetry: (retry) => retries.push(retry),
  });
  // The server never responds, so the timeout passes on any computer.
  await expect(harbor.project('axion').get({ timeoutMs: 80 })).rejects.toMatchObject({
    code: 'REGISTRY_UNREACHABLE',
    message: expect.stringContaining('did not respond in time'),
    details: { method: 'GET', path: '/projects/axion' },
  });
  expect(retries).toContainEqual(
    expect.objectContaining({ doing: 'read the project axion', repetition: 1, reason: 'timeout' }),
  );
});

describe('rejects a server that is not Harbor', () => {
  test.each([
    [
      'an HTML page',
      { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Log in</html>' },
      'REGISTRY_NOT_HARBOR',
    ],
    ['an empty body', { status: 200 }, 'REGISTRY_NOT_HARBOR'],
    ['JSON of another shape', { status: 200, body: '[1, 2]' }, 'REGISTRY_ERROR'],
    ['an HTML page with HTTP 404', { status: 404, body: '<html>Not Found</html>' }, 'REGISTRY_NOT_HARBOR'],
    ['a redirect to another path', { status: 302, headers: { location: '/login' } }, 'REGISTRY_NOT_HARBOR'],
    ['a redirect to https', { status: 301, headers: { location: 'https://127.0.0.1/' } }, 'REGISTRY_WRONG_SCHEME'],
    ['a TLS port', { status: 400, body: 'Client sent an HTTP request to an HTTPS server.' }, 'REGISTRY_WRONG_SCHEME'],
  ])('%s', async (_what, response, code) => {
    await using server = await serve(first(response));
    await using harbor = openTestHarbor(server.origin);
    await expect(read(harbor)).rejects.toMatchObject({ code, hint: expect.any(String) });
  });

  test('names the missing fields', async () => {
    const response = { status: 200, headers: { 'content-type': 'application/json' }, body: '[{"tags":[{}]}]' };
    await using server = await serve(first(response));
    await using harbor = openTestHarbor(server.origin);
    const list = collect(harbor.project('axion').repository('python').listArtifacts());
    await expect(list).rejects.toMatchObject({
      code: 'REGISTRY_ERROR',
      message: expect.stringContaining('lacks `digest`, `push_time`, `tags.name`'),
    });
  });
});

test('keeps at most 8 requests in flight', async () => {
  let inFlight = 0;
  let most = 0;
  let release = () => {};
  const eightArrived = new Promise<void>((resolve) => {
    release = resolve;
  });
  const rest = recordedHarbor(ROUTES);
  await using server = await serve(async (request, origin) => {
    most = Math.max(most, ++inFlight);
    if (inFlight === 8) release();
    // The server responds only after 8 requests have arrived, so that a slow machine sees the same maximum.
    await eightArrived;
    inFlight--;
    return rest(request, origin);
  });
  await using harbor = openTestHarbor(server.origin);
  await Promise.all(Array.from({ length: 40 }, () => read(harbor)));
  expect(most).toBe(8);
});

describe('a Harbor that is restarted', () => {
  test('is retried when it has responded before', async () => {
    const server = await serve(recordedHarbor(ROUTES));
    const { port } = server;
    let again: Server | undefined;
    const reasons: string[] = [];
    const onRetry = ({ reason }: HarborRetry) => {
      reasons.push(reason);
      again ??= createServer((_request, response) =>
        response.end('{"name":"axion","creation_time":"2026-11-23T06:54:52.636Z"}'),
      ).listen(port, '127.0.0.1');
    };
    await using harbor = openTestHarbor(server.origin, { onRetry, random: () => 1, retry: { baseMs: 50 } });
    await read(harbor);
    await server[Symbol.asyncDispose]();
    try {
      await expect(read(harbor)).resolves.toMatchObject({ name: 'axion' });
      expect(reasons).toContainEqual(expect.stringMatching(/refused|reset/));
    } finally {
      again?.closeAllConnections();
      again?.close();
    }
  });

  test('is not retried when it has never responded', async () => {
    const server = await serve(recordedHarbor(ROUTES));
    await server[Symbol.asyncDispose]();
    const retries: HarborRetry[] = [];
    await using harbor = openTestHarbor(server.origin, { onRetry: (retry) => retries.push(retry) });
    await expect(read(harbor)).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('nothing listens there'),
    });
    expect(retries).toEqual([]);
  });
});

test('rejects an untrusted certificate, and accepts it with its CA', async () => {
  const tls = makeTlsFiles();
  await using server = await serve(recordedHarbor(ROUTES), tls);
  await using stranger = openTestHarbor(server.origin);
  await expect(read(stranger)).rejects.toMatchObject({
    code: 'REGISTRY_CERTIFICATE',
    message: expect.stringMatching(/^cannot read the project axion: the certificate of localhost:\d+ is not signed/),
    hint: expect.stringContaining('deployment.registry.ca: ca.crt'),
  });
  const http = createHttpClient({ env: {}, ca: tls.ca });
  const harbor = openHarbor({ url: server.origin, http });
  await expect(read(harbor)).resolves.toMatchObject({ name: 'axion' });
  await http.close();
});
