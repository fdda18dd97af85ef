import { describe, expect, test } from 'vitest';
import { collect, openTestHarbor, recordedHarbor } from '../../test/harness/harbor-client.ts';
import { type RecordedRoutes, serve } from '../../test/harness/registry-server.ts';
import { Secret } from '../lib/secret.ts';
import type { Harbor } from './harbor.ts';

// Replays recorded responses of a real Harbor 2.9.5, and checks the result or error of the client.

const PYTHON = 'sha256:c4a4d62c318cc5e722109bf07fb602c307dd0ea40d544beb4ff4641c1ee3abb2';
const NOWHERE = `sha256:${'0'.repeat(64)}`;

const admin = { username: 'admin', password: new Secret('Harbor12345') };
const robot = { username: 'robot$axion+ci', password: new Secret('Robot12345') };
const dev = { username: 'dev', password: new Secret('Dev12345') };
const ROBOT = { 'GET /users/current': '213-robot-users-current' };

/** Runs `run` against recorded responses. */
async function replay<T>(
  routes: RecordedRoutes,
  run: (harbor: Harbor) => Promise<T>,
  login: typeof admin | undefined = admin,
): Promise<T> {
  await using server = await serve(recordedHarbor(routes));
  await using harbor = openTestHarbor(server.origin, { login, retry: { retries: 1 } });
  return await run(harbor);
}

const axion = (harbor: Harbor) => harbor.project('axion');
const python = (harbor: Harbor) => harbor.project('axion').repository('python');

describe('projects', () => {
  test('reads a project without settings: everything is off', async () => {
    const project = await replay({ 'GET /projects/axion': '022-project-get' }, (harbor) => axion(harbor).get());
    expect(project).toEqual({
      name: 'axion',
      public: false,
      repositoryCount: 0,
      autoScan: false,
      autoSbom: false,
      preventVulnerable: false,
      created: '2026-11-23T06:54:52.636Z',
    });
  });

  test('reads a project with settings', async () => {
    const routes = { 'GET /projects/axion': '455-project-get-after-update' };
    expect(await replay(routes, (harbor) => axion(harbor).get())).toMatchObject({
      autoScan: true,
      preventVulnerable: false,
      repositoryCount: 13,
    });
  });

  test('reports whether a project exists', async () => {
    expect(await replay({ 'GET /projects/axion': '022-project-get' }, (harbor) => axion(harbor).exists())).toBe(true);
    expect(await replay({ 'GET /projects/axion': '013-project-get-unknown' }, (harbor) => axion(harbor).exists())).toBe(
      false,
    );
  });

  test('creates a project, or reports that it exists already', async () => {
    expect(await replay({ 'POST /projects': '015-project-create' }, (harbor) => axion(harbor).create())).toEqual({
      created: true,
    });
    expect(
      await replay({ 'POST /projects': '016-project-create-conflict' }, (harbor) => axion(harbor).create()),
    ).toEqual({ created: false });
  });

  test('sets auto_scan as a string in the metadata, as Harbor requires', async () => {
    await using server = await serve(recordedHarbor({ 'PUT /projects/axion': '906-auto-scan-on' }));
    await using harbor = openTestHarbor(server.origin);
    await axion(harbor).changePushSettings({ autoScan: true });
    expect(server.seen.find(({ method }) => method === 'PUT')?.body).toBe('{"metadata":{"auto_scan":"true"}}');
  });
});

