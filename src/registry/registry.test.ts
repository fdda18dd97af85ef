import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  basicOf,
  type Respond,
  recorded,
  serve,
  serveRaw,
  type TestServer,
} from '../../test/harness/registry-server.ts';
import { createHttpClient } from '../lib/http/client.ts';
import { Secret } from '../lib/secret.ts';
import type { RegistryLogin } from './login.ts';
import { openRegistry, type Registry } from './registry.ts';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

const HOUR_MS = 3_600_000;

function keep(server: TestServer): TestServer {
  open.push(server);
  return server;
}

function registryAt(url: string, login: RegistryLogin = {}): Registry {
  const http = createHttpClient({ env: {} });
  open.push({ [Symbol.asyncDispose]: () => http.close() });
  return openRegistry({ url, login, http });
}

const USER = { credentials: { username: 'user', password: new Secret('right') } };
const MANIFEST = JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json' });
const DIGEST = `sha256:${createHash('sha256').update(MANIFEST).digest('hex')}`;

/** A registry that requires a token of its own realm and has one image, `a/b:1.0`. */
const withTokens: Respond = (request, origin) => {
  if (request.url.startsWith('/token?')) {
    return { status: 200, body: JSON.stringify({ token: basicOf(request) === 'user:right' ? 'good' : 'anonymous' }) };
  }
  if (request.headers.authorization !== 'Bearer good') {
    return {
      status: 401,
      headers: { 'www-authenticate': `Bearer realm="${origin}/token",service="s",scope="repository:a/b:pull"` },
    };
  }
  return request.url === '/v2/a/b/manifests/1.0'
    ? {
        status: 200,
        headers: { 'docker-content-digest': DIGEST, 'content-type': 'application/vnd.oci.image.manifest.v1+json' },
        body: MANIFEST,
      }
    : { status: 404, body: '{"errors":[{"code":"MANIFEST_UNKNOWN"}]}' };
};

