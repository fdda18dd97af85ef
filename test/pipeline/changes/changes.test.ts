import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { JSON_OUTPUTS } from '../../../src/cli/json-output.ts';
import type { PipelineRun } from '../../../src/model/pipeline-run.ts';
import { rebuildTag } from '../../../src/release/staging-tag.ts';
import { basic } from '../../harness/harbor-server.ts';
import { until } from '../../harness/processes.ts';
import { docker, startEngine, startRegistry } from '../../harness/sandbox.ts';
import {
  CRITICAL,
  createFixture,
  expectOutcome,
  expectReleased,
  finding,
  type OwnFixture,
  requestedChanges,
} from '../fixture.ts';
import { promotions, repository, stageOf, triggeredScans } from '../outcome.ts';
import { MANIFESTS } from '../registry-view.ts';
import { createWorkspace, type PipelineResult, repositoryOf, type Workspace } from '../workspace.ts';

const TWO = ['api', 'worker'];

const actionsOf = ({ images }: PipelineRun) =>
  Object.fromEntries(images.map(({ service, action }) => [service, action]));
const imageOf = ({ images }: PipelineRun, service: string) => images.find((image) => image.service === service);
const reasonsOf = (run: PipelineRun, service: string) => imageOf(run, service)?.reasons?.join('; ');

/** What an unchanged run requests of Harbor that is no GET: a user logs in with a POST. */
const changesOf = async (fixture: OwnFixture) =>
  (await requestedChanges(fixture)).filter((change) => change !== 'POST /c/login');

async function recordOf({ cli }: Workspace, number: number) {
  const { stdout, stderr, code } = await cli(['releases', 'show', String(number), '--json']);
  expect(code, stderr).toBe(0);
  return JSON_OUTPUTS['releases-show'].parse(JSON.parse(stdout));
}

const serviceOf = async (workspace: Workspace, number: number, service: string) =>
  (await recordOf(workspace, number)).services.find((each) => each.service === service);

/** A registry of either kind, read over the distribution API alone. */
interface Place extends AsyncDisposable {
  readonly workspace: Workspace;
  run(...args: readonly string[]): Promise<PipelineResult>;
  /** All tags of the package, with what they point to. */
  tags(): Promise<Readonly<Record<string, string>>>;
  /** The outcome of a run that makes a release. */
  readonly released: string;
}

async function harborPlace(): Promise<Place> {
  const fixture = await createFixture({ services: TWO, base: 'scratch' });
  const { workspace, harbor } = fixture;
  return {
    workspace,
    run: (...args) => workspace.pipeline(args),
    tags: () => tagsOf(harbor.url, 'axion/', { Authorization: basic(harbor.admin) }),
    released: 'passed',
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  };
}

