import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { HarborVersion } from '../../../sandbox/harbor/api/version.ts';
import { openHarbor } from '../../../src/harbor/harbor.ts';
import { createHttpClient } from '../../../src/lib/http/client.ts';
import { Secret } from '../../../src/lib/secret.ts';
import type { Recovery } from '../../../src/model/pipeline-run.ts';
import { PROMOTION_DEADLINES } from '../../../src/pipeline/promotion/deadlines.ts';
import { type PromoteResult, promote, type ReleasePlan } from '../../../src/pipeline/promotion/promote.ts';
import { settle } from '../../../src/pipeline/promotion/settle.ts';
import { openRegistry } from '../../../src/registry/registry.ts';
import type { ReleaseImage } from '../../../src/release/new-record.ts';
import { encodeProbe, encodeRecord } from '../../../src/release/record-manifest.ts';
import { type History, ReleaseRecords } from '../../../src/release/records.ts';
import { newStagingTag } from '../../../src/release/staging-tag.ts';
import { harborTagStore } from '../../../src/release/store/harbor-tag-store.ts';
import { plainTagStore } from '../../../src/release/store/plain-tag-store.ts';
import type { TagStore } from '../../../src/release/store/tag-store.ts';
import { type Account, startHarbor, type TestHarbor } from '../../harness/harbor-server.ts';
import { pushImage } from '../../sandbox/small-images.ts';

