import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RECORD_TYPE } from '../../src/model/enums.ts';
import { createHarborProject, createRobot } from '../harness/harbor-project.ts';
import { type Account, startHarbor, type TestHarbor } from '../harness/harbor-server.ts';
import { pushImage, pushIndex } from '../sandbox/small-images.ts';
import { refuseProjectLists } from './project-lists.ts';

// The newest artifact of many repositories: in a few requests from Harbor 2.11 on, and the same as one request for each tells.

const SEEDED = 105;
const OF_PROJECT = /\/projects\/axion\/artifacts\?/;
const OF_ONE_REPOSITORY = /\/repositories\/[^/]+\/artifacts\?/;

let harbor: TestHarbor;
beforeAll(async () => {
  harbor = await startHarbor({ version: '2.15', delays: { scanTime: 20 } });
  await harbor.api('PUT', 'projects/axion', { body: { metadata: { auto_scan: 'false' } } });
  await harbor.seed({ repositories: SEEDED, artifacts: 3, findings: 2, prefix: 'load' });
  await pushTraps();
});
afterAll(() => harbor[Symbol.asyncDispose]());

/** Repositories whose newest artifact is not simply the newest of one media type. */
async function pushTraps(): Promise<void> {
  const push = (repository: string, more: object = {}) =>
    pushImage(harbor, { repository: `axion/${repository}`, ...more });
  // The images of an index have no tag, and are older than it; but newer than the earlier image.
  for (const docker of [false, true]) {
    const repository = docker ? 'docker-index' : 'index';
    await push(repository, { tag: 'single', docker });
    const platforms = ['linux/amd64', 'linux/arm64'];
    const children = await Promise.all(
      platforms.map(async (platform) => ({ platform, digest: await push(repository, { platform, docker }) })),
    );
    await pushIndex(harbor, `axion/${repository}`, '1.0', children, { docker });
  }
  // An image that was pushed after an index.
  const again = [{ platform: 'linux/amd64', digest: await push('index-then-image') }];
  await pushIndex(harbor, 'axion/index-then-image', '1.0', again);
  await push('index-then-image', { tag: 'later' });
  await push('other-media-type', { tag: 'oci' });
  await push('other-media-type', { tag: 'docker', docker: true });
  await push('untagged', { tag: 'older' });
  await push('untagged');
  const chart = { type: 'application/vnd.cncf.helm.config.v1+json', content: { name: 'chart', version: '1.0' } };
  await push('chart', { tag: '1.0', config: chart });
  await push('shop-releases', { tag: '1', config: { type: RECORD_TYPE, content: {} } });
  await push('signed', { tag: '1.0' });
  await push('team/nested', { tag: '1.0' });
  await pushSignature('signed', '1.0');
}

/** As cosign 2 signs: an image with a tag that names the digest. */
async function pushSignature(repository: string, tag: string): Promise<void> {
  const path = `projects/axion/repositories/${repository}/artifacts/${tag}`;
  const { digest } = (await (await harbor.api('GET', path)).json()) as { digest: string };
  await pushImage(harbor, { repository: `axion/${repository}`, tag: `${digest.replace(':', '-')}.sig` });
}

async function listed(account: Account = harbor.admin, args: readonly string[] = ['--scan']) {
  await using project = await createHarborProject({ host: harbor.host, login: account });
  await harbor.resetTraffic();
  const { code, stdout, stderr } = await project.run(['harbor-repos', '--json', ...args]);
  expect(code, stderr).toBe(0);
  const { recent } = await harbor.traffic();
  const { items } = JSON.parse(stdout) as { items: readonly { name: string; newest?: { tags: { name: string }[] } }[] };
  return {
    items,
    stderr,
    ofOne: recent.filter(({ path }) => OF_ONE_REPOSITORY.test(path)).length,
    ofProject: recent.filter(({ path }) => OF_PROJECT.test(path)).length,
  };
}

describe('the newest artifacts of more than a hundred repositories', () => {
  test.each([
    ['with their scans', ['--scan']],
    ['alone', []],
  ])('%s are what one request for each tells, with far fewer requests', async (_what, args) => {
    const together = await listed(harbor.admin, args);
    await refuseProjectLists(harbor);
    const each = await listed(harbor.admin, args);
    await harbor.failNext();
    expect(together.items).toEqual(each.items);
    expect(together.items.length).toBeGreaterThan(SEEDED);
    expect(each).toMatchObject({ ofOne: together.items.length, ofProject: 1 });
    // Only where an image of an index, an untagged image or a signature is the newest of its media type.
    expect(together.ofOne).toBeLessThanOrEqual(2);
    expect(together.ofProject).toBeLessThanOrEqual(16);
    const newest = Object.fromEntries(together.items.map(({ name, newest: its }) => [name, its?.tags[0]?.name]));
    expect(newest).toMatchObject({
      index: '1.0',
      'docker-index': '1.0',
      'index-then-image': 'later',
      'other-media-type': 'docker',
      untagged: undefined,
      chart: '1.0',
      signed: '1.0',
      'team/nested': '1.0',
    });
  });

  test('are asked of each repository when artifacts have a media type that we do not know', async () => {
    const config = { type: 'application/vnd.example.thing+json', content: {} };
    await pushImage(harbor, { repository: 'axion/load0001', tag: 'thing', config });
    const { items, ofOne } = await listed();
    expect(ofOne).toBe(items.length);
    expect(items.find(({ name }) => name === 'load0001')?.newest?.tags[0]?.name).toBe('thing');
    const path = 'projects/axion/repositories/load0001/artifacts/thing';
    expect((await harbor.api('DELETE', path)).status).toBe(200);
  });

  test('need the permission to list artifacts, and one warning tells when it is missing', async () => {
    const can = await createRobot(harbor, 'can-list', ['repository:list', 'artifact:list', 'artifact:read']);
    const seen = await listed(can);
    expect(seen.ofOne).toBeLessThanOrEqual(2);
    expect(seen.items.every(({ newest }) => newest !== undefined)).toBe(true);
    const cannot = await createRobot(harbor, 'cannot-list', ['repository:list']);
    const unseen = await listed(cannot);
    expect(unseen.items.map(({ newest }) => newest)).toEqual(unseen.items.map(() => undefined));
    expect(unseen.stderr.match(/lacks the permission artifact:list/g)).toHaveLength(1);
  });
});