describe('repositories', () => {
  test('lists names with and without the project', async () => {
    const routes = { 'GET /projects/axion/repositories': '051-repositories-list' };
    const list = await replay(routes, (harbor) => collect(axion(harbor).listRepositories()));
    expect(list).toEqual([
      {
        name: 'services/api',
        fullName: 'axion/services/api',
        artifactCount: 1,
        pullCount: 0,
        created: '2026-11-23T06:55:25.600Z',
        updated: '2026-11-23T06:55:25.600Z',
      },
      expect.objectContaining({ name: 'python', fullName: 'axion/python' }),
    ]);
  });

  test('lists an empty project, and lists as a robot', async () => {
    const empty = { 'GET /projects/axion/repositories': '026-repositories-empty' };
    expect(await replay(empty, (harbor) => collect(axion(harbor).listRepositories()))).toEqual([]);
    const routes = { ...ROBOT, 'GET /projects/axion/repositories': '216-robot-repositories' };
    expect(await replay(routes, (harbor) => collect(axion(harbor).listRepositories()), robot)).toHaveLength(7);
  });

  test('encodes a slash in the name twice', async () => {
    const routes = { 'GET /projects/axion/repositories/services%252Fapi': '055-repository-get-slash-double-encoded' };
    const repository = await replay(routes, (harbor) => axion(harbor).repository('services/api').get());
    expect(repository).toMatchObject({ name: 'services/api', artifactCount: 1 });
  });

  test('reads an empty repository', async () => {
    const routes = {
      'GET /projects/axion/repositories/a%252Fb%252Fc': '433-repository-left-empty',
      'GET /projects/axion/repositories/a%252Fb%252Fc/artifacts': '434-repository-empty-artifacts',
    };
    const repository = (harbor: Harbor) => axion(harbor).repository('a/b/c');
    expect(await replay(routes, (harbor) => repository(harbor).get())).toMatchObject({ artifactCount: 0 });
    expect(await replay(routes, (harbor) => collect(repository(harbor).listArtifacts()))).toEqual([]);
  });

  test('throws for a missing repository, although Harbor responds with an empty list of artifacts', async () => {
    const routes = {
      'GET /projects/axion/repositories/pythn/artifacts': '064-artifacts-unknown-repository',
      'GET /projects/axion/repositories/pythn': '057-repository-get-unknown',
      'GET /projects/axion/repositories': '051-repositories-list',
    };
    const list = replay(routes, (harbor) => collect(axion(harbor).repository('pythn').listArtifacts()));
    await expect(list).rejects.toMatchObject({
      code: 'REPOSITORY_NOT_FOUND',
      message: expect.stringContaining('the project axion at 127.0.0.1'),
      hint: 'Did you mean "python"?',
      details: expect.objectContaining({ suggestions: ['python'] }),
    });
  });

  test('reads a repository that a robot may list but not read', async () => {
    const routes: RecordedRoutes = {
      ...ROBOT,
      'GET /projects/load/repositories/app-1199/artifacts': '434-repository-empty-artifacts',
      'GET /projects/load/repositories/app-1199': '233-robot-project-scope-repository-get',
      'GET /projects/load/repositories': ({ url }) =>
        url.includes('q=name%3Dload%2Fapp-1199') ? '312-repos-q-name-exact-full' : '008-unknown-api-path',
      'GET /projects/load/repositories/app-1199/artifacts/x': '068-artifact-unknown-tag',
    };
    const repository = (harbor: Harbor) => harbor.project('load').repository('app-1199');
    expect(await replay(routes, (harbor) => collect(repository(harbor).listArtifacts()), robot)).toEqual([]);
    await expect(replay(routes, (harbor) => repository(harbor).getArtifact('x'), robot)).rejects.toMatchObject({
      code: 'TAG_NOT_FOUND',
    });
    const gone = { ...routes, 'GET /projects/load/repositories': '313-repos-q-name-exact-short' };
    await expect(replay(gone, (harbor) => collect(repository(harbor).listArtifacts()), robot)).rejects.toMatchObject({
      code: 'REPOSITORY_NOT_FOUND',
    });
  });

  test('throws for a missing project, although Harbor reports only the repository', async () => {
    const routes = {
      'GET /projects/nope/repositories/python/artifacts': '065-artifacts-unknown-project',
      'GET /projects/nope/repositories/python': '058-repository-get-unknown-project',
      'GET /projects/nope/repositories': '027-repositories-unknown-project',
    };
    const list = replay(routes, (harbor) => collect(harbor.project('nope').repository('python').listArtifacts()));
    await expect(list).rejects.toMatchObject({ code: 'REGISTRY_PROJECT_MISSING' });
  });
});

