import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openHarbor } from '../../src/harbor/harbor.ts';
import { createHttpClient } from '../../src/lib/http/client.ts';
import { Secret } from '../../src/lib/secret.ts';
import { harborTagStore } from '../../src/pipeline/promotion/harbor-tag-store.ts';
import { plainTagStore } from '../../src/pipeline/promotion/plain-tag-store.ts';
import { type Candidate, promote } from '../../src/pipeline/promotion/promote.ts';
import { recover } from '../../src/pipeline/promotion/recover.ts';
import { formatJournalTag, newStagingTag } from '../../src/pipeline/promotion/tag-format.ts';
import type { TagStore } from '../../src/pipeline/promotion/tag-store.ts';
import { openRegistry } from '../../src/registry/registry.ts';
import { type Account, startHarbor, type TestHarbor } from '../harness/harbor-server.ts';
import { pushImage } from '../sandbox/small-images.ts';

let harbor: TestHarbor;
const http = createHttpClient({ env: {} });

beforeAll(async () => {
  harbor = await startHarbor();
});

afterAll(async () => {
  await http.close();
  await harbor[Symbol.asyncDispose]();
});

beforeEach(async () => {
  await harbor.failNext();
  await harbor.setDown();
  await setProject({ auto_scan: 'false', prevent_vul: 'false' });
});

function storeAs({ username, password }: Account): TagStore {
  const credentials = { username, password: new Secret(password) };
  const api = openHarbor({ url: harbor.url, http, login: credentials, retry: { baseMs: 1 } });
  const registry = openRegistry({ url: harbor.url, http, login: { credentials } });
  return harborTagStore({ project: api.project('axion'), registry });
}

function plainStore(): TagStore {
  const credentials = { username: harbor.admin.username, password: new Secret(harbor.admin.password) };
  return plainTagStore(openRegistry({ url: harbor.url, http, login: { credentials } }));
}

async function setProject(metadata: Record<string, string>): Promise<void> {
  expect((await harbor.api('PUT', 'projects/axion', { body: { metadata } })).status).toBe(200);
}

interface Release {
  readonly run: string;
  readonly candidates: readonly Candidate[];
}

/** Repositories with a staged image each, some with a public tag on an older one. */
async function release(name: string, befores: readonly ('old' | 'none' | 'same')[], run = newStagingTag(new Date())) {
  const candidates: Candidate[] = [];
  for (const [index, before] of befores.entries()) {
    const repository = `axion/${name}-${index}-shop`;
    const old = before === 'old' ? await pushImage(harbor, { repository, tag: '1.0' }) : undefined;
    const digest = await pushImage(harbor, { repository, tag: run });
    if (before === 'same') await post(repository, digest, '1.0');
    const previous = before === 'same' ? digest : old;
    candidates.push({ repository, tag: '1.0', reference: `${harbor.host}/${repository}:1.0`, digest, previous });
  }
  await harbor.resetTraffic();
  return { run, candidates } satisfies Release;
}

async function post(repository: string, digest: string, tag: string): Promise<void> {
  const path = `projects/axion/repositories/${repository.slice('axion/'.length)}/artifacts/${digest}/tags`;
  expect((await harbor.api('POST', path, { body: { name: tag } })).status).toBe(201);
}

/** The digests of all tags of a repository, as the registry lists them. */
async function tagsOf(repository: string): Promise<Record<string, string>> {
  const path = `projects/axion/repositories/${repository.slice('axion/'.length)}/artifacts?page_size=100`;
  const artifacts = (await (await harbor.api('GET', path)).json()) as {
    digest: string;
    tags: { name: string }[] | null;
  }[];
  return Object.fromEntries(artifacts.flatMap(({ digest, tags }) => (tags ?? []).map(({ name }) => [name, digest])));
}

async function expectTags({ run, candidates }: Release, state: 'old' | 'new'): Promise<void> {
  for (const { repository, digest, previous } of candidates) {
    const public_ = state === 'new' ? digest : previous;
    expect(await tagsOf(repository), repository).toEqual({
      [run]: digest,
      ...(public_ === undefined ? {} : { '1.0': public_ }),
    });
  }
}

const run = (store: TagStore, { run, candidates }: Release, warnings: string[] = []) =>
  promote(store, candidates, {
    run,
    onPromotion: () => {},
    onWarning: (message) => warnings.push(message),
    deadlines: { undoMs: 5_000 },
  });

