import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { basicOf, recorded, serve, serveRaw } from '../../../test/harness/registry-server.ts';
import { makeTlsFiles } from '../../../test/harness/tls-certificates.ts';
import { Secret } from '../../lib/secret.ts';
import { ADMIN, AXION, gist, HARBOR, keep, probe } from './probe.fixture.ts';
import { checkProbeHost } from './probe.ts';
import { probeError } from './report.ts';

describe('a registry that cannot be probed', () => {
  const codeOf = async (...args: Parameters<typeof probe>) => probeError(await probe(...args));

  it('a port where nothing listens', async () => {
    const server = await serve(() => ({ status: 200 }));
    await server[Symbol.asyncDispose]();
    expect(await codeOf(server.origin)).toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('nothing listens'),
    });
  });

  it('a name that does not resolve', async () => {
    expect(await codeOf('http://registry.invalid')).toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('resolve'),
    });
  });

  it('a server that never responds', async () => {
    const server = keep(await serveRaw(() => {}));
    expect(await codeOf(server.origin)).toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('in time'),
    });
  });

  it('an https request to a plain HTTP port', async () => {
    const server = keep(await serve(recorded(HARBOR)));
    const error = await codeOf(server.origin.replace('http:', 'https:'));
    expect(error).toMatchObject({ code: 'REGISTRY_WRONG_SCHEME', message: expect.stringContaining('plain HTTP') });
    expect(error?.hint).toContain(`"insecure-registries": ["${server.host}"]`);
  });

  it('a plain HTTP request to a TLS port that closes the connection', async () => {
    const tls = makeTlsFiles();
    const server = keep(await serve(recorded(HARBOR), tls));
    expect(await codeOf(server.origin.replace('https:', 'http:'))).toMatchObject({
      code: 'REGISTRY_WRONG_SCHEME',
      message: expect.stringContaining('uses TLS'),
    });
  });

  it.each([
    ['Go', 'Client sent an HTTP request to an HTTPS server.\n'],
    ['nginx', '<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>'],
  ])('a plain HTTP request to a TLS port that responds with an error: %s', async (_server, body) => {
    const server = keep(await serve(() => ({ status: 400, body })));
    expect(await codeOf(server.origin)).toMatchObject({ code: 'REGISTRY_WRONG_SCHEME' });
  });

  it('a plain HTTP port that redirects to https', async () => {
    const server = keep(
      await serve((request) => ({ status: 308, headers: { location: `https://127.0.0.1${request.url}` } })),
    );
    expect(await codeOf(server.origin)).toMatchObject({
      code: 'REGISTRY_WRONG_SCHEME',
      message: expect.stringContaining('redirects plain HTTP to https'),
    });
  });

  it('an untrusted certificate: the hint names the key of the config and the file of the engine', async () => {
    const server = keep(await serve(recorded(HARBOR), makeTlsFiles()));
    const error = await codeOf(server.origin);
    expect(error).toMatchObject({ code: 'REGISTRY_CERTIFICATE' });
    expect(error?.hint).toContain('deployment.registry.ca');
    expect(error?.hint).toContain(`/etc/docker/certs.d/${server.host}/ca.crt`);
  });

  it('an expired certificate, and one for another name', async () => {
    const expired = makeTlsFiles({ days: -1 });
    const other = makeTlsFiles({ names: 'DNS:other.example' });
    const first = keep(await serve(recorded(HARBOR), expired));
    const second = keep(await serve(recorded(HARBOR), other));
    expect((await codeOf(first.origin, {}, { ca: expired.ca }))?.message).toContain('expired');
    expect((await codeOf(second.origin, {}, { ca: other.ca }))?.message).toContain('another host name');
  });
});