describe('artifacts', () => {
  const artifact = (name: string) =>
    replay({ 'GET /projects/axion/repositories/python/artifacts/x': name }, (harbor) =>
      python(harbor).getArtifact('x'),
    );

  test('lists the images of an index as its children', async () => {
    const routes = { 'GET /projects/axion/repositories/python/artifacts': '320-artifacts-with-index' };
    const list = await replay(routes, (harbor) => collect(python(harbor).listArtifacts()));
    expect(list).toHaveLength(4);
    expect(list[0]).toMatchObject({
      digest: 'sha256:4676c5cb057b6b7ebbef9be8e782f0fa155b9d87bbb785893368fc00718cd0a1',
      type: 'IMAGE',
      mediaType: 'application/vnd.oci.image.index.v1+json',
      tags: [{ name: 'multi', immutable: false, pushed: '2026-11-23T06:58:39.556Z' }],
      children: [
        {
          digest: 'sha256:3d99ea1bb92c1eebbef918ac0db4eba6d490542375a0a5559278c7aba37d3759',
          platform: 'linux/amd64',
        },
        {
          digest: 'sha256:f91f4f959a803c8d9cb4621c85c6884c4e40745e9bcb73a9cb31b2057c78fd48',
          platform: 'linux/arm64',
        },
      ],
    });
    expect(list[0]).not.toHaveProperty('platform');
    expect(list[1]).toMatchObject({ tags: [], platform: 'linux/amd64', size: 64_855 });
    expect(list[1]).not.toHaveProperty('children');
  });

  test('reads an image that was never pulled', async () => {
    expect(await artifact('066-artifact-by-tag')).toEqual({
      digest: PYTHON,
      type: 'IMAGE',
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      size: 110_494_077,
      pushed: '2026-11-23T06:55:21.680Z',
      tags: [{ name: '3.11', immutable: false, pushed: '2026-11-23T06:55:21.959Z' }],
      platform: 'linux/amd64',
      accessories: [],
    });
  });

  test('reads an image by its digest, and in a repository with a slash', async () => {
    const routes = {
      [`GET /projects/axion/repositories/python/artifacts/${PYTHON}`]: '067-artifact-by-digest',
      'GET /projects/axion/repositories/services%252Fapi/artifacts': '062-artifacts-slash-double-encoded',
    };
    expect(await replay(routes, (harbor) => python(harbor).getArtifact(PYTHON))).toMatchObject({ digest: PYTHON });
    const list = await replay(routes, (harbor) => collect(axion(harbor).repository('services/api').listArtifacts()));
    expect(list).toMatchObject([{ platform: 'linux/amd64' }]);
  });

  test('finds the artifact of a repository that was pushed last', async () => {
    const routes: RecordedRoutes = {
      'GET /projects/axion/repositories/svc-0001/artifacts': ({ url }) =>
        url.includes('sort=-push_time&page=1&page_size=1') ? '322-artifacts-sort-push-time' : '008-unknown-api-path',
      'GET /projects/axion/repositories/empty/artifacts': '434-repository-empty-artifacts',
    };
    const [newest] = await replay(routes, (harbor) => axion(harbor).repository('svc-0001').newestArtifacts(1));
    expect(newest).toMatchObject({ tags: [{ name: 'multi' }], pushed: '2026-11-23T06:58:39.476Z' });
    expect(await replay(routes, (harbor) => axion(harbor).repository('empty').newestArtifacts(1))).toEqual([]);
  });

  test('reads an artifact that is not an image', async () => {
    const other = await artifact('150-other-artifact');
    expect(other.type).toBe('THING');
    expect(other).not.toHaveProperty('platform');
  });

  test.each([
    ['100-artifact-never-scanned', undefined],
    ['107-artifacts-list-overview-success', { status: 'Success', total: 40 }],
    ['106-overview-state-1-Pending', { status: 'Pending', counts: {} }],
    ['106-overview-state-2-Running', { status: 'Running', counts: {} }],
    [
      '106-overview-state-3-Success',
      {
        status: 'Success',
        severity: 'Critical',
        total: 40,
        fixable: 27,
        counts: { Critical: 5, High: 11, Medium: 12, Low: 7, None: 2, Unknown: 3 },
        scanner: { name: 'Trivy', vendor: 'Aqua Security', version: 'v0.52.2' },
        started: '2026-11-23T06:57:11.000Z',
        finished: '2026-11-23T06:57:20.000Z',
      },
    ],
    ['131-clean-overview', { status: 'Success', severity: 'None', counts: {} }],
    ['118-overview-after-stop', { status: 'Stopped', counts: {} }],
    ['134-fail-overview', { status: 'Error', counts: {} }],
    ['141-index-overview', { status: 'Success', completePercent: 100, total: 40 }],
  ])('reads the scan overview of %s', async (name, overview) => {
    // Two of the recordings are lists.
    const routes = {
      'GET /projects/axion/repositories/python/artifacts': name,
      'GET /projects/axion/repositories/python/artifacts/x': name,
    };
    const found = await replay(routes, async (harbor) =>
      /^10[07]/.test(name) ? (await collect(python(harbor).listArtifacts()))[0] : await python(harbor).getArtifact('x'),
    );
    if (overview === undefined) expect(found).not.toHaveProperty('scanOverview');
    else expect(found?.scanOverview).toMatchObject(overview);
  });

  test('throws for a tag or a digest that the repository does not have', async () => {
    const routes = {
      'GET /projects/axion/repositories/python/artifacts/nosuch': '068-artifact-unknown-tag',
      [`GET /projects/axion/repositories/python/artifacts/${NOWHERE}`]: '069-artifact-unknown-digest',
      'GET /projects/axion/repositories/python': '053-repository-get',
    };
    await expect(replay(routes, (harbor) => python(harbor).getArtifact('nosuch'))).rejects.toMatchObject({
      code: 'TAG_NOT_FOUND',
      message: expect.stringContaining('axion/python'),
    });
    await expect(replay(routes, (harbor) => python(harbor).getArtifact(NOWHERE))).rejects.toMatchObject({
      code: 'ARTIFACT_NOT_FOUND',
    });
  });
});