const recovering = (store: TagStore, { candidates }: Release, warnings: string[] = []) =>
  recover(
    store,
    candidates.map(({ repository }) => repository),
    { onWarning: (message) => warnings.push(message), deadlines: { settleMs: 50, undoMs: 5_000 } },
  );

/** The requests that change something, without those to which the registry responded with a token challenge. */
async function changes(): Promise<string[]> {
  const { recent } = await harbor.traffic();
  return recent
    .filter(
      ({ method, path, status }) =>
        !['GET', 'HEAD'].includes(method) && !path.startsWith('/service/') && status !== 401,
    )
    .map(({ method, path, status }) => `${method} ${path} ${status}`);
}

test('creates new tags, moves old ones, leaves equal ones alone, and leaves only the staging tag', async () => {
  const fixture = await release('all', ['old', 'none', 'same']);
  await setProject({ auto_scan: 'true' });
  await harbor.resetTraffic();
  const result = await run(storeAs(harbor.admin), fixture);
  expect(result).toMatchObject({ kind: 'promoted' });
  if (result.kind === 'promoted')
    expect([...result.promotions.values()].sort()).toEqual(['created', 'moved', 'unchanged']);
  await expectTags(fixture, 'new');
  const asked = await changes();
  expect(asked.filter((change) => change.startsWith('PUT'))).toEqual(['PUT /v2/axion/all-0-shop/manifests/1.0 201']);
  expect(
    asked.filter((change) => change.includes('all-2-shop')),
    'no scan is started',
  ).toEqual([]);
  expect(
    asked.filter((change) => /^DELETE .*\/artifacts\/[^/]+ /.test(change)),
    'no artifact is deleted',
  ).toEqual([]);
});

test('promotes with a robot that may only push and pull, and marks its journal as closed', async () => {
  const fixture = await release('robot', ['old', 'none']);
  const robot = storeAs(harbor.robot);
  expect(await run(robot, fixture)).toMatchObject({ kind: 'promoted' });
  for (const { repository, digest } of fixture.candidates) expect((await tagsOf(repository))['1.0']).toBe(digest);
  expect(await recovering(robot, fixture), 'nothing is left to recover').toEqual([]);
  const [first] = fixture.candidates;
  await harbor.resetTraffic();
  // A user with the right to delete tags has nothing to recover, either: a tag moved back by hand stays.
  if (first?.previous === undefined) throw new Error('expected an old image');
  const store = storeAs(harbor.admin);
  await store.move(first.repository, await store.fetchManifest(first.repository, first.previous), '1.0');
  expect(await recovering(store, fixture)).toEqual([]);
  expect((await tagsOf(first.repository))['1.0']).toBe(first.previous);
});

test('rejects an immutable tag before any change', async () => {
  const fixture = await release('fixed', ['old', 'old']);
  const rule = {
    action: 'immutable',
    template: 'immutable_template',
    disabled: false,
    scope_selectors: { repository: [{ kind: 'doublestar', decoration: 'repoMatches', pattern: 'fixed-1-shop' }] },
    tag_selectors: [{ kind: 'doublestar', decoration: 'matches', pattern: '1.*' }],
  };
  expect((await harbor.api('POST', 'projects/axion/immutabletagrules', { body: rule })).status).toBe(201);
  await harbor.resetTraffic();
  await expect(run(storeAs(harbor.admin), fixture)).rejects.toMatchObject({
    code: 'TAG_IMMUTABLE',
    details: { references: [`${harbor.host}/axion/fixed-1-shop:1.0`] },
  });
  expect(await changes()).toEqual([]);
  // A store that cannot tell beforehand: Harbor refuses one move, and the other one is undone.
  const unaware = { ...storeAs(harbor.admin), isImmutable: async () => false };
  await expect(run(unaware, fixture)).rejects.toMatchObject({ code: 'TAG_IMMUTABLE', details: { notUndone: [] } });
  await expectTags(fixture, 'old');
});

test('moves nothing and names each image that the policy of Harbor refuses', async () => {
  const fixture = await release('policy', ['old', 'old']);
  await setProject({ prevent_vul: 'true', severity: 'low' });
  await harbor.resetTraffic();
  const result = await run(storeAs(harbor.admin), fixture);
  expect(result).toMatchObject({ kind: 'refused' });
  if (result.kind === 'refused') {
    expect(result.refusals).toHaveLength(2);
    expect(result.refusals[0]?.reason).toContain('without vulnerability scanning');
  }
  expect(await changes()).toEqual([]);
});