describe('a plain registry', () => {
  const plain = { type: 'plain' } as const;
  const api = { 'docker-distribution-api-version': 'registry/2.0' };

  it('without a login', async () => {
    const server = keep(
      await serve(({ url }) => ({ status: 200, headers: api, body: url === '/v2/' ? '{}' : '{"repositories":[]}' })),
    );
    expect(gist(await probe(server.origin, plain))).toEqual(['ok RESPONDS', 'ok ANONYMOUS', 'ok CATALOG']);
  });

  it.each([
    ['user:right', ['ok RESPONDS', 'ok LOGIN', 'ok CATALOG']],
    ['user:wrong', ['ok RESPONDS', 'error REGISTRY_UNAUTHORIZED']],
  ])('with Basic and %s', async (login, expected) => {
    const server = keep(
      await serve((request) =>
        basicOf(request) === 'user:right'
          ? { status: 200, headers: api, body: request.url === '/v2/' ? '{}' : '{"repositories":["a"]}' }
          : { status: 401, headers: { ...api, 'www-authenticate': 'Basic realm="registry"' } },
      ),
    );
    const [username = '', password = ''] = login.split(':');
    const report = await probe(server.origin, { ...plain, credentials: { username, password: new Secret(password) } });
    expect(gist(report)).toEqual(expected);
  });

  it.each([
    [
      ['pull', 'push'],
      ['ok RESPONDS', 'ok LOGIN', 'ok PUSH_ALLOWED', 'ok CATALOG'],
    ],
    [['pull'], ['ok RESPONDS', 'ok LOGIN', 'error REGISTRY_FORBIDDEN', 'ok CATALOG']],
  ])('with a token that grants %s', async (actions, expected) => {
    const payload = { sub: 'user', access: [{ type: 'repository', name: 'objdocker', actions }] };
    const token = `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.x`;
    const server = keep(
      await serve((request, origin) => {
        if (request.url.startsWith('/token?')) return { status: 200, body: JSON.stringify({ token }) };
        if (request.headers.authorization === `Bearer ${token}`)
          return { status: 200, headers: api, body: '{"repositories":[]}' };
        return { status: 401, headers: { ...api, 'www-authenticate': `Bearer realm="${origin}/token",service="s"` } };
      }),
    );
    expect(gist(await probe(server.origin, { ...plain, credentials: ADMIN }))).toEqual(expected);
    expect(server.seen.find(({ url }) => url.startsWith('/token'))?.url).toBe(
      '/token?service=s&scope=repository%3Aobjdocker%3Apull%2Cpush',
    );
  });

  it('sends no password to a plain HTTP token service when the registry uses https', async () => {
    const tls = makeTlsFiles();
    const thief = keep(await serve(() => ({ status: 401 })));
    const server = keep(
      await serve(
        () => ({ status: 401, headers: { ...api, 'www-authenticate': `Bearer realm="${thief.origin}/t"` } }),
        tls,
      ),
    );
    const report = await probe(server.origin, { ...plain, credentials: ADMIN }, { ca: tls.ca });
    expect(thief.seen.map(basicOf)).toEqual([undefined]);
    expect(gist(report)).toContain('warning TOKEN_REALM_ELSEWHERE');
  });

  it('that is another web server', async () => {
    const server = keep(await serve(() => ({ status: 404, body: 'not found' })));
    expect(probeError(await probe(server.origin, plain))).toMatchObject({ code: 'REGISTRY_NOT_A_REGISTRY' });
  });
});

describe('any response', () => {
  it('leads to a report', async () => {
    const headers = fc.record({
      'www-authenticate': fc.oneof(
        fc.constantFrom('Bearer realm="::"', 'Bearer realm="file:///etc/passwd"', 'Basic', 'Bearer realm="/relative"'),
        fc.string().map((text) => text.replace(/[^ -~]/g, '')),
      ),
      location: fc.constantFrom('//', 'http://[', 'ftp://x', '/v2/', 'https://127.0.0.1:1/'),
    });
    const response = fc.record({
      status: fc.constantFrom(200, 201, 301, 307, 400, 401, 403, 404, 412, 429, 500),
      headers,
      body: fc.oneof(
        fc.string(),
        fc.json(),
        fc.constantFrom(
          '{"status":"healthy","components":[null,1,{"name":3}]}',
          '{"token":"a.b.c"}',
          '{"token":"a.e30.c"}',
          '{"repositories":1}',
        ),
      ),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(response, { minLength: 1, maxLength: 6 }),
        fc.constantFrom('harbor', 'plain'),
        async (responses, type) => {
          let count = 0;
          await using server = await serve(() => responses[count++ % responses.length] ?? { status: 500 });
          const report = await probe(server.origin, { ...AXION, type });
          expect(report.findings.length).toBeGreaterThan(0);
          probeError(report);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('checkProbeHost', () => {
  it.each(['registry.example.com', 'localhost:5000', '127.0.0.1:5000', '[::1]:5000', 'REGISTRY'])(
    'accepts %s',
    (host) => expect(checkProbeHost(host)).toBe(host),
  );

  it.each([
    ['host:99999', '65535'],
    ['10.0.10.999', 'not a valid address'],
    ['[:::::]', 'not a valid address'],
    ['-x', 'letters, digits'],
    ['', 'missing'],
    ['x'.repeat(10_000), 'longer than'],
    ['https://registry.example.com/', 'port'],
  ])('rejects %.20s', (host, reason) => {
    expect(() => checkProbeHost(host)).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(reason) }),
    );
  });

  it('does not show the password of a URL', () => {
    expect(() => checkProbeHost('https://admin:Harbor12345@registry.example.com')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('Harbor12345') }),
    );
  });
});
