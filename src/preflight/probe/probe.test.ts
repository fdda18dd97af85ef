import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  basicOf,
  type RecordedRoutes,
  recorded,
  type SeenRequest,
  serve,
  serveRaw,
  type TestServer,
} from '../../../test/harness/registry-server.ts';
import { makeTlsFiles } from '../../../test/harness/tls-certificates.ts';
import { createHttpClient, type HttpClientOptions } from '../../lib/http/client.ts';
import { Secret } from '../../lib/secret.ts';
import type { ProbeTarget } from './context.ts';
import { checkProbeHost, probeRegistry } from './probe.ts';
import { findingsByWeight, type ProbeReport, probeError } from './report.ts';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

function keep(server: TestServer): TestServer {
  open.push(server);
  return server;
}

const ADMIN = { username: 'admin', password: new Secret('Harbor12345') };

async function probe(
  url: string,
  target: Partial<ProbeTarget> = {},
  http: Partial<HttpClientOptions> = {},
): Promise<ProbeReport> {
  const client = createHttpClient({ env: {}, ...http });
  try {
    return await probeRegistry(
      { url, host: new URL(url).host, type: 'harbor', ...target },
      { http: client, timeoutMs: 3_000 },
    );
  } finally {
    await client.close();
  }
}

const isAdmin = (request: SeenRequest) => basicOf(request) === 'admin:Harbor12345';

/** Recorded responses of Harbor v2.9.5 to its administrator. */
const HARBOR: RecordedRoutes = {
  'GET /api/v2.0/health': '002-health',
  'GET /api/v2.0/systeminfo': (request) => (isAdmin(request) ? '004-systeminfo-admin' : '003-systeminfo-anon'),
  'GET /api/v2.0/users/current': (request) =>
    isAdmin(request) ? '005-users-current-admin' : '006-users-current-wrong-password',
  'GET /api/v2.0/projects/axion': '022-project-get',
  'GET /v2/': '380-v2-anonymous',
  'GET /service/token': (request) => (isAdmin(request) ? '383-token' : '384-token-wrong-password'),
};

const AXION = { credentials: ADMIN, project: 'axion', repository: 'python' };

/** Level and code of each finding. */
function gist(report: ProbeReport): string[] {
  return report.findings.map(({ level, code }) => `${level} ${code}`);
}

describe('a project', () => {
  /** A Harbor whose project has other fields, and a quota. */
  async function probeProject(project: object, quota?: object): Promise<ProbeReport> {
    const harbor = recorded(HARBOR);
    const server = keep(
      await serve((request, origin) => {
        if (request.url === '/api/v2.0/projects/axion') {
          return { status: 200, body: JSON.stringify({ name: 'axion', ...project }) };
        }
        if (request.url !== '/api/v2.0/projects/axion/summary') return harbor(request, origin);
        return quota === undefined ? { status: 403, body: '{}' } : { status: 200, body: JSON.stringify({ quota }) };
      }),
    );
    return probe(server.origin, AXION);
  }

  it('that is a proxy cache takes no push', async () => {
    const report = await probeProject({ registry_id: 3 });
    expect(probeError(report)).toMatchObject({
      code: 'REGISTRY_FORBIDDEN',
      message: expect.stringContaining('project axion at 127.0.0.1'),
      hint: 'Name another project in deployment.registry.project.',
    });
  });

  it.each([
    [1000, 1000, 'error REGISTRY_QUOTA'],
    [1200, 1000, 'error REGISTRY_QUOTA'],
    [950, 1000, 'warning REGISTRY_QUOTA'],
  ])('that uses %d of %d bytes is: %s', async (used, limit, found) => {
    const report = await probeProject({}, { hard: { storage: limit }, used: { storage: used } });
    expect(gist(report)).toContain(found);
  });

  it.each<[string, object | undefined]>([
    ['without a limit', { hard: { storage: -1 }, used: { storage: 5 } }],
    ['with space left', { hard: { storage: 1000 }, used: { storage: 100 } }],
    ['whose quota cannot be read', undefined],
  ])('%s is fine', async (_what, quota) => {
    expect(gist(await probeProject({}, quota))).toEqual(['ok HEALTHY', 'ok LOGIN', 'ok PROJECT', 'ok PUSH_ALLOWED']);
  });
});