test('undoes the move away from an image that nobody may pull', async () => {
  const fixture = await release('vulnerable', ['old', 'old', 'none']);
  for (const { repository, digest } of fixture.candidates) {
    await harbor.planScan(repository, digest, { findings: 0 });
    const path = `projects/axion/repositories/${repository.slice('axion/'.length)}/artifacts/${digest}/scan`;
    expect((await harbor.api('POST', path)).status).toBe(202);
  }
  await setProject({ prevent_vul: 'true', severity: 'low' });
  const store = storeAs(harbor.admin);
  for (const { repository, digest } of fixture.candidates) {
    const readable = () =>
      store.fetchManifest(repository, digest).then(
        () => true,
        () => false,
      );
    await expect.poll(readable, { timeout: 120_000 }).toBe(true);
  }
  // The last one, a new tag, fails.
  const failing: TagStore = {
    ...store,
    async create(repository, digest, tag, options) {
      if (tag === '1.0' && repository.includes('vulnerable-2')) {
        await harbor.failNext({
          method: 'POST',
          path: 'vulnerable-2-shop/artifacts/[^/]*/tags',
          status: 500,
          count: 1,
        });
      }
      return await store.create(repository, digest, tag, options);
    },
  };
  const warnings: string[] = [];
  await expect(run(failing, fixture, warnings)).rejects.toMatchObject({ details: { notUndone: [] } });
  expect(warnings.join('\n')).toContain('removed and created again');
  await expectTags(fixture, 'old');
});

describe('when Harbor fails', () => {
  test('one move, the other moves are undone', async () => {
    const fixture = await release('broken', ['old', 'old', 'old']);
    await harbor.failNext({ method: 'PUT', path: '/broken-1-shop/manifests/1.0', status: 500, count: 1 });
    await expect(run(storeAs(harbor.admin), fixture)).rejects.toMatchObject({
      code: 'REGISTRY_ERROR',
      details: { notUndone: [] },
    });
    await expectTags(fixture, 'old');
  });

  test('to respond to a move, the move is sent again and all tags are moved', async () => {
    const fixture = await release('lost', ['old', 'old']);
    await harbor.failNext({ method: 'PUT', path: '/lost-1-shop/manifests/1.0', kind: 'reset', count: 1 });
    expect(await run(storeAs(harbor.admin), fixture)).toMatchObject({ kind: 'promoted' });
    await expectTags(fixture, 'new');
  });

  test('for a short time, all moves are undone', async () => {
    const fixture = await release('back', ['old', 'old', 'old']);
    await harbor.failNext({ method: 'PUT', path: 'back-.-shop/manifests/1.0', status: 503, count: 6 });
    await expect(run(storeAs(harbor.admin), fixture)).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      details: { notUndone: [] },
    });
    await expectTags(fixture, 'old');
  });

  test('for long, the next run finishes the partial promotion', async () => {
    const fixture = await release('away', ['old', 'old', 'old', 'old', 'old', 'none']);
    const store = storeAs(harbor.admin);
    const moved: Promise<void>[] = [];
    const dying: TagStore = {
      ...store,
      async move(repository, manifest, tag, options) {
        if (tag === '1.0' && moved.length === 2) {
          await Promise.all(moved);
          await harbor.setDown('registry');
        }
        const move = store.move(repository, manifest, tag, options);
        if (tag === '1.0' && moved.length < 2) moved.push(move);
        await move;
      },
    };
    await expect(run(dying, fixture)).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('could not be undone'),
    });
    await harbor.setDown();
    await harbor.restart();
    expect(await recovering(store, fixture)).toMatchObject([{ run: fixture.run, action: 'finished' }]);
    await expectTags(fixture, 'new');
  });
});

test('promotes nothing and names the tags that somebody else has moved', async () => {
  const fixture = await release('moved', ['old', 'old', 'none']);
  const theirs = await pushImage(harbor, { repository: 'axion/moved-1-shop', tag: '1.0' });
  const new_ = await pushImage(harbor, { repository: 'axion/moved-2-shop', tag: '1.0' });
  await harbor.resetTraffic();
  expect(await run(storeAs(harbor.admin), fixture)).toEqual({
    kind: 'conflict',
    late: false,
    conflicts: [
      { reference: `${harbor.host}/axion/moved-1-shop:1.0`, expected: fixture.candidates[1]?.previous, found: theirs },
      { reference: `${harbor.host}/axion/moved-2-shop:1.0`, found: new_ },
    ],
  });
  expect(await changes()).toEqual([]);
});