describe('tags', () => {
  const TAGS = `/projects/axion/repositories/python/artifacts/${PYTHON}/tags`;

  test('creates a tag', async () => {
    await using server = await serve(recordedHarbor({ [`POST ${TAGS}`]: '401-tag-create' }));
    await using harbor = openTestHarbor(server.origin);
    expect(await python(harbor).createTag(PYTHON, 'stable')).toEqual({ created: true });
    expect(server.seen.find(({ method }) => method === 'POST')?.body).toBe('{"name":"stable"}');
  });

  test('does nothing when the artifact has the tag already', async () => {
    const routes = {
      [`POST ${TAGS}`]: '402-tag-create-conflict',
      'GET /projects/axion/repositories/python/artifacts/stable': '066-artifact-by-tag',
    };
    expect(await replay(routes, (harbor) => python(harbor).createTag(PYTHON, 'stable'))).toEqual({ created: false });
  });

  test('throws TAG_EXISTS when another artifact has the tag', async () => {
    const routes = {
      [`POST ${TAGS}`]: '402-tag-create-conflict',
      'GET /projects/axion/repositories/python/artifacts/stable': '150-other-artifact',
    };
    await expect(replay(routes, (harbor) => python(harbor).createTag(PYTHON, 'stable'))).rejects.toMatchObject({
      code: 'TAG_EXISTS',
      details: { tag: 'stable', digest: expect.stringContaining('sha256:072f5bac') },
    });
  });

  test('throws for a missing artifact', async () => {
    const routes = {
      [`POST /projects/axion/repositories/python/artifacts/${NOWHERE}/tags`]: '405-tag-create-unknown-artifact',
      'GET /projects/axion/repositories/python': '053-repository-get',
    };
    await expect(replay(routes, (harbor) => python(harbor).createTag(NOWHERE, 'x'))).rejects.toMatchObject({
      code: 'ARTIFACT_NOT_FOUND',
    });
  });

  test('removes a tag by the digest that it points to', async () => {
    const routes = {
      'GET /projects/axion/repositories/python/artifacts/stable': '066-artifact-by-tag',
      [`DELETE ${TAGS}/stable`]: '406-tag-delete',
    };
    expect(await replay(routes, (harbor) => python(harbor).untag('stable'))).toEqual({ digest: PYTHON });
  });

  test.each([
    ['407-tag-delete-unknown', 'TAG_NOT_FOUND'],
    ['408-tag-delete-of-other-artifact', 'TAG_NOT_FOUND'],
    ['442-immutable-delete-tag', 'TAG_IMMUTABLE'],
  ])('does not remove a tag: %s', async (name, code) => {
    const routes = {
      'GET /projects/axion/repositories/python/artifacts/stable': '066-artifact-by-tag',
      [`DELETE ${TAGS}/stable`]: name,
    };
    await expect(replay(routes, (harbor) => python(harbor).untag('stable'))).rejects.toMatchObject({ code });
  });
});