describe('a Harbor', () => {
  it('that is healthy and accepts the login', async () => {
    const server = keep(await serve(recorded(HARBOR)));
    const report = await probe(server.origin, AXION);
    expect(gist(report)).toEqual(['ok HEALTHY', 'ok LOGIN', 'ok PROJECT', 'ok PUSH_ALLOWED']);
    expect(report).toMatchObject({ status: 'healthy', version: 'v2.9.5-672ec4ad', user: 'admin' });
    expect(report.components?.map(({ name }) => name)).toContain('jobservice');
    expect(probeError(report)).toBeUndefined();
    expect(server.seen.every(({ headers }) => headers.cookie === undefined)).toBe(true);
  });

  it('with a component that is down: the error names it', async () => {
    const server = keep(await serve(recorded({ ...HARBOR, 'GET /api/v2.0/health': '820-jobservice-down-health' })));
    const report = await probe(server.origin, AXION);
    expect(report.status).toBe('unhealthy');
    expect(probeError(report)).toMatchObject({
      code: 'REGISTRY_UNHEALTHY',
      message: expect.stringContaining('jobservice'),
    });
  });

  it('whose core is down behind its proxy', async () => {
    const server = keep(await serve(recorded({ 'GET /api/v2.0/health': '840-core-down' })));
    const report = await probe(server.origin, AXION);
    expect(report.status).toBe('unreachable');
    expect(probeError(report)).toMatchObject({ code: 'REGISTRY_UNREACHABLE', message: expect.stringContaining('502') });
  });

  it.each([429, 500, 507])('that responds to the health request with HTTP %i', async (status) => {
    const respond = recorded({ ...HARBOR, 'GET /v2/': '380-v2-anonymous' });
    const server = keep(
      await serve((request, origin) =>
        request.url === '/api/v2.0/health' ? { status, body: '{"errors":[]}' } : respond(request, origin),
      ),
    );
    const report = await probe(server.origin, AXION);
    expect(report.status).toBe('unhealthy');
    expect(probeError(report)).toMatchObject({
      code: 'REGISTRY_ERROR',
      message: `Harbor at ${server.host} could not report its health: HTTP ${status}`,
    });
  });

  it('cannot be recognized when every response is HTTP 500', async () => {
    const server = keep(await serve(() => ({ status: 500 })));
    expect(probeError(await probe(server.origin, AXION))).toMatchObject({
      code: 'REGISTRY_ERROR',
      message: expect.stringContaining(`cannot tell whether ${server.host} is a Harbor`),
    });
  });

  it('with a wrong password, although Harbor shows its public projects', async () => {
    const server = keep(await serve(recorded(HARBOR)));
    const report = await probe(server.origin, {
      ...AXION,
      credentials: { username: 'admin', password: new Secret('wr0ng') },
    });
    expect(probeError(report)).toMatchObject({
      code: 'REGISTRY_UNAUTHORIZED',
      message: expect.stringContaining('admin'),
    });
    expect(JSON.stringify(report)).not.toContain('wr0ng');
    // Its components are healthy. Of the findings, the error is what to say first.
    expect(report.status).toBe('unusable');
    expect(findingsByWeight(report).map(({ code }) => code)).toEqual(['REGISTRY_UNAUTHORIZED', 'HEALTHY']);
  });

  it('without credentials', async () => {
    const server = keep(await serve(recorded(HARBOR)));
    const strict = await probe(server.origin, { project: 'axion' });
    expect(probeError(strict)).toMatchObject({
      code: 'REGISTRY_UNAUTHORIZED',
      message: expect.stringContaining('no credentials'),
    });
    const lenient = await probe(server.origin, { needsLogin: false });
    expect(gist(lenient)).toEqual(['ok HEALTHY', 'warning REGISTRY_UNAUTHORIZED']);
    expect(probeError(lenient)).toBeUndefined();
  });

  it('without the project', async () => {
    const server = keep(await serve(recorded({ ...HARBOR, 'GET /api/v2.0/projects/nope': '013-project-get-unknown' })));
    const report = await probe(server.origin, { ...AXION, project: 'nope' });
    expect(probeError(report)).toMatchObject({
      code: 'REGISTRY_PROJECT_MISSING',
      message: expect.stringContaining('nope'),
    });
    expect(server.seen.find(({ url }) => url.includes('/projects/'))?.headers['x-is-resource-name']).toBe('true');
  });

  it('whose project the user may not see', async () => {
    const server = keep(
      await serve(recorded({ ...HARBOR, 'GET /api/v2.0/projects/axion': '243-nonmember-project-get' })),
    );
    const report = await probe(server.origin, AXION);
    expect(probeError(report)).toMatchObject({
      code: 'REGISTRY_FORBIDDEN',
      message: expect.stringContaining('does not exist, or'),
    });
  });

  it('whose project the user may see but not push to', async () => {
    const server = keep(await serve(recorded({ ...HARBOR, 'GET /service/token': '384-token-wrong-password' })));
    const report = await probe(server.origin, AXION);
    expect(gist(report)).toEqual(['ok HEALTHY', 'ok LOGIN', 'ok PROJECT', 'error REGISTRY_FORBIDDEN']);
  });

  it.each([
    ['/api/v2.0/projects/axion', 503, 'whether project axion exists'],
    ['/api/v2.0/projects/axion', 429, 'whether project axion exists'],
    ['/service/token', 500, 'the permissions of admin in project axion'],
  ])('whose %s responds with HTTP %i: no missing permission is reported', async (path, status, what) => {
    const respond = recorded(HARBOR);
    const server = keep(
      await serve((request, origin) => (request.url.split('?')[0] === path ? { status } : respond(request, origin))),
    );
    expect(probeError(await probe(server.origin, AXION))).toMatchObject({
      code: 'REGISTRY_ERROR',
      message: expect.stringContaining(`could not report ${what}: HTTP ${status}`),
    });
  });

  it('with a robot, which is no user and may not read its project', async () => {
    const robot = { username: 'robot$axion+ci', password: new Secret('robot-secret') };
    const server = keep(
      await serve(
        recorded({
          ...HARBOR,
          'GET /api/v2.0/users/current': '213-robot-users-current',
          'GET /api/v2.0/projects/axion': '224-robot-other-project',
          'GET /service/token': '383-token',
        }),
      ),
    );
    const report = await probe(server.origin, { ...AXION, credentials: robot });
    expect(gist(report)).toEqual(['ok HEALTHY', 'ok LOGIN', 'ok PUSH_ALLOWED']);
    expect(basicOf(server.seen.find(({ url }) => url.startsWith('/service/token')) as SeenRequest)).toBe(
      'robot$axion+ci:robot-secret',
    );
  });

  it('whose token realm is on another host: a warning, and no credentials are sent there', async () => {
    const elsewhere = keep(await serve(() => ({ status: 200, body: '{}' })));
    const server = keep(await serve(recorded(HARBOR, { realm: elsewhere.origin })));
    const report = await probe(server.origin, AXION);
    expect(gist(report)).toEqual([
      'ok HEALTHY',
      'warning TOKEN_REALM_ELSEWHERE',
      'ok LOGIN',
      'ok PROJECT',
      'ok PUSH_ALLOWED',
    ]);
    expect(report.findings[1]?.hint).toContain('external_url');
    expect(probeError(report)).toBeUndefined();
    expect(elsewhere.seen).toEqual([]);
  });

  it('that is another registry', async () => {
    const server = keep(await serve(recorded({ 'GET /v2/': '380-v2-anonymous' })));
    const report = await probe(server.origin, AXION);
    expect(probeError(report)).toMatchObject({
      code: 'REGISTRY_NOT_HARBOR',
      message: expect.stringContaining('is a registry, but not a Harbor'),
    });
  });

  it('that is another registry, whose proxy responds to unknown paths with HTTP 500', async () => {
    const server = keep(await serve(({ url }) => (url === '/v2/' ? { status: 200, body: '{}' } : { status: 500 })));
    expect(probeError(await probe(server.origin, AXION))?.code).toBe('REGISTRY_NOT_HARBOR');
  });

  it('that is another web server', async () => {
    const server = keep(
      await serve(() => ({ status: 200, headers: { 'content-type': 'text/html' }, body: '<h1>It works</h1>' })),
    );
    const report = await probe(server.origin, AXION);
    expect(probeError(report)).toMatchObject({
      code: 'REGISTRY_NOT_HARBOR',
      message: expect.stringContaining('neither'),
    });
  });

  it('hides the password that a component quotes', async () => {
    const body = JSON.stringify({
      status: 'unhealthy',
      components: [
        { name: 'redis', status: 'unhealthy', error: 'dial redis://default:t0psecret@redis:6379/0: refused' },
      ],
    });
    const harbor = recorded(HARBOR);
    const server = keep(
      await serve((request, origin) =>
        request.url === '/api/v2.0/health' ? { status: 200, body } : harbor(request, origin),
      ),
    );
    expect(JSON.stringify(await probe(server.origin, AXION))).not.toContain('t0psecret');
  });
});

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
