import { describe, expect, test } from 'vitest';
import { collect, openTestHarbor, recordedHarbor } from '../../test/harness/harbor-client.ts';
import { serve } from '../../test/harness/registry-server.ts';
import type { Harbor } from './harbor.ts';
import { admin, axion, dev, ROBOT, replay, robot } from './replay.fixture.ts';

describe('an error of Harbor', () => {
  const list = (harbor: Harbor) => collect(axion(harbor).listRepositories());
  const route = 'GET /projects/axion/repositories';

  test.each([
    ['a wrong secret of a robot', '226-robot-wrong-secret', robot, 'REGISTRY_UNAUTHORIZED'],
    ['a disabled robot', '741-robot-disabled-use', robot, 'REGISTRY_UNAUTHORIZED'],
    ['an unknown user', '352-unknown-user', dev, 'REGISTRY_UNAUTHORIZED'],
    ['a user who is not a member', '244-nonmember-repositories', dev, 'REGISTRY_FORBIDDEN'],
    ['a robot of another project', '224-robot-other-project', robot, 'REGISTRY_FORBIDDEN'],
    ['a missing project', '027-repositories-unknown-project', admin, 'REGISTRY_PROJECT_MISSING'],
    ['a Harbor that is down behind its proxy', '840-core-down', admin, 'REGISTRY_UNREACHABLE'],
    ['a Harbor that fails', '803-registry-down-build-history', admin, 'REGISTRY_ERROR'],
    ['a policy that prevents pulls', '458-pull-refused-by-policy', admin, 'PULL_PREVENTED'],
    ['a cookie that a proxy added', '363-sid-cookie-plus-basic-post', admin, 'REGISTRY_ERROR'],
    ['an unknown path', '008-unknown-api-path', admin, 'REGISTRY_ERROR'],
    ['a page size that is too large', '304-repos-page-size-101', admin, 'REGISTRY_ERROR'],
  ])('%s', async (_what, name, login, code) => {
    const me = login === robot ? ROBOT : {};
    const error = await replay({ ...me, [route]: name }, list, login).catch((e) => e);
    expect(error).toMatchObject({ code, details: { method: 'GET', path: '/projects/axion/repositories' } });
    expect(error.message).toMatch(/^cannot list the repositories of axion: /);
    expect(error.details.status).toBeGreaterThan(400);
    // A page of the proxy has no request id. The error then shows the one that was sent.
    expect(error.details.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(error.hint).toBeTruthy();
    expect(JSON.stringify(error)).not.toContain(login.password.reveal());
  });

  test('reports a missing project to an administrator, a stranger and an anonymous user', async () => {
    const get = (harbor: Harbor) => axion(harbor).get();
    const path = 'GET /projects/axion';
    await expect(replay({ [path]: '013-project-get-unknown' }, get)).rejects.toMatchObject({
      code: 'REGISTRY_PROJECT_MISSING',
    });
    await expect(replay({ [path]: '243-nonmember-project-get' }, get, dev)).rejects.toMatchObject({
      code: 'REGISTRY_FORBIDDEN',
      message: expect.stringContaining('does not exist, or dev lacks the permission project:read in it'),
    });
    await expect(replay({ ...ROBOT, [path]: '215-robot-project-get' }, get, robot)).rejects.toMatchObject({
      code: 'REGISTRY_FORBIDDEN',
      hint: expect.stringContaining('Give the robot robot$axion+ci the permission project:read'),
    });
    await using server = await serve(recordedHarbor({ [path]: '014-project-get-unknown-anonymous' }));
    await using harbor = openTestHarbor(server.origin, { login: undefined });
    await expect(get(harbor)).rejects.toMatchObject({
      code: 'REGISTRY_UNAUTHORIZED',
      message: expect.stringContaining('requires a login'),
    });
  });

  test('explains why a project cannot be created: read-only mode, an invalid name, no permission, no login', async () => {
    const create = (harbor: Harbor) => axion(harbor).create();
    const path = 'POST /projects';
    await expect(replay({ [path]: '734-read-only-create-project' }, create)).rejects.toMatchObject({
      code: 'REGISTRY_READ_ONLY',
    });
    await expect(replay({ [path]: '017-project-create-bad-name' }, create)).rejects.toMatchObject({
      code: 'REGISTRY_ERROR',
      message: expect.stringContaining('illegal characters'),
    });
    await expect(
      replay({ ...ROBOT, [path]: '225-robot-create-project-forbidden' }, create, robot),
    ).rejects.toMatchObject({
      code: 'REGISTRY_FORBIDDEN',
      message: expect.stringContaining('lacks the permission project:create at'),
    });
    await expect(replay({ [path]: '019-project-create-anonymous' }, create)).rejects.toMatchObject({
      code: 'REGISTRY_UNAUTHORIZED',
    });
  });
});

test('reads the permissions of a robot that may not read its project', async () => {
  const routes = {
    ...ROBOT,
    'GET /projects': '214-robot-projects',
    'GET /users/current/permissions': '237-robot-permissions-of',
  };
  const own = await replay(routes, (harbor) => axion(harbor).ownPermissions(), robot);
  expect([...(own ?? [])].toSorted()).toEqual([
    'artifact:list',
    'artifact:read',
    'repository:list',
    'repository:pull',
    'repository:push',
  ]);
  expect(await replay(routes, (harbor) => harbor.project('other').ownPermissions(), robot)).toBeUndefined();
});

describe('the login', () => {
  const public200 = { 'GET /projects/axion/repositories': '051-repositories-list' };

  test('rejects a wrong password, although Harbor responds with public data', async () => {
    const routes = { ...public200, 'GET /users/current': '006-users-current-wrong-password' };
    const list = replay(routes, (harbor) => collect(axion(harbor).listRepositories()));
    await expect(list).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED' });
  });

  test('is checked once', async () => {
    await using server = await serve(recordedHarbor(public200));
    await using harbor = openTestHarbor(server.origin);
    await Promise.all([1, 2, 3].map(() => collect(axion(harbor).listRepositories())));
    await collect(axion(harbor).listRepositories());
    expect(server.seen.filter(({ url }) => url.endsWith('/users/current'))).toHaveLength(1);
  });

  test('is not checked without credentials', async () => {
    await using server = await serve(recordedHarbor(public200));
    await using harbor = openTestHarbor(server.origin, { login: undefined });
    await collect(axion(harbor).listRepositories());
    expect(server.seen).toHaveLength(1);
    expect(server.seen[0]?.headers).not.toHaveProperty('authorization');
  });
});

test('sends the login, the accepted type and a request id, but no cookie, with every request', async () => {
  await using server = await serve(recordedHarbor({ 'GET /projects/axion': '022-project-get' }));
  await using harbor = openTestHarbor(server.origin);
  await axion(harbor).get();
  await axion(harbor).get();
  for (const { headers } of server.seen) {
    expect(headers.authorization).toBe('Basic YWRtaW46SGFyYm9yMTIzNDU=');
    expect(headers.accept).toBe('application/json');
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers).not.toHaveProperty('cookie');
  }
  expect(new Set(server.seen.map(({ headers }) => headers['x-request-id'])).size).toBe(server.seen.length);
  expect(server.seen.at(-1)?.headers['x-is-resource-name']).toBe('true');
});