async function plainPlace(): Promise<Place> {
  const registry = await startRegistry();
  const workspace = await createWorkspace({ host: registry.host, type: 'registry', services: TWO, base: 'scratch' });
  return {
    workspace,
    run: (...args) => workspace.pipeline(['--no-scan', ...args]),
    tags: () => tagsOf(`http://${registry.host}`, '', {}),
    released: 'unscanned',
    async [Symbol.asyncDispose]() {
      await workspace[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
    },
  };
}

async function tagsOf(url: string, project: string, headers: Readonly<Record<string, string>>) {
  const tags: Record<string, string> = {};
  for (const name of [...TWO.map((service) => repositoryOf(service)), 'shop-releases']) {
    const list = await fetch(`${url}/v2/${project}${name}/tags/list`, { headers });
    const { tags: names } = (list.ok ? await list.json() : {}) as { tags?: string[] | null };
    for (const tag of (names ?? []).toSorted()) {
      const at = `${url}/v2/${project}${name}/manifests/${tag}`;
      const found = await fetch(at, { method: 'HEAD', headers: { ...headers, Accept: MANIFESTS } });
      tags[`${name}:${tag}`] = found.headers.get('docker-content-digest') ?? '';
    }
  }
  return tags;
}

describe.concurrent.each([
  { place: 'Harbor', open: harborPlace },
  { place: 'a plain registry', open: plainPlace },
])('on $place', ({ open }) => {
  it('a second run builds nothing, makes no release and no tag, and says since when its images are released', async () => {
    await using place = await open();
    expectOutcome(await place.run(), place.released, 0);
    const before = await place.tags();
    const summary = place.workspace.path('../summary.md');
    const second = await place.run('--summary', summary, '--report', place.workspace.path('../report'));
    const { run } = second;
    expectOutcome(second, 'unchanged', 0);
    expect(actionsOf(run)).toEqual({ api: 'unchanged', worker: 'unchanged' });
    expect(run).toMatchObject({ release: { number: 1, state: 'unchanged' }, staged: [], warnings: [] });
    expect(run.images.map(({ release }) => release)).toEqual([1, 1]);
    expect([stageOf(second, 'build'), stageOf(second, 'push')]).toEqual(['skipped', 'skipped']);
    expect(await place.tags()).toEqual(before);
    expect(await readFile(summary, 'utf8')).toMatch(/\| api \| unchanged \\\(since release 1/);
    expect(await readFile(place.workspace.path('../report/index.html'), 'utf8')).toContain('since release 1');
  });

  it('a change of one file builds its service alone, and going back reuses the image of the older release', async () => {
    await using place = await open();
    const { workspace } = place;
    const first = await place.run();
    expectOutcome(first, place.released, 0);
    const source = await readFile(workspace.path('api.txt'), 'utf8');
    await workspace.change('api');
    const second = await place.run();
    expectOutcome(second, place.released, 0);
    expect(actionsOf(second.run)).toEqual({ api: 'build', worker: 'unchanged' });
    expect(reasonsOf(second.run, 'api')).toMatch(/^api\.txt \(COPY, line \d+\)$/);
    expect(promotions(second)).toEqual({ api: 'moved', worker: 'unchanged' });
    const digests = (run: PipelineRun) => run.images.map(({ digest }) => digest);
    expect(digests(second.run)[1]).toBe(digests(first.run)[1]);

    await writeFile(workspace.path('api.txt'), source);
    const third = await place.run();
    expectOutcome(third, place.released, 0);
    expect(actionsOf(third.run)).toEqual({ api: 'reuse', worker: 'unchanged' });
    expect(reasonsOf(third.run, 'api')).toBe('its image is that of release 1');
    expect(stageOf(third, 'build')).toBe('skipped');
    expect(promotions(third)).toEqual({ api: 'moved', worker: 'unchanged' });
    expect(digests(third.run)).toEqual(digests(first.run));
    expect((await place.tags())['api-shop:1.0']).toBe(digests(first.run)[0]);

    const [one, two, three] = await Promise.all([1, 2, 3].map((number) => serviceOf(workspace, number, 'api')));
    expect(two).toMatchObject({ since: 2, earlier: [{ release: 1, digest: one?.digest, inputs: one?.inputs }] });
    expect(two?.inputs).not.toBe(one?.inputs);
    expect(two).not.toHaveProperty('reusedFrom');
    expect(three).toMatchObject({ reusedFrom: 1, digest: one?.digest, inputs: one?.inputs, built: one?.built });
    expect(three?.earlier?.map(({ release }) => release)).toEqual([2, 1]);
    expect(await serviceOf(workspace, 2, 'worker')).toMatchObject({ since: 1, reusedFrom: 1, carried: false });
  });
});

const run = promisify(execFile);

async function commit({ directory, env }: Workspace): Promise<string> {
  const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false'];
  const git = async (...args: string[]) =>
    (await run('git', ['-C', directory, ...identity, ...args], { env: { ...process.env, ...env } })).stdout.trim();
  await git('init', '--quiet');
  await git('add', '--all');
  await git('commit', '--quiet', '--allow-empty', '--message', 'a change');
  return git('rev-parse', 'HEAD');
}

/** An image of its own name in the engine, with two contents to choose from. */
async function localBase() {
  const name = `localhost/changes-${randomBytes(6).toString('hex')}`;
  const build = async (content: string, tag: string) => {
    const file = `FROM scratch\nLABEL of=${name}\nCOPY <<EOF /base\n${name} ${content}\nEOF\n`;
    const building = run('docker', ['build', '--quiet', '--provenance=false', '--tag', `${name}:${tag}`, '-']);
    building.child.stdin?.end(file);
    await building;
  };
  for (const tag of ['a', 'b']) await build(tag, tag);
  // `docker tag` removes the name for a moment before it gives it to the other image, and a run may look just then. A build from the
  // cache makes the same image again.
  const use = (tag: 'a' | 'b') => build(tag, '1');
  await use('a');
  const layersOf = async (reference: string): Promise<readonly string[]> =>
    JSON.parse(await docker(['inspect', '--format', '{{json .RootFS.Layers}}', reference]));
  return {
    name: `${name}:1`,
    use,
    /** Which of the two an image was built from. */
    async baseOf(reference: string) {
      const [layer] = await layersOf(reference);
      for (const tag of ['a', 'b']) if ((await layersOf(`${name}:${tag}`))[0] === layer) return tag;
      return undefined;
    },
    async [Symbol.asyncDispose]() {
      await docker(['rmi', '--force', `${name}:1`, `${name}:a`, `${name}:b`]);
    },
  };
}

describe.concurrent('a build that is asked for', () => {
  it('of the same content pushes nothing and moves no tag; --rebuild-older builds without a cache', async () => {
    await using fixture = await createFixture({ services: TWO, base: 'scratch' });
    const { workspace, harbor, registry } = fixture;
    expectOutcome(await workspace.pipeline(), 'passed', 0);
    const before = await registry.all();
    await harbor.resetTraffic();
    const same = await workspace.pipeline(['--rebuild']);
    expectOutcome(same, 'unchanged', 0);
    expect(actionsOf(same.run)).toEqual({ api: 'same-content', worker: 'same-content' });
    expect(stageOf(same, 'push')).toBe('skipped');
    expect(await changesOf(fixture)).toEqual([]);
    expect(await registry.all()).toEqual(before);
    expect(same.inEngine.filter((name) => name.includes(':objdocker-'))).toEqual([]);

    const young = await workspace.pipeline(['--rebuild-older', '14d']);
    expect(actionsOf(young.run)).toEqual({ api: 'unchanged', worker: 'unchanged' });
    const later = () => new Date(Date.now() + 15 * 86_400_000);
    const { report, events } = await workspace.library(
      { rebuildOlderMs: 14 * 86_400_000, scan: false },
      { now: later },
    );
    expect(actionsOf(report.run)).toEqual({ api: 'same-content', worker: 'same-content' });
    expect(reasonsOf(report.run, 'api')).toMatch(/^its image was built 2 weeks ago \(--rebuild-older\); /);
    expect(events.find((event) => event.type === 'stage-finished' && event.stage.name === 'build')).toMatchObject({
      stage: { detail: expect.stringMatching(/^2 images, 0 of \d+ steps from the cache$/) },
    });
    expect(await registry.publicTags()).toMatchObject({ 'api-shop:1.0': before['api-shop:1.0'] });
    // Nothing newer could be had: from now on it counts as built now.
    const again = await workspace.library({ rebuildOlderMs: 14 * 86_400_000, scan: false }, { now: later });
    expect(actionsOf(again.report.run)).toEqual({ api: 'unchanged', worker: 'unchanged' });
  });
});

describe.concurrent('another commit', () => {
  it('builds what has REVISION in scope of a RUN, and not what has it in a label alone, which keeps its own', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { workspace } = fixture;
    const base = 'FROM localhost/busybox:bookworm';
    const file = [
      `${base} AS api\nARG REVISION\nLABEL revision=$REVISION\nCOPY api.txt /service.txt`,
      `${base} AS worker\nARG REVISION\nRUN true\nCOPY worker.txt /service.txt\n`,
    ];
    await writeFile(workspace.path('Dockerfile'), file.join('\n'));
    const first = await commit(workspace);
    expectOutcome(await workspace.pipeline(), 'passed', 0);
    const second = await commit(workspace);
    const result = await workspace.pipeline();
    expectOutcome(result, 'passed', 0);
    expect(actionsOf(result.run)).toEqual({ api: 'unchanged', worker: 'build' });
    expect(reasonsOf(result.run, 'worker')).toBe('build-arg REVISION');
    expect(imageOf(result.run, 'api')?.revision).toBe(first);
    const record = await recordOf(workspace, 2);
    const revisions = record.services.map(({ revision }) => revision);
    expect([record.revision?.commit, ...revisions]).toEqual([second, first, second]);
    const labels = await docker([
      'inspect',
      '--format',
      '{{json .Config.Labels}}',
      imageOf(result.run, 'api')?.reference ?? '',
    ]);
    expect(JSON.parse(labels)).toMatchObject({ revision: first });
  });
});

describe.concurrent('a released image that is gone', () => {
  it('is built again, and the plan says why', async () => {
    await using fixture = await createFixture({ services: TWO, base: 'scratch' });
    const { workspace, harbor } = fixture;
    const first = await workspace.pipeline();
    const source = await readFile(workspace.path('api.txt'), 'utf8');
    await workspace.change('api');
    await expectReleased(fixture, await workspace.pipeline());
    const remove = async (digest = '') => {
      const path = `projects/axion/repositories/${repositoryOf('api')}/artifacts/${digest}`;
      expect((await harbor.api('DELETE', path)).status).toBe(200);
    };
    await remove(imageOf(first.run, 'api')?.digest);
    await writeFile(workspace.path('api.txt'), source);
    const third = await workspace.pipeline();
    await expectReleased(fixture, third);
    expect(actionsOf(third.run)).toEqual({ api: 'build', worker: 'unchanged' });
    expect(reasonsOf(third.run, 'api')).toBe('the image of release 1 is not in the registry');

    await remove(imageOf(third.run, 'api')?.digest);
    const stopped = await workspace.pipeline();
    expect([stopped.code, stopped.run.error?.code]).toEqual([1, 'RELEASE_TAG_MOVED']);
    const adopted = await workspace.pipeline(['--adopt']);
    await expectReleased(fixture, adopted);
    expect(actionsOf(adopted.run)).toEqual({ api: 'build', worker: 'unchanged' });
    expect(reasonsOf(adopted.run, 'api')).toBe('the image of release 3 is not in the registry');
  });
});

describe.concurrent('a base image', () => {
  it('that moved is the reason of a build, and the one that was built with is on record', async () => {
    await using base = await localBase();
    await using fixture = await createFixture({ services: TWO, base: base.name });
    const { workspace } = fixture;
    expectOutcome(await workspace.pipeline(), 'passed', 0);
    await base.use('b');
    const second = await workspace.pipeline();
    await expectReleased(fixture, second);
    expect(actionsOf(second.run)).toEqual({ api: 'build', worker: 'build' });
    expect(reasonsOf(second.run, 'api')).toMatch(/^base image \S+:1 is now sha256:[0-9a-f]{12}$/);
    const reference = imageOf(second.run, 'api')?.reference ?? '';
    expect(await base.baseOf(reference)).toBe('b');

    await workspace.change('api');
    const third = await workspace.library({}, {}, async (event) => {
      if (event.type === 'stage-started' && event.stage === 'build') await base.use('a');
    });
    expect(third.report.run.outcome).toBe('passed');
    // A local image cannot be pinned: what was built is looked at again, and on record.
    expect(await base.baseOf(reference)).toBe('a');
    const fourth = await workspace.pipeline();
    expect(actionsOf(fourth.run)).toEqual({ api: 'unchanged', worker: 'reuse' });
    await expectReleased(fixture, fourth);
  });

  it('of a registry is enough for an unchanged run without an engine, and may be out of reach when it is known', async () => {
    const registry = await startRegistry();
    const base = `${registry.host}/base:1`;
    await docker(['tag', 'localhost/busybox:bookworm', base]);
    await docker(['push', '--quiet', base]);
    await docker(['rmi', base]);
    let isUp = true;
    const down = async () => {
      if (isUp) await registry[Symbol.asyncDispose]();
      isUp = false;
    };
    try {
      await using fixture = await createFixture({ services: TWO, base, image: { platforms: ['linux/amd64'] } });
      const { workspace, harbor } = fixture;
      expectOutcome(await workspace.pipeline(), 'passed', 0);
      const env = { DOCKER_HOST: `unix://${workspace.path('none.sock')}` };
      const without = await workspace.pipeline([], { env });
      expectOutcome(without, 'unchanged', 0);
      const changed = await workspace.pipeline(['--rebuild'], { env });
      expect([changed.code, changed.run.outcome]).toEqual([3, 'failed']);

      await down();
      await harbor.resetTraffic();
      const failed = await workspace.pipeline();
      expect([failed.code, failed.run.error?.code], failed.stderr).toEqual([3, 'BASE_UNREACHABLE']);
      expect(failed.run.stages.find(({ status }) => status === 'failed')?.name).toBe('plan');
      expect(await changesOf(fixture)).toEqual([]);
      await workspace.configure({ image: { platforms: ['linux/amd64'], baseUnreachable: 'last-known' } });
      expectOutcome(await workspace.pipeline(), 'unchanged', 0);
      await workspace.change('api');
      const lost = await workspace.pipeline();
      expect([lost.code, lost.run.outcome], lost.stderr).not.toEqual([0, 'passed']);
    } finally {
      await down();
    }
  });
});

/** Scans an image again with what is planned for its repository, and waits for the severity. */
async function rescan({ harbor, registry }: OwnFixture, service: string, digest: string, severity: string) {
  const path = `projects/axion/repositories/${repositoryOf(service)}/artifacts/${digest}/scan`;
  expect((await harbor.api('POST', path, { body: { scan_type: 'vulnerability' } })).status).toBe(202);
  await until(
    async () => (await registry.artifacts()).find((each) => each.digest === digest),
    (found) => found?.scan === 'Success' && (found.severity ?? 'None') === severity,
  );
}

describe.concurrent('an unchanged image that is rejected today', () => {
  it('is built again once a day when there is a fix, and that one is evaluated until it passes', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { workspace, harbor, registry } = fixture;
    const random = 'FROM localhost/busybox:bookworm AS base\nRUN cat /proc/sys/kernel/random/uuid > /random\n';
    const stages = TWO.map((service) => `FROM base AS ${service}\nCOPY ${service}.txt /service.txt\n`);
    await writeFile(workspace.path('Dockerfile'), random + stages.join(''));
    const noon = new Date(`${new Date().toISOString().slice(0, 10)}T12:00:00Z`);
    const runToday = async () => (await workspace.library({}, { now: () => noon })).report.run;
    const first = await runToday();
    expect(first.outcome).toBe('passed');
    await harbor.planScans(repository('api'), { findings: [CRITICAL] });
    await rescan(fixture, 'api', imageOf(first, 'api')?.digest ?? '', 'Critical');

    const rebuilt = await runToday();
    expect(rebuilt.outcome).toBe('rejected');
    expect(actionsOf(rebuilt)).toEqual({ api: 'build', worker: 'unchanged' });
    expect(reasonsOf(rebuilt, 'api')).toBe(
      'the image of release 1 is rejected today, and a fix exists for CVE-2026-0001',
    );
    const inputs = (await serviceOf(workspace, 1, 'api'))?.inputs ?? '';
    const kept = `${repositoryOf('api')}:${rebuildTag(noon, inputs)}`;
    expect(kept).toMatch(/:objdocker-\d{8}T000000Z-[0-9a-f]{12}$/);
    expect(await registry.ownTags()).toEqual([kept]);
    const digest = (await registry.all())[kept] ?? '';
    expect(digest).not.toBe(imageOf(first, 'api')?.digest);

    const second = await runToday();
    expect(second.outcome).toBe('rejected');
    expect(actionsOf(second)).toEqual({ api: 'reuse', worker: 'unchanged' });
    expect(reasonsOf(second, 'api')).toContain('it was built again today');
    expect(second.images[0]?.digest).toBe(digest);
    expect(second.stages.find(({ name }) => name === 'build')?.status).toBe('skipped');

    // Neither the released image nor the one of today keeps a hotfix of the other service back.
    await workspace.configure({ scan: { onUnchanged: 'warn' } });
    await workspace.change('worker');
    const warned = await runToday();
    expect(warned).toMatchObject({ outcome: 'passed', release: { number: 2 } });
    expect(actionsOf(warned)).toEqual({ api: 'unchanged', worker: 'build' });
    expect(reasonsOf(warned, 'api')).toContain('that image is rejected as well');
    expect((await registry.publicTags())['api-shop:1.0']).toBe(imageOf(first, 'api')?.digest);
    await workspace.configure({ scan: { onUnchanged: 'fail' } });

    await harbor.planScans(repository('api'), {});
    await rescan(fixture, 'api', digest, 'None');
    const released = await runToday();
    expect(released).toMatchObject({ outcome: 'passed', release: { number: 3 } });
    expect((await registry.publicTags())['api-shop:1.0']).toBe(digest);
    const record = await serviceOf(workspace, 3, 'api');
    expect(record).toMatchObject({ since: 3, inputs, digest, built: expect.any(String) });
    expect((await runToday()).outcome).toBe('unchanged');
  });

  it('is rejected without a build when there is no fix, and keeps the others back unless scan.onUnchanged is warn', async () => {
    await using fixture = await createFixture({ services: TWO, base: 'scratch' });
    const { workspace, harbor, registry } = fixture;
    const first = await workspace.pipeline();
    expectOutcome(first, 'passed', 0);
    await harbor.planScans(repository('worker'), { findings: [finding('CVE-2026-0002', 'Critical')] });
    await rescan(fixture, 'worker', imageOf(first.run, 'worker')?.digest ?? '', 'Critical');
    const alone = await workspace.pipeline();
    expectOutcome(alone, 'rejected', 1);
    expect(actionsOf(alone.run)).toEqual({ api: 'unchanged', worker: 'unchanged' });
    await workspace.configure({ scan: { onUnchanged: 'warn' } });
    // Nothing is released for which it could be a warning.
    expectOutcome(await workspace.pipeline(), 'rejected', 1);

    await workspace.change('api');
    await workspace.configure({ scan: { onUnchanged: 'fail' } });
    const before = await registry.publicTags();
    expectOutcome(await workspace.pipeline(), 'rejected', 1);
    expect(await registry.publicTags()).toEqual(before);
    await workspace.configure({ scan: { onUnchanged: 'warn' } });
    const warned = await workspace.pipeline();
    await expectReleased(fixture, warned);
    expect(promotions(warned)).toEqual({ api: 'moved', worker: 'unchanged' });
    expect(warned.run.warnings.join('\n')).toContain('worker is rejected, and its public image is unchanged');
    expect((await serviceOf(workspace, 2, 'worker'))?.verdict?.outcome).toBe('rejected');
  });
});

