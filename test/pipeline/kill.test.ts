import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { readStagingTag } from '../../src/pipeline/staging-tag.ts';
import { until } from '../harness/processes.ts';
import { startEngine } from '../harness/sandbox.ts';
import { type Chance, createChance } from './chance.ts';
import { type Factory, readEvents, readRun, repositoryOf } from './factory.ts';
import type { Tags } from './registry-view.ts';
import { CRITICAL, createWorld, expectReleased, type World } from './world.ts';

const FOUR = ['api', 'report', 'scheduler', 'worker'];

/** Every request that changes a public tag, or a note on it. */
const MOVES = '/(artifacts/[^/]+/tags(/objdocker-[^/]*)?|manifests/1\\.0)$';

/** A run in a process that can be ended at any moment. */
function startRun(factory: Factory, args: readonly string[] = []) {
  let pid = 0;
  let over = false;
  const ended = factory
    .cli(['pipeline', '--json', ...args], { onStart: (started) => (pid = started) })
    .finally(() => (over = true));
  return {
    ended,
    isOver: () => over,
    kill: (signal: NodeJS.Signals) => {
      if (!over) process.kill(pid, signal);
    },
  };
}

/** How long a release takes here, in milliseconds, and how many requests its promotion is made of. */
async function measure(world: World): Promise<{ readonly duration: number; readonly moves: number }> {
  await expectReleased(world, await world.factory.pipeline());
  await world.factory.change();
  await world.harbor.forgetTraffic();
  const start = performance.now();
  await expectReleased(world, await world.factory.pipeline());
  const { recent } = await world.harbor.traffic();
  const moves = recent.filter(({ method, path }) => method !== 'GET' && new RegExp(MOVES).test(path)).length;
  return { duration: performance.now() - start, moves };
}

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

const isStalled = ({ method, path, status }: { method: string; path: string; status: number }) =>
  method !== 'GET' && status === 0 && new RegExp(MOVES).test(path);

/** What the notes of the registry say of promotions that were not ended: by run, where each public tag was to go. */
async function notes(world: World): Promise<ReadonlyMap<string, Tags>> {
  const found = new Map<string, Record<string, string>>();
  for (const [name, digest] of Object.entries(await world.registry.all())) {
    const [repository = '', tag = ''] = name.split(':');
    const read = readStagingTag(tag);
    if (read?.note === undefined) continue;
    const to = read.note.direction === 'to' ? { [`${repository}:${read.note.tag}`]: digest } : {};
    found.set(read.run, { ...found.get(read.run), ...to });
  }
  return found;
}

/** What the next run is to say of the one before, as the registry stands. */
function expectedRecovery(noted: Tags, tags: Tags): string {
  const moved = Object.entries(noted).filter(([name, digest]) => tags[name] === digest);
  if (moved.length === 0) return 'not-begun';
  return moved.length === Object.keys(noted).length ? 'complete' : 'finished';
}

/** Digests that a public tag may stand for, and those that it never may. */
class Ledger {
  readonly passed = new Set<string>();
  readonly rejected = new Set<string>();

  pass(tags: Tags): void {
    for (const digest of Object.values(tags)) this.passed.add(digest);
  }

  /** All that the registry has and that was not passed by now. */
  async reject(world: World): Promise<void> {
    for (const { digest } of await world.registry.artifacts()) if (!this.passed.has(digest)) this.rejected.add(digest);
  }

  async check(world: World, seen: ReadonlyMap<string, readonly (string | undefined)[]>): Promise<void> {
    const artifacts = new Map((await world.registry.artifacts()).map((artifact) => [artifact.digest, artifact]));
    for (const [name, digests] of seen) {
      for (const digest of digests) {
        // A tag that moves is there all the time.
        expect(digest, `${name} was gone for a moment`).toBeDefined();
        if (digest === undefined) continue;
        expect(this.passed, `${name} stood for ${digest}`).toContain(digest);
        expect(this.rejected, `${name} stood for ${digest}`).not.toContain(digest);
        expect(artifacts.get(digest)).toMatchObject({
          scan: 'Success',
          severity: expect.not.stringMatching('Critical'),
        });
      }
    }
  }
}

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
  expect(said, what).toEqual(Object.fromEntries([...noted].map(([run, tags]) => [run, expectedRecovery(tags, after)])));
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
