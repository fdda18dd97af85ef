import { describe, expect, test } from 'vitest';
import { collect, openTestHarbor, recordedHarbor } from '../../test/harness/harbor-client.ts';
import { type RecordedRoutes, serve } from '../../test/harness/registry-server.ts';
import { axion, NOWHERE, PYTHON, python, ROBOT, replay, robot } from './replay.fixture.ts';

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