describe.concurrent('the report of a reused image', () => {
  it('is renewed when it is older than scan.maxAge, and may say something else today', async () => {
    await using fixture = await createFixture({ services: TWO, base: 'scratch' });
    const { workspace, harbor } = fixture;
    await harbor.setDelays({ clockSkew: -2 * 86_400_000 });
    expectOutcome(await workspace.pipeline(), 'passed', 0);
    await harbor.setDelays({ clockSkew: 0 });
    await harbor.resetTraffic();
    expectOutcome(await workspace.pipeline(), 'unchanged', 0);
    expect(await triggeredScans(fixture)).toHaveLength(2);
    await harbor.resetTraffic();
    expectOutcome(await workspace.pipeline(), 'unchanged', 0);
    expect(await triggeredScans(fixture)).toEqual([]);
    await harbor.planScans(repository('worker'), { findings: [finding('CVE-2026-0002', 'Critical')] });
    await workspace.configure({ scan: { maxAge: '1s' } });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const worse = await workspace.pipeline();
    expectOutcome(worse, 'rejected', 1);
    expect(actionsOf(worse.run)).toEqual({ api: 'unchanged', worker: 'unchanged' });
  });
});

describe.concurrent('the files of a build', () => {
  it('that change meanwhile are a warning, and the next run builds again', async () => {
    await using fixture = await createFixture({ services: TWO, base: 'scratch' });
    const { workspace } = fixture;
    const { report } = await workspace.library({}, {}, async (event) => {
      if (event.type === 'stage-started' && event.stage === 'build') await workspace.change('api');
    });
    expect(report.run.outcome).toBe('passed');
    expect(report.run.warnings.filter((warning) => warning.includes('files changed during the build'))).toEqual([
      `the next run builds ${imageOf(report.run, 'api')?.reference} again: files changed during the build`,
    ]);
    const next = await workspace.pipeline();
    expect(next.code, next.stderr).toBe(0);
    expect(['build', 'same-content']).toContain(actionsOf(next.run).api);
    expect(actionsOf(next.run).worker).toBe('unchanged');
    expect(reasonsOf(next.run, 'api')).toContain('what its released image was made from is not known');
    expectOutcome(await workspace.pipeline(), 'unchanged', 0);
  });

  it('may be a FIFO, a socket and a loop of links: nothing hangs, and they are compared', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { workspace } = fixture;
    await writeFile(
      workspace.path('Dockerfile'),
      'FROM scratch AS api\nCOPY odd /odd\nFROM scratch AS worker\nCOPY worker.txt /service.txt\n',
    );
    await mkdir(workspace.path('odd'));
    await writeFile(workspace.path('odd/file'), 'text');
    await symlink('loop', workspace.path('odd/loop'));
    await run('mkfifo', [workspace.path('odd/fifo')]);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(workspace.path('odd/socket'), resolve));
    try {
      const first = await workspace.pipeline();
      expectOutcome(first, 'passed', 0);
      const second = await workspace.pipeline();
      expectOutcome(second, 'unchanged', 0);
      const explained = await workspace.cli(['plan', '--explain', 'api']);
      for (const name of ['fifo', 'file', 'loop']) expect(explained.stdout).toContain(`odd/${name}`);
      await rm(workspace.path('odd/fifo'));
      expect(reasonsOf((await workspace.pipeline()).run, 'api')).toMatch(/^odd\/fifo \(/);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

describe.concurrent('two runs at once', () => {
  it('after one change make one release', async () => {
    await using fixture = await createFixture({ services: TWO, base: 'scratch' });
    const { workspace, harbor, registry } = fixture;
    expectOutcome(await workspace.pipeline(), 'passed', 0);
    await workspace.change('api');
    // Another machine has another engine, gives the files other times, and so makes another image of the same content. That the
    // registry has another address keeps the runs from waiting for each other.
    await using engine = await startEngine();
    const host = harbor.host.replace('localhost', '127.0.0.1');
    const { env } = engine;
    await using other = await createWorkspace({ host, login: harbor.admin, services: TWO, base: 'scratch', env });
    for (const service of TWO) await copyFile(workspace.path(`${service}.txt`), other.path(`${service}.txt`));
    await harbor.planScans(repository('api'), { holds: true });
    let scanning = 0;
    const bothScan = async (event: { readonly type: string; readonly stage?: unknown }) => {
      if (event.type !== 'stage-started' || event.stage !== 'scan') return;
      scanning++;
      if (scanning === 2) await harbor.planScans(repository('api'), {});
    };
    const runs = await Promise.all([workspace, other].map((each) => each.library({}, {}, bothScan)));
    const outcomes = runs.map(({ report }) => report.run.outcome).toSorted();
    expect(outcomes).toEqual(['passed', 'unchanged']);
    const lost = runs.findIndex(({ report }) => report.run.outcome === 'unchanged');
    const second = runs[lost]?.report.run;
    expect(second === undefined ? undefined : reasonsOf(second, 'api')).toMatch(
      /another run has released it meanwhile as release 2$/,
    );
    const records = await registry.records();
    expect(records.map(({ number, state }) => [number, state])).toEqual([
      [1, 'done'],
      [2, 'done'],
    ]);
    expect(await registry.publicTags()).toEqual(records[1]?.tags);
    expect(await registry.contents()).toMatchObject(await workspace.contents());
    // The engine of the run that was late has no image under the public tag that was never released.
    const released = records.map(({ tags }) => tags['api-shop:1.0']);
    const name = `${lost === 0 ? harbor.host : host}/axion/api-shop:1.0`;
    const local = await docker(['images', '--no-trunc', '--format', '{{.ID}}', name], lost === 0 ? {} : env);
    expect([...released, '']).toContain(local);
  });
});