describe('openRegistry', () => {
  it('resolves a tag with the token that the registry requires, and keeps the token', async () => {
    const server = keep(await serve(withTokens));
    const registry = registryAt(server.origin, USER);
    const manifest = { digest: DIGEST, mediaType: 'application/vnd.oci.image.manifest.v1+json' };
    expect(await registry.headManifest('a/b', '1.0')).toEqual(manifest);
    expect(await registry.headManifest('a/b', '1.0')).toEqual(manifest);
    expect(server.seen.map(({ method, url }) => `${method} ${url.split('?')[0]}`)).toEqual([
      'HEAD /v2/a/b/manifests/1.0',
      'GET /token',
      'HEAD /v2/a/b/manifests/1.0',
      'HEAD /v2/a/b/manifests/1.0',
    ]);
  });

  it('returns undefined for an unknown tag', async () => {
    const server = keep(await serve(withTokens));
    expect(await registryAt(server.origin, USER).headManifest('a/b', 'nope')).toBeUndefined();
  });

  it('reports whether credentials are missing or wrong', async () => {
    const server = keep(await serve(withTokens));
    await expect(registryAt(server.origin).headManifest('a/b', '1.0')).rejects.toMatchObject({
      code: 'REGISTRY_UNAUTHORIZED',
      hint: expect.stringContaining('Set credentials'),
    });
    const wrong = { credentials: { username: 'user', password: new Secret('wr0ng') } };
    const error = await registryAt(server.origin, wrong)
      .headManifest('a/b', '1.0')
      .catch((failure) => failure);
    expect(error).toMatchObject({ code: 'REGISTRY_UNAUTHORIZED', hint: expect.stringContaining('are wrong') });
    expect(JSON.stringify(error)).not.toContain('wr0ng');
  });

  it.each([
    ['names the permission that a robot lacks', 'robot$axion+ci', 'REGISTRY_FORBIDDEN', 'repository:pull in that'],
    ['reports wrong credentials', '', 'REGISTRY_UNAUTHORIZED', 'expired or disabled, or its secret is wrong'],
  ])('%s, by the subject of the token, where HEAD gives no reason', async (_, subject, code, hint) => {
    const payload = { sub: subject, access: [{ type: 'repository', name: 'axion/api', actions: [] }] };
    const token = `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.x`;
    const server = keep(
      await serve(({ url, headers }, origin) => {
        if (url.startsWith('/token?')) return { status: 200, body: JSON.stringify({ token }) };
        const challenge = headers.authorization === undefined ? `Bearer realm="${origin}/token",service="s"` : '';
        return { status: 401, headers: { 'www-authenticate': challenge } };
      }),
    );
    const robot = { credentials: { username: 'robot$axion+ci', password: new Secret('s') } };
    const head = registryAt(server.origin, robot).headManifest('axion/api', '1.0');
    await expect(head).rejects.toMatchObject({ code, hint: expect.stringContaining(hint) });
  });

  it('logs in with Basic when the registry requires it', async () => {
    const server = keep(
      await serve((request) =>
        basicOf(request) === 'user:right'
          ? { status: 200, headers: { 'docker-content-digest': DIGEST, 'content-type': 'x/y' } }
          : { status: 401, headers: { 'www-authenticate': 'Basic realm="r"' } },
      ),
    );
    expect(await registryAt(server.origin, USER).headManifest('a', '1')).toEqual({ digest: DIGEST, mediaType: 'x/y' });
  });

  it('lists the platforms of an index, and checks the digest of the content', async () => {
    const body = JSON.stringify({
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [
        { digest: 'sha256:a', mediaType: 'm', platform: { os: 'linux', architecture: 'amd64' } },
        { digest: 'sha256:b', mediaType: 'm', platform: { os: 'linux', architecture: 'arm', variant: 'v7' } },
        { digest: 'sha256:c', mediaType: 'm', platform: { os: 'unknown', architecture: 'unknown' } },
      ],
    });
    const server = keep(await serve(() => ({ status: 200, body })));
    const registry = registryAt(server.origin);
    const index = await registry.getManifest('a', 'latest');
    expect(index?.entries?.map(({ platform }) => platform)).toEqual(['linux/amd64', 'linux/arm/v7', 'unknown/unknown']);
    expect(index?.digest).toBe(`sha256:${createHash('sha256').update(body).digest('hex')}`);
    await expect(registry.getManifest('a', `sha256:${'0'.repeat(64)}`)).rejects.toMatchObject({
      code: 'REGISTRY_ERROR',
    });
  });

  it('sends no credentials to another host after a redirect', async () => {
    const storage = keep(await serve(() => ({ status: 200, headers: { 'content-type': 'x/y' }, body: '{}' })));
    const server = keep(
      await serve((request) =>
        basicOf(request) === undefined
          ? { status: 401, headers: { 'www-authenticate': 'Basic realm="r"' } }
          : { status: 307, headers: { location: `${storage.origin}/blob` } },
      ),
    );
    await registryAt(server.origin, USER).getManifest('a', '1');
    expect(storage.seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  it.each([
    ['389-v2-project-unknown', 'REGISTRY_PROJECT_MISSING'],
    ['840-core-down', 'REGISTRY_UNREACHABLE'],
    ['243-nonmember-project-get', 'REGISTRY_FORBIDDEN'],
  ])('reads a recorded response of Harbor: %s is %s', async (fixture, code) => {
    const server = keep(await serve(recorded({ 'GET /v2/nope/x/manifests/1': fixture })));
    await expect(registryAt(server.origin, USER).getManifest('nope/x', '1')).rejects.toMatchObject({ code });
  });

  it('reads the HEAD of a real Harbor', async () => {
    const server = keep(await serve(recorded({ 'HEAD /v2/axion/python/manifests/3.11': '387-v2-manifest-head' })));
    expect(await registryAt(server.origin).headManifest('axion/python', '3.11')).toEqual({
      digest: 'sha256:c4a4d62c318cc5e722109bf07fb602c307dd0ea40d544beb4ff4641c1ee3abb2',
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    });
  });

  it('throws REGISTRY_UNREACHABLE when the server does not respond', async () => {
    const server = keep(await serveRaw((socket) => socket.once('data', () => vi.advanceTimersByTime(HOUR_MS))));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await expect(registryAt(server.origin).headManifest('a', '1', { timeoutMs: HOUR_MS })).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('in time'),
    });
  });

  it('exchanges an identity token by POST, never in a URL', async () => {
    const server = keep(
      await serve((request, origin) => {
        if (request.url === '/token') return { status: 200, body: '{"access_token":"good"}' };
        return withTokens(request, origin);
      }),
    );
    const registry = registryAt(server.origin, { identityToken: new Secret('idt') });
    expect(await registry.headManifest('a/b', '1.0')).toMatchObject({ digest: DIGEST });
    const exchange = server.seen.find(({ method }) => method === 'POST');
    expect(exchange?.body).toContain('grant_type=refresh_token');
    expect(exchange?.body).toContain('refresh_token=idt');
    expect(server.seen.every(({ url }) => !url.includes('idt'))).toBe(true);
  });
});

describe('putManifest', () => {
  const OCI = 'application/vnd.oci.image.manifest.v1+json';
  const PUT = 'PUT /v2/axion/svc-0001/manifests/released';
  // JSON.stringify would remove these blanks and change the digest.
  const TEXT = `{ "schemaVersion": 2,\n  "mediaType": "${OCI}" }\n`;
  const manifest = { bytes: Buffer.from(TEXT), mediaType: OCI };
  const digest = `sha256:${createHash('sha256').update(TEXT).digest('hex')}`;
  const put = (server: TestServer, options = {}) =>
    registryAt(server.origin, USER).putManifest('axion/svc-0001', 'released', manifest, options);
  const created = { status: 201, headers: { 'docker-content-digest': digest } };

  it('sends the unchanged bytes with their media type and a push token, and returns the digest', async () => {
    const server = keep(
      await serve((request, origin) => {
        if (request.url.startsWith('/token?')) return { status: 200, body: '{"token":"good"}' };
        if (request.headers.authorization === 'Bearer good') return created;
        return { status: 401, headers: { 'www-authenticate': `Bearer realm="${origin}/token",service="s"` } };
      }),
    );
    expect(await put(server)).toBe(digest);
    const token = new URL(server.seen[1]?.url ?? '', server.origin);
    expect(token.searchParams.getAll('scope')).toEqual(['repository:axion/svc-0001:pull,push']);
    expect(server.seen.at(-1)).toMatchObject({
      method: 'PUT',
      url: '/v2/axion/svc-0001/manifests/released',
      headers: { 'content-type': OCI },
      body: TEXT,
    });
  });

  it('rejects a registry that stored another digest', async () => {
    const server = keep(await serve(recorded({ [PUT]: '904-promote-manifest-put-moves-tag' })));
    await expect(put(server)).rejects.toMatchObject({
      code: 'REGISTRY_ERROR',
      message: expect.stringContaining('was stored with another digest'),
      details: { digest: 'sha256:075615607d95f051e5d5cddc34655b8b9b76bd12afbcc9580c1a66dd34af8ac1' },
    });
  });

  it.each([
    ['an HTTP 502 of the proxy', () => ({ status: 502, body: '<html>' })],
    ['a timeout', () => void vi.advanceTimersByTime(HOUR_MS)],
  ])('sends it once more after %s', async (_, lose) => {
    const server = keep(
      await serve(() => {
        if (server.seen.length > 1) return created;
        const lost = lose() ?? new Promise<never>(() => {});
        // For the pause before the second request.
        vi.useRealTimers();
        return lost;
      }),
    );
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    expect(await put(server, { timeoutMs: HOUR_MS })).toBe(digest);
    expect(server.seen.map(({ body }) => body)).toEqual([TEXT, TEXT]);
  });

  it('sends it only once more after a broken connection', async () => {
    let connections = 0;
    const server = keep(
      await serveRaw((socket) => {
        connections += 1;
        socket.once('data', () => socket.destroy());
      }),
    );
    await expect(put(server)).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
    expect(connections).toBe(2);
  });

  it('sends a rate-limited request again after its Retry-After', async () => {
    const responses = [{ status: 429, headers: { 'retry-after': '1' } }, { status: 429 }, created];
    const server = keep(await serve(() => responses[server.seen.length - 1] ?? created));
    const started = performance.now();
    expect(await put(server)).toBe(digest);
    expect(performance.now() - started).toBeGreaterThanOrEqual(995);
    expect(server.seen.map(({ body }) => body)).toEqual([TEXT, TEXT, TEXT]);
  });

  it('repeats a rate-limited token request, and does not report a wrong password', async () => {
    let tokenRequests = 0;
    const server = keep(
      await serve((request, origin) => {
        if (request.url.startsWith('/token?'))
          return ++tokenRequests === 1 ? { status: 429 } : { status: 200, body: '{"token":"good"}' };
        if (request.headers.authorization === 'Bearer good') return created;
        return { status: 401, headers: { 'www-authenticate': `Bearer realm="${origin}/token",service="s"` } };
      }),
    );
    expect(await put(server)).toBe(digest);
    expect(tokenRequests).toBe(2);
  });

  it.each([
    ['of an hour', '3600', {}],
    ['after the deadline of the caller', '5', { inMs: 2_000 }],
  ])('throws at once for HTTP 429 with a Retry-After %s', async (_, retryAfter, { inMs }: { inMs?: number }) => {
    const server = keep(await serve(() => ({ status: 429, headers: { 'retry-after': retryAfter } })));
    const deadline = inMs === undefined ? undefined : performance.now() + inMs;
    await expect(put(server, { deadline })).rejects.toMatchObject({
      code: 'REGISTRY_ERROR',
      message: expect.stringContaining(`HTTP 429, Retry-After: ${retryAfter}`),
    });
    expect(server.seen).toHaveLength(1);
  });

  it.each([
    ['393-v2-put-manifest-missing-blobs', 'REGISTRY_ERROR', 400, 'sha256:1111', 'push the whole image'],
    ['444-immutable-push-over-tag', 'TAG_IMMUTABLE', 412, "'python:3.11' configured as immutable", 'Tag Immutability'],
    ['732-read-only-push', 'REGISTRY_READ_ONLY', 403, 'read only mode', 'administrator'],
    ['389-v2-project-unknown', 'REGISTRY_PROJECT_MISSING', 401, 'project nope not found', 'Create the project'],
    ['392-v2-anonymous-private-repo', 'REGISTRY_UNAUTHORIZED', 401, 'HTTP 401', 'push to it'],
  ])('reads a recorded response of Harbor: %s is %s', async (fixture, code, status, message, hint) => {
    const server = keep(await serve(recorded({ [PUT]: fixture })));
    const error = await put(server).catch((failure) => failure);
    expect(error).toMatchObject({ code, details: { status, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) } });
    expect(error.message).toContain(`cannot push a manifest as ${server.host}/axion/svc-0001:released: `);
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
    expect(server.seen.filter(({ method }) => method === 'PUT')).toHaveLength(1);
  });

  it('names the permission that Harbor names', async () => {
    const server = keep(await serve(recorded({ [PUT]: '2.15/239g-robot-v2-delete-forbidden' })));
    await expect(put(server)).rejects.toMatchObject({
      code: 'REGISTRY_FORBIDDEN',
      details: { permission: 'repository:delete' },
    });
  });

  it('distinguishes an exceeded quota from a missing permission', async () => {
    // As printed by docker push (capture 461).
    const quota =
      'subtracting 0 B of storage resource, which when updated to current usage of 105.9 MiB will exceed the configured upper limit of 1.0 KiB.';
    const says = (message: string) => JSON.stringify({ errors: [{ code: 'DENIED', message }] });
    const full = keep(await serve(() => ({ status: 403, body: says(quota) })));
    await expect(put(full)).rejects.toMatchObject({ code: 'REGISTRY_QUOTA', details: { harborCode: 'DENIED' } });
    const closed = keep(await serve(() => ({ status: 403, body: says('requested access is denied') })));
    await expect(put(closed)).rejects.toMatchObject({ code: 'REGISTRY_FORBIDDEN' });
  });
});