test('requests only its own tags from a repository with hundreds of artifacts', async () => {
  await harbor.seed({ repositories: 1, artifacts: 450, prefix: 'many-shop' });
  const names: string[] = [];
  const store = storeAs(harbor.admin);
  const list = await harbor.api('GET', 'projects/axion/repositories?q=name=~many-shop');
  const [{ name: repository }] = (await list.json()) as [{ name: string }];
  const digest = (Object.values(await tagsOf(repository)) as [string])[0];
  const staging = newStagingTag(new Date());
  await post(repository, digest, staging);
  await post(repository, digest, formatJournalTag(staging, { role: 'to', tag: '1.0' }));
  await post(repository, digest, 'objdocker-mine');
  await harbor.resetTraffic();
  for (const tag of await store.listPipelineTags(repository)) names.push(`${tag.name} ${tag.digest}`);
  expect(names.sort()).toEqual([`${staging} ${digest}`, `${staging}.to.1.0 ${digest}`]);
  const { recent } = await harbor.traffic();
  expect(recent.filter(({ path }) => path.includes('/artifacts'))).toHaveLength(1);
});

test('finds the repositories whose names end with that of the package', async () => {
  for (const name of ['api-till', 'api-till-extra', 'till', 'deep/web-till'])
    await pushImage(harbor, { repository: `axion/${name}`, tag: '1.0' });
  expect(
    [...(await storeAs(harbor.admin).repositoriesOf({ name: 'till', image: { name: '{service}-{package}' } }))].sort(),
  ).toEqual(['axion/api-till', 'axion/deep/web-till']);
});

describe('over the distribution API alone', () => {
  test('promotes all tags, leaves a closed journal, and recovers nothing', async () => {
    const fixture = await release('plain', ['old', 'none', 'same']);
    const store = plainStore();
    expect(await run(store, fixture)).toMatchObject({ kind: 'promoted' });
    for (const { repository, digest } of fixture.candidates) expect((await tagsOf(repository))['1.0']).toBe(digest);
    expect(await recovering(store, fixture)).toEqual([]);
    expect((await changes()).filter((change) => !change.startsWith('PUT /v2/'))).toEqual([]);
  });

  test('finishes a partial promotion', async () => {
    const fixture = await release('plainhalf', ['old', 'old']);
    const store = plainStore();
    for (const { repository, digest, previous } of fixture.candidates) {
      await store.create(repository, previous ?? '', formatJournalTag(fixture.run, { role: 'from', tag: '1.0' }));
      await store.create(repository, digest, formatJournalTag(fixture.run, { role: 'to', tag: '1.0' }));
    }
    const [first] = fixture.candidates;
    if (first === undefined) throw new Error('expected a candidate');
    await store.move(first.repository, await store.fetchManifest(first.repository, first.digest), '1.0');
    expect(await recovering(store, fixture)).toMatchObject([{ action: 'finished' }]);
    for (const { repository, digest } of fixture.candidates) expect((await tagsOf(repository))['1.0']).toBe(digest);
    expect(await recovering(store, fixture)).toEqual([]);
  });

  test('does not overwrite an existing tag, and reads all pages of the tag list', async () => {
    const fixture = await release('plaintags', ['old']);
    const store = plainStore();
    const [{ repository, digest, previous }] = fixture.candidates as [Candidate];
    await expect(store.create(repository, digest, '1.0')).rejects.toMatchObject({
      code: 'TAG_EXISTS',
      details: { digest: previous },
    });
    for (let index = 0; index < 120; index++) await post(repository, digest, `filler-${index}`);
    await post(repository, digest, formatJournalTag(fixture.run, { role: 'to', tag: '1.0' }));
    expect((await store.listPipelineTags(repository)).map(({ name }) => name).sort()).toEqual([
      fixture.run,
      `${fixture.run}.to.1.0`,
    ]);
    expect(await store.listPipelineTags('axion/nowhere')).toEqual([]);
    await expect(store.fetchManifest(repository, `sha256:${'0'.repeat(64)}`)).rejects.toMatchObject({
      code: 'ARTIFACT_NOT_FOUND',
    });
  });
});
