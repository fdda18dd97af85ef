import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { until } from '../harness/processes.ts';
import { createFixture, expectCleanState, expectReleased, type OwnFixture } from './fixture.ts';
import type { Tags } from './registry-view.ts';
import { createWorkspace, type PipelineResult, type Workspace } from './workspace.ts';

const THREE = ['api', 'report', 'worker'];

/**
 * Two runs as on two machines. On one machine, runs of one package lock each other out. So these are two packages whose images have
 * the same names: `api-x` of `shop`, and `api` of `x-shop`.
 */
async function twoMachines(): Promise<{ readonly fixture: OwnFixture; readonly other: Workspace } & AsyncDisposable> {
  const fixture = await createFixture({ services: THREE.map((service) => `${service}-x`) });
  const { host, admin } = fixture.harbor;
  const other = await createWorkspace({ host, login: admin, package: 'x-shop', services: THREE });
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
    const both = await Promise.all([fixture.workspace.pipeline(), fixture.workspace.pipeline()]);
    for (const result of both) {
      await expectReleased(fixture, result);
      await expectBothClean(fixture, result);
    }
    expect(both.map(({ run }) => run.images.map(({ promotion }) => promotion).join()).toSorted()).toEqual([
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

  it('on two machines conflict, and the second to promote promotes nothing', async () => {
    await using both = await twoMachines();
    const { fixture, other } = both;
    await expectReleased(fixture, await fixture.workspace.pipeline());
    await fixture.workspace.change();
    // This run waits for its scan while the other one, without scans, releases.
    await fixture.harbor.planScans('axion/report-x-shop', { holds: true });
    const mine = fixture.workspace.pipeline();
    await until(
      async () =>
        (await fixture.registry.artifacts()).filter(
          ({ repository, scan }) => repository === 'report-x-shop' && scan === 'Running',
        ).length,
      (count) => count === 1,
    );
    const two = await other.pipeline(['--no-scan']);
    expect([two.run.outcome, two.code], two.stderr).toEqual(['unscanned', 0]);
    await fixture.harbor.planScans('axion/report-x-shop', {});
    const one = await mine;
    expect([one.run.outcome, one.code], one.stderr).toEqual(['conflict', 1]);
    expect(one.run.conflicts).toHaveLength(THREE.length);
    expect(await whose(fixture, { mine: fixture.workspace, theirs: other })).toBe('theirs');
    await expectBothClean(fixture, two);
  });

  it('on two machines at different offsets never release a mix without a conflict', async () => {
    await using both = await twoMachines();
    const { fixture, other } = both;
    await expectReleased(fixture, await fixture.workspace.pipeline());
    await fixture.harbor.setDelays({ latency: 25 });
    for (let round = 0; round < 3; round++) {
      await fixture.workspace.change();
      await other.change();
      const [one, two] = await Promise.all([
        fixture.workspace.pipeline(),
        sleep(round * 150).then(() => other.pipeline()),
      ]);
      const owner = await whose(fixture, { mine: fixture.workspace, theirs: other });
      const outcomes = [one, two].map(({ run }) => run.outcome);
      console.log(`round ${round}: ${outcomes.join()}, ${owner.slice(0, 6)}`);
      for (const { code, stderr } of [one, two]) expect([0, 1], stderr).toContain(code);
      if (owner.startsWith('a mix')) expect(outcomes, `${one.stderr}${two.stderr}`).toContain('conflict');
      else expect((owner === 'mine' ? one : two).run.outcome).toBe('passed');
    }
    await fixture.harbor.setDelays({ latency: 0 });
    await expectReleased(fixture, await fixture.workspace.pipeline());
  });
});
