import { describe, expect, it } from 'vitest';
import { basicOf, recorded, type SeenRequest, serve } from '../../../test/harness/registry-server.ts';
import { Secret } from '../../lib/secret.ts';
import { AXION, gist, HARBOR, keep, probe } from './probe.fixture.ts';
import { findingsByWeight, type ProbeReport, probeError } from './report.ts';

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
