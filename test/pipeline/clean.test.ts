import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { ObjDocker } from '../../src/obj-docker/obj-docker.ts';
import { ObjBuild } from '../../src/pipeline/obj-build.ts';
import { newStagingTag } from '../../src/release/staging-tag.ts';
import { createHarborProject } from '../harness/harbor-project.ts';
import { startHarbor } from '../harness/harbor-server.ts';
import { pushImage } from '../sandbox/small-images.ts';

const OLD = newStagingTag(new Date(Date.now() - 25 * 60 * 60_000));
const YOUNG = newStagingTag(new Date());

test('removes old pipeline tags, also of former services, and keeps artifacts, newer tags and foreign tags', async () => {
  await using harbor = await startHarbor();
  await using project = await createHarborProject({
    host: harbor.host,
    login: harbor.admin,
    image: { repository: 'shop' },
  });
  const pkg = (await loadConfig(project.path('config.yaml'), { env: {} })).selectPackage('shop');
  const pipeline = new ObjBuild(new ObjDocker());

  const image = await pushImage(harbor, { repository: 'axion/shop', tag: '1.0' });
  const staged = await pushImage(harbor, { repository: 'axion/shop', tag: OLD });
  const former = await pushImage(harbor, { repository: 'axion/former-shop', tag: OLD });
  const other = await pushImage(harbor, { repository: 'axion/other', tag: OLD });
  const tag = (digest: string, name: string) =>
    harbor.api('POST', `projects/axion/repositories/shop/artifacts/${digest}/tags`, { body: { name } });
  for (const name of [YOUNG, 'release-1', 'objdocker-mine', `${OLD}-mine`]) {
    expect((await tag(image, name)).status).toBe(201);
  }
  await harbor.resetTraffic();

  const dry = await pipeline.clean(pkg, { dryRun: true });
  const { recent: requests } = await harbor.traffic();
  expect(requests.every(({ method }) => method === 'GET')).toBe(true);
  expect(await pipeline.clean(pkg)).toEqual(dry);
  const at = (repository: string, name: string) => `${harbor.host}/axion/${repository}:${name}`;
  expect(dry).toEqual({
    removed: [
      { reference: at('former-shop', OLD), digest: former },
      { reference: at('shop', OLD), digest: staged },
    ],
    notRemoved: [],
  });

  const { recent } = await harbor.traffic();
  const deletes = recent.filter(({ method }) => method === 'DELETE');
  expect(deletes).toHaveLength(2);
  expect(deletes.every(({ path }) => /\/artifacts\/sha256:[0-9a-f]{64}\/tags\/objdocker-/.test(path))).toBe(true);
  const has = async (repository: string, reference: string) =>
    (await harbor.api('GET', `projects/axion/repositories/${repository}/artifacts/${reference}`)).status;
  for (const reference of [staged, '1.0', YOUNG, 'release-1', 'objdocker-mine', `${OLD}-mine`]) {
    expect(await has('shop', reference), reference).toBe(200);
  }
  expect(await has('former-shop', former)).toBe(200);
  expect(await has('other', OLD)).toBe(200);
  expect(await has('other', other)).toBe(200);
});

test('reports a missing project instead of a project without staging tags', async () => {
  await using harbor = await startHarbor();
  await using project = await createHarborProject({
    host: harbor.host,
    login: harbor.admin,
    image: { repository: 'shop' },
    registry: { project: 'nope' },
  });
  const pkg = (await loadConfig(project.path('config.yaml'), { env: {} })).selectPackage('shop');
  await expect(new ObjBuild(new ObjDocker()).clean(pkg)).rejects.toMatchObject({ code: 'REGISTRY_PROJECT_MISSING' });
});
