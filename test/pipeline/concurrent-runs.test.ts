import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { mainPromotion } from '../../src/model/main-promotion.ts';
import { until } from '../harness/processes.ts';
import { createRandom, isLongTest } from '../random.ts';
import { createFixture, expectCleanState, expectReleased, type OwnFixture } from './fixture.ts';
import type { Tags } from './registry-view.ts';
import { createWorkspace, type PipelineResult, readEvents, type Workspace } from './workspace.ts';

const THREE = ['api', 'report', 'worker'];

/**
 * Two runs as on two machines. On one machine, runs of one package lock each other out: so the registry has another address for
 * each of them.
 */
async function twoMachines(): Promise<{ readonly fixture: OwnFixture; readonly other: Workspace } & AsyncDisposable> {
  const fixture = await createFixture({ services: THREE });
  const { host, admin } = fixture.harbor;
  const address = host.replace('localhost', '127.0.0.1');
  expect(address).not.toBe(host);
  const other = await createWorkspace({ host: address, login: admin, services: THREE });
  return {
    fixture,
    other,
    async [Symbol.asyncDispose]() {
      await other[Symbol.asyncDispose]();
      await fixture[Symbol.asyncDispose]();
    },
  };
}

/** Another working copy with other sources. */
async function otherCopy(fixture: OwnFixture): Promise<Workspace> {
  const other = await fixture.workspace.copy();
  await other.change();
  return other;
}

/** Whose sources the public tags point to. */
async function whose(fixture: OwnFixture, workspaces: Readonly<Record<string, Workspace>>): Promise<string> {
  const tags = await fixture.registry.contents();
  for (const [name, workspace] of Object.entries(workspaces)) if (same(tags, await workspace.contents())) return name;
  return `a mix: ${JSON.stringify(tags)}`;
}

/** Reads the engine now: when one run ended, it may have had staging tags of the other one. */
async function expectBothClean(fixture: OwnFixture, result: PipelineResult): Promise<void> {
  await expectCleanState(fixture, { ...result, inEngine: await fixture.workspace.imagesInEngine() });
}

const same = (one: Tags, other: Tags) => Object.entries(other).every(([name, content]) => one[name] === content);