/** Releases against a real Harbor of a version, and over the distribution API alone. */
export function testPromotion(version: HarborVersion): void {
  let harbor: TestHarbor;
  const http = createHttpClient({ env: {} });

  beforeAll(async () => {
    harbor = await startHarbor({ version });
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
    /** The name of the package. */
    readonly name: string;
    readonly images: readonly Staged[];
  }

  interface Staged {
    readonly repository: string;
    readonly digest: string;
    /** What the public tag points to before. */
    readonly previous: string | undefined;
  }

  /** Repositories with a staged image each, some with a public tag on an older one. */
  async function release(name: string, befores: readonly ('old' | 'none' | 'same')[], run = newStagingTag(new Date())) {
    const images: Staged[] = [];
    for (const [index, before] of befores.entries()) {
      const repository = `axion/${name}-${index}-shop`;
      const old = before === 'old' ? await pushImage(harbor, { repository, tag: '1.0' }) : undefined;
      const digest = await pushImage(harbor, { repository, tag: run });
      if (before === 'same') await post(repository, digest, '1.0');
      images.push({ repository, digest, previous: before === 'same' ? digest : old });
    }
    await harbor.resetTraffic();
    return { run, name, images } satisfies Release;
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

  /** Expects the staging tags, the public tags, and the tags that keep images. */
  async function expectTags({ run, images }: Release, state: 'old' | 'new'): Promise<void> {
    for (const { repository, digest, previous } of images) {
      const { 'release-1': kept, 'before-1': before, ...others } = await tagsOf(repository);
      const now = state === 'new' ? digest : previous;
      expect(others, repository).toEqual({ [run]: digest, ...(now === undefined ? {} : { '1.0': now }) });
      expect([undefined, digest]).toContain(kept);
      expect([undefined, previous]).toContain(before);
    }
  }

  const recordsOf = (store: TagStore, { name }: Release) =>
    new ReleaseRecords({ store, repository: `axion/${name}-releases`, package: name });

  async function recovering(store: TagStore, fixture: Release, warnings: string[] = []) {
    const recovered: Recovery[] = [];
    await settle({
      store,
      records: recordsOf(store, fixture),
      run: newStagingTag(new Date()),
      deadlines: { ...PROMOTION_DEADLINES, settleMs: 50, undoMs: 5_000 },
      onWaiting: () => {},
      onRecovered: (recovery) => recovered.push(recovery),
      onWarning: (message) => warnings.push(message),
    });
    return recovered;
  }

  async function run(store: TagStore, fixture: Release, warnings: string[] = []): Promise<PromoteResult> {
    const records = recordsOf(store, fixture);
    const plan = async (history: History): Promise<ReleasePlan> => ({
      history,
      currents: [await records.current(history, '1.0', {})],
      images: fixture.images.map(
        ({ repository, digest }): ReleaseImage => ({
          repository,
          digest,
          platforms: [],
          carried: false,
        }),
      ),
      expected: ({ repository }) => fixture.images.find((each) => each.repository === repository)?.previous,
    });
    return await promote({
      store,
      records,
      origin: { run: fixture.run, package: fixture.name, created: new Date(), by: {} },
      tags: ['1.0'],
      plan: await plan(await records.history({})),
      replan: plan,
      onLocked: () => {},
      onPromotion: () => {},
      onWaiting: () => {},
      onRecovered: () => {},
      onWarning: (message) => warnings.push(message),
      deadlines: { undoMs: 5_000, settleMs: 50 },
    });
  }

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

  test('creates new tags, moves old ones, leaves equal ones alone, and starts no scan for the others', async () => {
    const fixture = await release('all', ['old', 'none', 'same']);
    await setProject({ auto_scan: 'true' });
    await harbor.resetTraffic();
    const result = await run(storeAs(harbor.admin), fixture);
    expect(result).toMatchObject({ kind: 'promoted' });
    if (result.kind === 'promoted')
      expect([...result.promotions.values()].sort()).toEqual(['created', 'moved', 'unchanged']);
    await expectTags(fixture, 'new');
    const asked = await changes();
    expect(asked.filter((change) => /^PUT .*-shop\//.test(change))).toEqual([
      'PUT /v2/axion/all-0-shop/manifests/1.0 201',
    ]);
    expect(
      asked.filter((change) => change.includes('all-2-shop')),
      'no scan is started',
    ).toEqual([
      `POST /api/v2.0/projects/axion/repositories/all-2-shop/artifacts/${fixture.images[2]?.digest}/tags 201`,
    ]);
    expect(
      asked.filter((change) => /^DELETE .*\/artifacts\/[^/]+ /.test(change)),
      'no artifact is deleted',
    ).toEqual([]);
  });

  test('needs the permission to create a tag, and changes no public tag without it', async () => {
    const fixture = await release('robot', ['old', 'none']);
    const error = await run(storeAs(harbor.robot), fixture).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'REGISTRY_FORBIDDEN', message: expect.stringContaining('tag:create') });
    await expectTags(fixture, 'old');
  });

  test('of several runs that lock a number at once, one gets it, and a lost response changes nothing', async () => {
    for (let round = 0; round < 5; round++) {
      const repository = `axion/race-${round}-releases`;
      const store = storeAs(harbor.admin);
      const digests = await Promise.all(
        Array.from({ length: 6 }, async (_, index) => {
          const record = encodeRecord({
            schemaVersion: 1,
            number: 1,
            kind: 'release',
            run: `run ${index}`,
            package: 'race',
            created: new Date().toISOString(),
            by: {},
            tags: [],
            services: [],
            current: [],
          });
          await store.pushRecord(repository, record);
          return record.manifest.digest;
        }),
      );
      await harbor.failNext({ method: 'POST', path: 'releases/artifacts/[^/]*/tags', kind: 'lose', count: 1 });
      const claims = await Promise.all(
        digests.map(async (digest) =>
          store.claim(repository, digest, '1').then(
            () => digest,
            (error: unknown) => error,
          ),
        ),
      );
      const { digest } = (await store.find(repository, '1')) ?? {};
      expect(claims.filter((claim) => typeof claim === 'string')).toEqual([digest]);
      for (const claim of claims)
        if (typeof claim !== 'string') expect(claim).toMatchObject({ code: 'TAG_EXISTS', details: { digest } });
    }
  });

  test('a record can be read back, and the same one can be stored twice', async () => {
    const store = storeAs(harbor.admin);
    const probe = encodeProbe();
    await store.pushRecord('axion/probe-releases', probe);
    await store.pushRecord('axion/probe-releases', probe);
    const [config, layer] = probe.blobs;
    expect(Buffer.from(await store.fetchBlob('axion/probe-releases', layer?.digest ?? ''))).toEqual(layer?.bytes);
    const manifest = await store.fetchManifest('axion/probe-releases', probe.manifest.digest);
    expect(Buffer.from(manifest.bytes).toString()).toContain(config?.digest ?? 'missing');
    const path = `projects/axion/repositories/probe-releases/artifacts/${probe.manifest.digest}`;
    expect(await (await harbor.api('GET', path)).json()).toMatchObject({ type: 'RELEASE' });
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
    const store = storeAs(harbor.admin);
    const unaware: TagStore = {
      ...store,
      async find(...call) {
        const found = await store.find(...call);
        return found === undefined ? undefined : { digest: found.digest };
      },
    };
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
    for (const { repository, digest } of fixture.images) {
      await harbor.planScan(repository, digest, { findings: 0 });
      const path = `projects/axion/repositories/${repository.slice('axion/'.length)}/artifacts/${digest}/scan`;
      expect((await harbor.api('POST', path)).status).toBe(202);
    }
    await setProject({ prevent_vul: 'true', severity: 'low' });
    const store = storeAs(harbor.admin);
    for (const { repository, digest } of fixture.images) {
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
      expect(await recovering(store, fixture)).toMatchObject([{ release: 1, run: fixture.run, action: 'finished' }]);
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
      conflicts: [
        { reference: `${harbor.host}/axion/moved-1-shop:1.0`, expected: fixture.images[1]?.previous, found: theirs },
        { reference: `${harbor.host}/axion/moved-2-shop:1.0`, found: new_ },
      ],
    });
    expect(await changes()).toEqual([]);
  });

  test('requests only its own tags from a repository with hundreds of artifacts', async () => {
    await harbor.seed({ repositories: 1, artifacts: 450, prefix: 'many-shop' });
    const store = storeAs(harbor.admin);
    const list = await harbor.api('GET', 'projects/axion/repositories?q=name=~many-shop');
    const [{ name: repository }] = (await list.json()) as [{ name: string }];
    const digest = (Object.values(await tagsOf(repository)) as [string])[0];
    const staging = newStagingTag(new Date());
    await post(repository, digest, staging);
    await post(repository, digest, 'objdocker-mine');
    await harbor.resetTraffic();
    expect(await store.listStagingTags(repository)).toMatchObject([{ name: staging, digest }]);
    const { recent } = await harbor.traffic();
    expect(recent.filter(({ path }) => path.includes('/artifacts'))).toHaveLength(1);
  });

  test('finds the repositories whose names end with that of the package', async () => {
    for (const name of ['api-till', 'api-till-extra', 'till', 'deep/web-till'])
      await pushImage(harbor, { repository: `axion/${name}`, tag: '1.0' });
    expect(
      [
        ...(await storeAs(harbor.admin).repositoriesOf({ name: 'till', image: { name: '{service}-{package}' } })),
      ].sort(),
    ).toEqual(['axion/api-till', 'axion/deep/web-till']);
  });

  describe('over the distribution API alone', () => {
    test('makes a release, and recovers nothing after it', async () => {
      const fixture = await release('plain', ['old', 'none', 'same']);
      const store = plainStore();
      expect(await run(store, fixture)).toMatchObject({ kind: 'promoted' });
      await expectTags(fixture, 'new');
      expect(await recovering(store, fixture)).toEqual([]);
      const others = (await changes()).filter((change) => !/^(PUT|POST) \/v2\//.test(change));
      expect(others).toEqual([]);
    });

    test('finishes the release of a run that was killed', async () => {
      const fixture = await release('plainhalf', ['old', 'old']);
      const store = plainStore();
      let moves = 0;
      const dying: TagStore = {
        ...store,
        move: (...call) => (++moves === 2 ? new Promise(() => {}) : store.move(...call)),
      };
      void run(dying, fixture);
      await expect.poll(async () => moves, { timeout: 60_000 }).toBe(2);
      await expect
        .poll(
          async () => Promise.all(fixture.images.map(async ({ repository }) => (await tagsOf(repository))['1.0'])),
          {
            timeout: 60_000,
          },
        )
        .toSatisfy((tags: string[]) => fixture.images.some(({ digest }) => tags.includes(digest)));
      expect(await recovering(store, fixture)).toMatchObject([{ action: 'finished' }]);
      await expectTags(fixture, 'new');
      expect(await recovering(store, fixture)).toEqual([]);
    });

    test('does not overwrite an existing tag, and reads all pages of the tag list', async () => {
      const fixture = await release('plaintags', ['old']);
      const store = plainStore();
      const [{ repository, digest, previous }] = fixture.images as [Staged];
      await expect(store.create(repository, digest, '1.0')).rejects.toMatchObject({
        code: 'TAG_EXISTS',
        details: { digest: previous },
      });
      for (let index = 0; index < 120; index++) await post(repository, digest, `filler-${index}`);
      expect(await store.listStagingTags(repository)).toEqual([{ name: fixture.run }]);
      expect(await store.listStagingTags('axion/nowhere')).toEqual([]);
      await expect(store.fetchManifest(repository, `sha256:${'0'.repeat(64)}`)).rejects.toMatchObject({
        code: 'ARTIFACT_NOT_FOUND',
      });
    });
  });
}
