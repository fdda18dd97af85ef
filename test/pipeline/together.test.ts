import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { until } from '../harness/processes.ts';
import { createFactory, type Factory, type PipelineAnswer } from './factory.ts';
import type { Tags } from './registry-view.ts';
import { createWorld, expectOrder, expectReleased, type World } from './world.ts';

const THREE = ['api', 'report', 'worker'];

/**
 * The package of another machine. Runs of one package take turns on one machine: here it is two packages, of other names,
 * whose images have the same: `api-x` of `shop`, and `api` of `x-shop`.
 */
async function twoMachines(): Promise<{ readonly world: World; readonly other: Factory } & AsyncDisposable> {
  const world = await createWorld({ services: THREE.map((service) => `${service}-x`) });
  const { host, admin } = world.harbor;
  const other = await createFactory({ host, login: admin, package: 'x-shop', services: THREE });
  return {
    world,
    other,
    async [Symbol.asyncDispose]() {
      await other[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}

/** Another working copy with other source, all of it new. */
async function otherCopy(world: World): Promise<Factory> {
  const other = await world.factory.copy();
  await other.change();
  return other;
}

/** Whose source the public tags stand for. */
async function whose(world: World, factories: Readonly<Record<string, Factory>>): Promise<string> {
  const tags = await world.registry.contents();
  for (const [name, factory] of Object.entries(factories)) if (same(tags, await factory.contents())) return name;
  return `a mix: ${JSON.stringify(tags)}`;
}

/** Looks at the engine now: what was in it when one of the runs ended may have been the other one's. */
async function expectAllOver(world: World, answer: PipelineAnswer): Promise<void> {
  await expectOrder(world, { ...answer, inEngine: await world.factory.imagesInEngine() });
}

const same = (one: Tags, other: Tags) => Object.entries(other).every(([name, content]) => one[name] === content);

describe.concurrent('two runs at once', () => {
  it('of the same source on one machine take turns, and the second finds nothing to move', async () => {
    await using world = await createWorld({ services: THREE });
    const both = await Promise.all([world.factory.pipeline(), world.factory.pipeline()]);
    for (const answer of both) {
      await expectReleased(world, answer);
      await expectAllOver(world, answer);
    }
    expect(both.map(({ run }) => run.images.map(({ promotion }) => promotion).join()).toSorted()).toEqual([
      'created,created,created',
      'unchanged,unchanged,unchanged',
    ]);
    expect(both.filter(({ stderr }) => /waiting for another run/.test(stderr))).toHaveLength(1);
    // One after the other: neither builds while the other one does.
    const [first, second] = both.map(({ run }) => run).toSorted((a, b) => a.finished.localeCompare(b.finished));
    const began = second?.stages.find(({ started }) => started !== undefined)?.started ?? '';
    expect(Date.parse(began)).toBeGreaterThanOrEqual(Date.parse(first?.finished ?? '') - 1_000);
  });

  it('of different source on one machine take turns', async () => {
    await using world = await createWorld({ services: THREE });
    await using other = await otherCopy(world);
    const { HOME, TMPDIR } = world.factory.env;
    const onThisMachine = { env: { HOME, TMPDIR } };
    const [mine, theirs] = await Promise.all([world.factory.pipeline(), other.pipeline([], onThisMachine)]);
    expect([mine.code, theirs.code], `${mine.stderr}${theirs.stderr}`).toEqual([0, 0]);
    const last = mine.run.finished > theirs.run.finished ? 'mine' : 'theirs';
    expect(await whose(world, { mine: world.factory, theirs: other })).toBe(last);
    await expectAllOver(world, mine);
  });

  it('of two packages do not wait for each other', async () => {
    await using world = await createWorld({ services: ['api'] });
    const { harbor } = world;
    const theirs = { host: harbor.host, login: harbor.admin, package: 'other', services: ['web'] };
    await using other = await createFactory(theirs);
    await world.harbor.planScans('axion/api-shop', { holds: true });
    const held = world.factory.pipeline();
    await until(
      async () => (await world.registry.artifacts()).some(({ scan }) => scan === 'Running'),
      (isSo) => isSo,
    );
    const { HOME, TMPDIR } = world.factory.env;
    const free = await other.pipeline([], { env: { HOME, TMPDIR } });
    expect(free.code, free.stderr).toBe(0);
    await world.harbor.planScans('axion/api-shop', {});
    expect((await held).code).toBe(0);
  });

  it('on two machines: the second that comes to its promotion finds the tags changed, and promotes nothing', async () => {
    await using both = await twoMachines();
    const { world, other } = both;
    await expectReleased(world, await world.factory.pipeline());
    await world.factory.change();
    // This one has begun, and waits for its scan while the other one, which asks for none, releases.
    await world.harbor.planScans('axion/report-x-shop', { holds: true });
    const mine = world.factory.pipeline();
    await until(
      async () =>
        (await world.registry.artifacts()).filter(
          ({ repository, scan }) => repository === 'report-x-shop' && scan === 'Running',
        ).length,
      (count) => count === 1,
      60,
    );
    const two = await other.pipeline(['--no-scan']);
    expect([two.run.outcome, two.code], two.stderr).toEqual(['unscanned', 0]);
    await world.harbor.planScans('axion/report-x-shop', {});
    const one = await mine;
    expect([one.run.outcome, one.code], one.stderr).toEqual(['conflict', 1]);
    expect(one.run.conflicts).toHaveLength(THREE.length);
    expect(await whose(world, { mine: world.factory, theirs: other })).toBe('theirs');
    await expectAllOver(world, two);
  });

  it('on two machines, one a little later: never a silent mix, whatever the moment', async () => {
    await using both = await twoMachines();
    const { world, other } = both;
    await expectReleased(world, await world.factory.pipeline());
    await world.harbor.setPace({ latency: 25 });
    for (let round = 0; round < 3; round++) {
      await world.factory.change();
      await other.change();
      const [one, two] = await Promise.all([world.factory.pipeline(), sleep(round * 150).then(() => other.pipeline())]);
      const owner = await whose(world, { mine: world.factory, theirs: other });
      const outcomes = [one, two].map(({ run }) => run.outcome);
      console.log(`round ${round}: ${outcomes.join()}, ${owner.slice(0, 6)}`);
      for (const { code, stderr } of [one, two]) expect([0, 1], stderr).toContain(code);
      if (owner.startsWith('a mix')) expect(outcomes, `${one.stderr}${two.stderr}`).toContain('conflict');
      else expect((owner === 'mine' ? one : two).run.outcome).toBe('passed');
    }
    await world.harbor.setPace({ latency: 0 });
    await expectReleased(world, await world.factory.pipeline());
  });
});