describe.concurrent('two runs at once', () => {
  it('of the same source on one machine wait for each other, and the second has nothing to move', async () => {
    await using fixture = await createFixture({ services: THREE });
    const files = ['one', 'two'].map((name) => fixture.workspace.path(`../${name}.jsonl`));
    await fixture.harbor.planScans('axion/api-shop', { holds: true });
    const running = files.map((file) => fixture.workspace.pipeline(['--events', file]));
    await until(
      async () => (await Promise.all(files.map(readEvents))).flat().some(({ type }) => type === 'waiting'),
      (isWaiting) => isWaiting,
    );
    await fixture.harbor.planScans('axion/api-shop', {});
    const both = await Promise.all(running);
    for (const result of both) {
      await expectReleased(fixture, result);
      await expectBothClean(fixture, result);
    }
    expect(both.map(({ run }) => run.images.map(mainPromotion).join()).toSorted()).toEqual([
      'created,created,created',
      'unchanged,unchanged,unchanged',
    ]);
    expect(both.filter(({ stderr }) => /waiting for another run/.test(stderr))).toHaveLength(1);
    // The second does not build before the first has finished.
    const [first, second] = both.map(({ run }) => run).toSorted((a, b) => a.finished.localeCompare(b.finished));
    const started = second?.stages.find(({ started }) => started !== undefined)?.started ?? '';
    expect(Date.parse(started)).toBeGreaterThanOrEqual(Date.parse(first?.finished ?? '') - 1_000);
  });

  it('of different sources on one machine wait for each other', async () => {
    await using fixture = await createFixture({ services: THREE });
    await using other = await otherCopy(fixture);
    const { HOME, TMPDIR } = fixture.workspace.env;
    const onThisMachine = { env: { HOME, TMPDIR } };
    const [mine, theirs] = await Promise.all([fixture.workspace.pipeline(), other.pipeline([], onThisMachine)]);
    expect([mine.code, theirs.code], `${mine.stderr}${theirs.stderr}`).toEqual([0, 0]);
    const last = mine.run.finished > theirs.run.finished ? 'mine' : 'theirs';
    expect(await whose(fixture, { mine: fixture.workspace, theirs: other })).toBe(last);
    await expectBothClean(fixture, mine);
  });

  it('of two packages do not wait for each other', async () => {
    await using fixture = await createFixture({ services: ['api'] });
    const { harbor } = fixture;
    const theirs = { host: harbor.host, login: harbor.admin, package: 'other', services: ['web'] };
    await using other = await createWorkspace(theirs);
    await fixture.harbor.planScans('axion/api-shop', { holds: true });
    const held = fixture.workspace.pipeline();
    await until(
      async () => (await fixture.registry.artifacts()).some(({ scan }) => scan === 'Running'),
      (isRunning) => isRunning,
    );
    const { HOME, TMPDIR } = fixture.workspace.env;
    const free = await other.pipeline([], { env: { HOME, TMPDIR } });
    expect(free.code, free.stderr).toBe(0);
    await fixture.harbor.planScans('axion/api-shop', {});
    expect((await held).code).toBe(0);
  });

  it('on two machines make one release after the other, and the second follows what the first has released', async () => {
    await using both = await twoMachines();
    const { fixture, other } = both;
    await expectReleased(fixture, await fixture.workspace.pipeline());
    await fixture.workspace.change();
    // This run waits for its scan while the other one, without scans, releases.
    await fixture.harbor.planScans('axion/report-shop', { holds: true });
    const mine = fixture.workspace.pipeline();
    await until(
      async () =>
        (await fixture.registry.artifacts()).filter(
          ({ repository, scan }) => repository === 'report-shop' && scan === 'Running',
        ).length,
      (count) => count === 1,
    );
    const two = await other.pipeline(['--no-scan']);
    expect([two.run.outcome, two.code, two.run.release?.number], two.stderr).toEqual(['unscanned', 0, 2]);
    await fixture.harbor.planScans('axion/report-shop', {});
    const one = await mine;
    expect([one.run.outcome, one.code, one.run.release?.number], one.stderr).toEqual(['passed', 0, 3]);
    expect(await whose(fixture, { mine: fixture.workspace, theirs: other })).toBe('mine');
    const [, second, third] = await fixture.registry.records();
    expect([second?.state, third?.state]).toEqual(['done', 'done']);
    await expectBothClean(fixture, one);
  });

  it('on two machines at different offsets never release a mix', async () => {
    await using both = await twoMachines();
    const { fixture, other } = both;
    await expectReleased(fixture, await fixture.workspace.pipeline());
    await fixture.harbor.setDelays({ latency: 25 });
    const random = createRandom('two machines');
    for (const round of isLongTest ? [0, 1, 2] : [random.below(3)]) {
      await fixture.workspace.change();
      await other.change();
      const [one, two] = await Promise.all([
        fixture.workspace.pipeline(),
        sleep(round * 150).then(() => other.pipeline()),
      ]);
      const owner = await whose(fixture, { mine: fixture.workspace, theirs: other });
      const outcomes = [one, two].map(({ run }) => run.outcome);
      console.log(`round ${round}: ${outcomes.join()}, ${owner.slice(0, 6)}`);
      expect(outcomes, `${one.stderr}${two.stderr}`).toEqual(['passed', 'passed']);
      expect(['mine', 'theirs'], `${one.stderr}${two.stderr}`).toContain(owner);
      const newest = (await fixture.registry.records()).at(-1);
      expect(newest?.state).toBe('done');
      expect(await fixture.registry.publicTags()).toEqual(newest?.tags);
      expect(newest?.run).toBe((owner === 'mine' ? one : two).run.run);
    }
    await fixture.harbor.setDelays({ latency: 0 });
    await expectReleased(fixture, await fixture.workspace.pipeline());
  });
});
