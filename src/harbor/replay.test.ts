import { describe, expect, test } from 'vitest';
import { collect, openTestHarbor, recordedHarbor } from '../../test/harness/harbor-client.ts';
import { type RecordedRoutes, serve } from '../../test/harness/registry-server.ts';
import type { Harbor } from './harbor.ts';
import { axion, ROBOT, replay, robot } from './replay.fixture.ts';

describe('projects', () => {
  test('reads a project without settings: everything is off', async () => {
    const project = await replay({ 'GET /projects/axion': '022-project-get' }, (harbor) => axion(harbor).get());
    expect(project).toEqual({
      id: 2,
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
