import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { until } from '../harness/processes.ts';
import { startEngine } from '../harness/sandbox.ts';
import { expectedRecovery, isStalled, Ledger, MOVES, measure, notes, startRun } from './aftermath.ts';
import { type Chance, createChance } from './chance.ts';
import { readEvents, readRun, repositoryOf } from './factory.ts';
import { CRITICAL, createWorld, expectReleased, type World } from './world.ts';

const FOUR = ['api', 'report', 'scheduler', 'worker'];

/** Ends a run at a moment, or in the middle of the nth request of its promotion; false when it was over before. */
async function killAt(world: World, run: ReturnType<typeof startRun>, moment: Moment): Promise<boolean> {
  if ('ms' in moment) await sleep(moment.ms);
  else {
    await until(
      async () => run.isOver() || (await world.harbor.traffic()).recent.some(isStalled),
      (isSo) => isSo,
      60,
    );
  }
  const alive = !run.isOver();
  run.kill('SIGKILL');
  await run.ended;
  await world.harbor.failNext();
  return alive;
}

type Moment = { readonly ms: number } | { readonly move: number };

/** Kills a run, and has another machine run after it. */
async function killAndGoOn(
  world: World,
  chance: Chance,
  ledger: Ledger,
  { duration, moves }: { readonly duration: number; readonly moves: number },
  round: number,
): Promise<void> {
  const { factory, harbor, registry } = world;
  const bad = round % 3 === 2;
  const changed = chance.some(FOUR);
  await factory.change(...changed);
  const culprit = changed[chance.below(changed.length)] ?? 'api';
  if (bad) await harbor.planScans(`axion/${repositoryOf(culprit)}`, { findings: [CRITICAL] });
  const before = await registry.publicTags();

  const share = Math.max(1, Math.floor((moves * changed.length) / FOUR.length));
  const moment: Moment =
    round % 5 < 2 || bad ? { ms: Math.floor(chance.next() * duration) } : { move: chance.below(share) };
  await harbor.forgetTraffic();
  if ('move' in moment) await harbor.failNext({ path: MOVES, kind: 'stall', after: moment.move });
  const killed = await killAt(world, startRun(factory), moment);
  const what = `round ${round}, ${changed.join()} changed${bad ? `, ${culprit} bad` : ''}, ${JSON.stringify(moment)}${killed ? '' : ', over before'}`;
  console.log(what);

  const after = await registry.publicTags();
  const noted = await notes(world);
  expect(noted.size, what).toBeLessThanOrEqual(1);
  if (bad) expect(after, what).toEqual(before);
  else {
    // Without a note all or none have moved.
    const moved = changed.filter(
      (service) => after[`${repositoryOf(service)}:1.0`] !== before[`${repositoryOf(service)}:1.0`],
    );
    if (noted.size === 0) expect([0, changed.length], what).toContain(moved.length);
    ledger.pass(after);
  }
  // All that was noted had passed.
  for (const tags of noted.values()) ledger.pass(tags);

  await using elsewhere = await factory.copy();
  const different = !bad && chance.next() < 0.3;
  if (different) await elsewhere.change(...chance.some(FOUR));
  const next = await elsewhere.pipeline();
  if (bad) {
    expect([next.run.outcome, next.code], `${what}\n${next.stderr}`).toEqual(['rejected', 1]);
    expect(await registry.publicTags(), what).toEqual(before);
    await ledger.reject(world);
    await harbor.planScans(`axion/${repositoryOf(culprit)}`, {});
    await factory.change(...changed);
    return;
  }
  await expectReleased({ ...world, factory: elsewhere }, next);
  const said = Object.fromEntries(next.run.recovered.map(({ run, action }) => [run, action]));
  expect(said, what).toEqual(
    Object.fromEntries([...noted].map(([run, tags]) => [run, expectedRecovery(tags, before, after)])),
  );
  if (noted.size > 0) expect(next.stderr, 'and the run says so').toContain([...noted.keys()][0]);
  ledger.pass(await registry.publicTags());
  expect((await notes(world)).size, `${what}: notes are left`).toBe(0);
  if (different) await factory.change();
}

describe.concurrent('our process, killed at any moment', () => {
  it.each(['one', 'two'])(
    'leaves no public tag on what did not pass, and the next run goes on: series %s',
    async (series) => {
      const chance = createChance(`kill ${series}`);
      await using world = await createWorld({ services: FOUR });
      const ledger = new Ledger();
      const measured = await measure(world);
      const { recent } = await world.harbor.traffic();
      expect(recent.length).toBeGreaterThan(0);
      ledger.pass(await world.registry.publicTags());
      const watch = world.registry.watch();
      for (let round = 0; round < 5; round++) {
        await killAndGoOn(world, chance, ledger, measured, series === 'one' ? round : round + 5);
      }
      await ledger.check(world, await watch.stop());
      // What the killed runs left is for the broom.
      const { code, stderr } = await world.factory.cli(['pipeline', '--clean', '--older-than', '1s']);
      expect(code, stderr).toBe(0);
      expect(await world.registry.ownTags()).toEqual([]);
    },
  );
});