describe('refusedPush', () => {
  const refused = (server: TestServer) => registryAt(server.origin, USER).refusedPush('axion/quota');

  it.each([
    [
      // Capture 461 of 2.15.
      'subtracting 0 B of storage resource, which when updated to current usage of 38.2 MiB will exceed the configured upper limit of 1.0 KiB.',
      'REGISTRY_QUOTA',
      'higher quota',
    ],
    ['The system is in read only mode. Any modification is prohibited.', 'REGISTRY_READ_ONLY', 'read-only mode off'],
    ['can not push artifact to a proxy project: hub', 'REGISTRY_FORBIDDEN', 'proxy cache'],
  ])('%j is %s', async (message, code, hint) => {
    const body = JSON.stringify({ errors: [{ code: 'DENIED', message }] });
    const server = keep(await serve(() => ({ status: 403, body })));
    expect(await refused(server)).toMatchObject({
      code,
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
    expect(server.seen.map(({ method, url }) => `${method} ${url}`)).toContain('POST /v2/axion/quota/blobs/uploads/');
  });

  it('cancels the upload where the registry takes it', async () => {
    const location = '/v2/axion/quota/blobs/uploads/7?_state=x';
    const server = keep(
      await serve(({ method }) => (method === 'POST' ? { status: 202, headers: { location } } : { status: 204 })),
    );
    expect(await refused(server)).toBeUndefined();
    expect(server.seen.map(({ method, url }) => `${method} ${url}`)).toContain(`DELETE ${location}`);
  });

  it('sends nothing to another host that the registry names', async () => {
    const other = keep(await serve(() => ({ status: 204 })));
    const server = keep(await serve(() => ({ status: 202, headers: { location: `${other.origin}/v2/x` } })));
    expect(await refused(server)).toBeUndefined();
    expect(other.seen).toEqual([]);
  });
});

describe('an image whose pull a policy of Harbor prevents', () => {
  it.each([
    ['458-pull-refused-by-policy', '40 vulnerabilities'],
    ['913-prevent-vul-get-manifest-unscanned', 'without vulnerability scanning'],
  ])('cannot be read: %s', async (fixture, message) => {
    const routes = { 'GET /v2/axion/python/manifests/3.11': fixture, 'HEAD /v2/axion/python/manifests/3.11': fixture };
    const registry = registryAt(keep(await serve(recorded(routes))).origin);
    await expect(registry.getManifest('axion/python', '3.11')).rejects.toMatchObject({
      code: 'PULL_PREVENTED',
      message: expect.stringContaining(message),
      hint: expect.stringContaining('allowlist'),
    });
    // The response to HEAD has no body that gives the reason.
    await expect(registry.headManifest('axion/python', '3.11')).rejects.toMatchObject({ code: 'PULL_PREVENTED' });
  });
});