describe('deleteArtifact', () => {
  const path = `DELETE /projects/axion/repositories/python/artifacts/${PYTHON}`;

  test('deletes an artifact', async () => {
    const routes = { [path]: '426-delete-artifact-by-digest' };
    await expect(replay(routes, (harbor) => python(harbor).deleteArtifact(PYTHON))).resolves.toBeUndefined();
  });

  test.each([
    ['441-immutable-delete-artifact', 'TAG_IMMUTABLE'],
    ['425-delete-artifact-referenced-by-index', 'ARTIFACT_IN_INDEX'],
    ['731-read-only-delete', 'REGISTRY_READ_ONLY'],
    ['428-delete-artifact-twice', 'ARTIFACT_NOT_FOUND'],
    ['250-guest-delete-forbidden', 'REGISTRY_FORBIDDEN'],
    ['424-delete-artifact-anonymous', 'REGISTRY_UNAUTHORIZED'],
  ])('throws when Harbor refuses: %s', async (name, code) => {
    const routes = { [path]: name, 'GET /projects/axion/repositories/python': '053-repository-get' };
    const error = await replay(routes, (harbor) => python(harbor).deleteArtifact(PYTHON)).catch((e) => e);
    expect(error).toMatchObject({ code });
    expect(error.message).not.toBe('');
    expect(error.hint).toMatch(/\.$|objdocker/);
  });

  test("names the index that contains it, after Harbor's own words", async () => {
    const index = 'sha256:1be0f0bc5de9ad5f0aa2b1d0a09f8ee5b3c3a3f1e3ab0d2e8c0c8b1ff4ee3c11';
    const body = JSON.stringify([
      {
        digest: index,
        push_time: '2026-01-01T00:00:00Z',
        tags: [{ name: '1.0' }],
        references: [{ child_digest: PYTHON }],
      },
    ]);
    const respond = recordedHarbor({ [path]: '425-delete-artifact-referenced-by-index' });
    await using server = await serve((request, origin) =>
      request.url.includes('/artifacts?')
        ? { status: 200, headers: { 'content-type': 'application/json' }, body }
        : respond(request, origin),
    );
    await using harbor = openTestHarbor(server.origin);
    await expect(python(harbor).deleteArtifact(PYTHON)).rejects.toMatchObject({
      code: 'ARTIFACT_IN_INDEX',
      message: expect.stringMatching(
        new RegExp(`the deleting artifact is referenced by others. It is a platform of the index ${index} \\(1.0\\)$`),
      ),
      hint: expect.stringContaining(`objdocker harbor-delete python@${index}`),
      details: { index },
    });
  });

  test('reads the artifact type of an accessory whose type Harbor does not know', async () => {
    const digest = 'sha256:658235554d246d2f2ddd83c292a4afb04c33ba71ab5d968d399485777edeef06';
    const routes = {
      [`GET /projects/axion/repositories/python/artifacts/${digest}`]: '2.15/171-sbom-accessory-artifact',
    };
    const known = { digest: PYTHON, type: 'signature.cosign', size: 1 };
    const unknown = { digest, type: 'subject.accessory', size: 1 };
    expect(await replay(routes, (harbor) => python(harbor).readAccessoryTypes([known, unknown]))).toEqual([
      known,
      { ...unknown, artifactType: 'application/vnd.goharbor.harbor.sbom.v1' },
    ]);
  });

  test('names the permission that a robot lacks', async () => {
    const routes = { ...ROBOT, [path]: '220-robot-delete-artifact-forbidden' };
    await expect(replay(routes, (harbor) => python(harbor).deleteArtifact(PYTHON), robot)).rejects.toMatchObject({
      code: 'REGISTRY_FORBIDDEN',
      hint: expect.stringContaining('Give the robot'),
    });
  });

  test('throws for a missing repository or project', async () => {
    const routes = {
      [path]: '422-delete-artifact-unknown-repo',
      'GET /projects/axion/repositories/python': '057-repository-get-unknown',
      'GET /projects/axion/repositories': '026-repositories-empty',
    };
    await expect(replay(routes, (harbor) => python(harbor).deleteArtifact(PYTHON))).rejects.toMatchObject({
      code: 'REPOSITORY_NOT_FOUND',
    });
    const project = {
      ...routes,
      [path]: '423-delete-artifact-unknown-project',
      'GET /projects/axion/repositories/python': '058-repository-get-unknown-project',
      'GET /projects/axion/repositories': '027-repositories-unknown-project',
    };
    await expect(replay(project, (harbor) => python(harbor).deleteArtifact(PYTHON))).rejects.toMatchObject({
      code: 'REGISTRY_PROJECT_MISSING',
    });
  });
});

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