describe('the engine, killed at any moment', () => {
  it('ends the run with an error, and the next one goes on', async () => {
    const chance = createChance('engine');
    await using engine = await startEngine();
    await using world = await createWorld({ services: FOUR, base: 'scratch', env: engine.env });
    const ledger = new Ledger();
    const { duration } = await measure(world);
    ledger.pass(await world.registry.publicTags());
    const watch = world.registry.watch();
    for (let round = 0; round < 2; round++) {
      await world.factory.change();
      const before = await world.registry.publicTags();
      const running = world.factory.cli(['pipeline', '--json']);
      const ms = Math.floor(chance.next() * duration * (round === 0 ? 0.4 : 1));
      await sleep(ms);
      await engine.kill();
      const { code, stdout, stderr } = await running;
      console.log(`the engine was killed after ${ms} ms: exit ${code}`);
      expect([0, 3], `${stdout}\n${stderr}`).toContain(code);
      if (code === 3) {
        expect(await world.registry.publicTags()).toEqual(before);
        expect(JSON.parse(stdout).error).toMatchObject({ message: expect.any(String), hint: expect.any(String) });
      }
      await engine.start();
      const next = await world.factory.pipeline();
      await expectReleased(world, next);
      ledger.pass(await world.registry.publicTags());
    }
    await ledger.check(world, await watch.stop());
  });
});

describe.concurrent('Harbor, restarted at any moment', () => {
  it.each(['build', 'scan', 'promote'] as const)('in the middle of %s', async (stage) => {
    const chance = createChance(`harbor ${stage}`);
    await using world = await createWorld({ services: FOUR });
    const ledger = new Ledger();
    await expectReleased(world, await world.factory.pipeline());
    ledger.pass(await world.registry.publicTags());
    await world.factory.change();
    const before = await world.registry.publicTags();
    const watch = world.registry.watch();
    if (stage === 'promote') await world.harbor.setPace({ latency: 60 });
    const events = world.factory.path('../events.jsonl');
    const running = world.factory.pipeline(['--events', events]);
    await until(
      () => readEvents(events),
      (seen) => seen.some((event) => event.type === 'stage-started' && event.stage === stage),
    );
    await sleep(chance.below(600));
    await world.harbor.restart({ afterMs: chance.below(2_500) });
    await world.harbor.setPace({ latency: 0 });
    const answer = await running;
    expect([0, 3], answer.stderr).toContain(answer.code);
    const noted = await notes(world);
    for (const tags of noted.values()) ledger.pass(tags);
    if (answer.code === 0) await expectReleased(world, answer);
    // What could not be put back is noted, for the next run.
    else if (noted.size === 0) expect(await world.registry.publicTags()).toEqual(before);
    const next = await world.factory.pipeline();
    await expectReleased(world, next);
    ledger.pass(await world.registry.publicTags());
    await ledger.check(world, await watch.stop());
  });
});

describe.concurrent('a signal', () => {
  const inEngine = ({ factory }: World) => factory.imagesInEngine();

  it.each([
    ['SIGINT', 130, 'build'],
    ['SIGTERM', 143, 'push'],
    ['SIGINT', 130, 'scan'],
    ['SIGTERM', 143, 'scan'],
  ] as const)('%s ends with %i in the middle of %s, and nothing is left', async (signal, exit, stage) => {
    const chance = createChance(`${signal} ${stage}`);
    await using world = await createWorld({ services: FOUR });
    await expectReleased(world, await world.factory.pipeline());
    await world.factory.change();
    const before = await world.registry.publicTags();
    for (const service of FOUR) await world.harbor.planScans(`axion/${repositoryOf(service)}`, { holds: true });
    const events = world.factory.path('../events.jsonl');
    const run = startRun(world.factory, ['--events', events]);
    await until(
      () => readEvents(events),
      (seen) => seen.some((event) => event.type === 'stage-started' && event.stage === stage),
    );
    await sleep(chance.below(stage === 'scan' ? 1500 : 200));
    const start = performance.now();
    run.kill(signal);
    const { code, stdout, stderr } = await run.ended;
    expect(code, `${stdout}\n${stderr}`).toBe(exit);
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(JSON.parse(stdout).error?.code).toBe('CANCELLED');
    expect(await world.registry.all()).toEqual(before);
    expect((await inEngine(world)).filter((name) => name.includes('objdocker-'))).toEqual([]);
    expect(await world.factory.temporaryFiles()).toEqual([]);
    expect((await readEvents(events)).at(-1)).toMatchObject({ type: 'run-finished', run: { outcome: 'cancelled' } });
    for (const service of FOUR) await world.harbor.planScans(`axion/${repositoryOf(service)}`, {});
    await expectReleased(world, await world.factory.pipeline());
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s in the promotion waits until all tags are moved, or none is', async (signal, exit) => {
    const chance = createChance(`${signal} promotion`);
    await using world = await createWorld({ services: FOUR });
    const { moves } = await measure(world);
    await world.factory.change();
    const before = await world.registry.publicTags();
    await world.harbor.forgetTraffic();
    const run = startRun(world.factory);
    const at = chance.below(moves);
    const count = async () =>
      (await world.harbor.traffic()).recent.filter(
        ({ method, path }) => method !== 'GET' && new RegExp(MOVES).test(path),
      ).length;
    await until(
      async () => run.isOver() || (await count()) >= at,
      (isSo) => isSo,
      60,
    );
    const start = performance.now();
    run.kill(signal);
    const { code, stdout, stderr } = await run.ended;
    expect(performance.now() - start).toBeLessThan(10_000);
    const after = await world.registry.publicTags();
    const moved = Object.keys(before).filter((name) => after[name] !== before[name]);
    console.log(`${signal} at move ${at} of ${moves}: exit ${code}, ${moved.length} moved`);
    expect([0, FOUR.length], `${stdout}\n${stderr}`).toContain(moved.length);
    expect([0, exit], `${stdout}\n${stderr}`).toContain(code);
    expect(await world.registry.ownTags()).toEqual([]);
    const { promoted, outcome } = readRun({ stdout, stderr });
    expect({ promoted, outcome }, stdout).toEqual(
      moved.length === 0 ? { promoted: false, outcome: 'cancelled' } : { promoted: true, outcome: 'passed' },
    );
    await expectReleased(world, await world.factory.pipeline());
  });
});
