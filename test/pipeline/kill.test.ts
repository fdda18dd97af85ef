import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { until } from '../harness/processes.ts';
import { startEngine } from '../harness/sandbox.ts';
import { createRandom, isLongTest, type Random } from '../random.ts';
import { CRITICAL, createFixture, expectReleased, type OwnFixture } from './fixture.ts';
import {
  countTagChanges,
  expectedRecovery,
  isStalled,
  Ledger,
  measure,
  readOpenReleases,
  startRun,
  TAG_CHANGES,
  TAG_MOVES,
} from './killed-run.ts';
import { readEvents, readRun, repositoryOf } from './workspace.ts';

const FOUR = ['api', 'report', 'scheduler', 'worker'];

/** Where a run is killed. `tag-change` is any request of the promotion, `between-tags` when some public tags have moved. */
const KILL_POINTS = ['build', 'push', 'scan', 'tag-change', 'between-tags', 'any-time'] as const;

interface Round {
  readonly at: (typeof KILL_POINTS)[number];
  /** One image is rejected by the gate. */
  readonly rejected?: boolean;
  /** The next run, on another machine, has other sources. */
  readonly otherSource?: boolean;
}

/**
 * Every kill point. A rejection follows a round that leaves all four services new, so that the rejected run pushes images that a
 * later run may release.
 */
const ROUNDS: readonly Round[] = [
  { at: 'build' },
  { at: 'scan', otherSource: true },
  { at: 'push', rejected: true },
  { at: 'tag-change', otherSource: true },
  { at: 'between-tags' },
  { at: 'any-time' },
];

function randomRound(random: Random): Round {
  const at = KILL_POINTS[random.below(KILL_POINTS.length)] ?? 'any-time';
  const rejected = at !== 'scan' && at !== 'tag-change' && at !== 'between-tags' && random.next() < 0.5;
  return { at, rejected, otherSource: !rejected && random.next() < 0.3 };
}

/** Starts a run and kills it at the point of the round. Returns whether it was still running. */
async function killRun(
  fixture: OwnFixture,
  random: Random,
  { at, rejected = false }: Round,
  {
    duration,
    tagChanges,
    changed,
    culprit,
  }: { duration: number; tagChanges: number; changed: readonly string[]; culprit: string },
): Promise<boolean> {
  const { workspace, harbor } = fixture;
  const repository = `axion/${repositoryOf(culprit)}`;
  const plan = rejected ? { findings: [CRITICAL] } : {};
  const events = workspace.path('../kill-events.jsonl');
  await harbor.resetTraffic();
  // A run that cannot end its scans is there to be killed, however late the test sees that the stage has started.
  const isHeld = at === 'build' || at === 'push' || at === 'scan';
  if (isHeld) await harbor.planScans(repository, { ...plan, holds: true });
  if (at === 'tag-change') {
    // The lock and the end; and for each image a tag that keeps it, the move, and the removal of its staging tag.
    const count = Math.min(2 + 3 * changed.length, tagChanges);
    await harbor.failNext({ path: TAG_CHANGES, kind: 'stall', after: random.below(count) });
  }
  if (at === 'between-tags') {
    await harbor.failNext({ path: TAG_MOVES, kind: 'stall', after: 1 + random.below(changed.length - 1) });
  }
  const run = startRun(workspace, ['--events', events]);
  if (at === 'any-time') await sleep(Math.floor(random.next() * duration));
  else if (at === 'tag-change' || at === 'between-tags') {
    await until(
      async () => run.isOver() || (await harbor.traffic()).recent.some(isStalled),
      (isReached) => isReached,
    );
  } else {
    await until(
      async () =>
        run.isOver() ||
        (await readEvents(events)).some((event) => event.type === 'stage-started' && event.stage === at),
      (isReached) => isReached,
    );
  }
  const alive = !run.isOver();
  run.kill('SIGKILL');
  await run.ended;
  await harbor.failNext();
  if (isHeld) await harbor.planScans(repository, plan);
  return alive;
}

/** Kills a run, checks what it leaves, and then runs the pipeline on another machine. Returns what that run recovered. */
async function killAndRunAgain(
  fixture: OwnFixture,
  random: Random,
  ledger: Ledger,
  measured: Awaited<ReturnType<typeof measure>>,
  round: Round,
): Promise<readonly string[]> {
  const { workspace, harbor, registry } = fixture;
  const changed = round.at === 'between-tags' ? FOUR : random.some(FOUR);
  await workspace.change(...changed);
  const culprit = changed[random.below(changed.length)] ?? 'api';
  if (round.rejected) await harbor.planScans(`axion/${repositoryOf(culprit)}`, { findings: [CRITICAL] });
  const before = await registry.publicTags();

  const killed = await killRun(fixture, random, round, { ...measured, changed, culprit });
  const what = `${JSON.stringify(round)}, ${changed.join()} changed${round.rejected ? `, ${culprit} critical` : ''}${killed ? '' : ', was over before'}`;
  console.log(what);
  if (round.at !== 'any-time') expect(killed, `${what}: the kill point was hit`).toBe(true);

  const after = await registry.publicTags();
  const open = await readOpenReleases(fixture);
  expect(open.length, what).toBeLessThanOrEqual(1);
  if (round.rejected) expect(after, what).toEqual(before);
  else {
    // Without an open release all tags have moved, or none.
    const moved = changed.filter(
      (service) => after[`${repositoryOf(service)}:1.0`] !== before[`${repositoryOf(service)}:1.0`],
    );
    if (open.length === 0) expect([0, changed.length], what).toContain(moved.length);
    ledger.pass(after);
  }
  // A record is made after the gate only.
  for (const { tags } of open) ledger.pass(tags);

  await using elsewhere = await workspace.copy();
  if (round.otherSource) await elsewhere.change(...random.some(FOUR));
  const next = await elsewhere.pipeline();
  ledger.passVerdict(next.run);
  if (round.rejected) {
    expect([next.run.outcome, next.code], `${what}\n${next.stderr}`).toEqual(['rejected', 1]);
    expect(await registry.publicTags(), what).toEqual(before);
    await ledger.rejectCritical(fixture, culprit);
    await harbor.planScans(`axion/${repositoryOf(culprit)}`, {});
    await workspace.change(...changed);
    return [];
  }
  await expectReleased({ ...fixture, workspace: elsewhere }, next);
  const recovered = next.run.recovered.map(({ release, action }) => [release, action]);
  expect(recovered, what).toEqual(open.map((release) => [release.number, expectedRecovery(release, after)]));
  if (open.length > 0) expect(next.stderr, 'the run reports the recovery').toContain(`release ${open[0]?.number}`);
  expect(await readOpenReleases(fixture), `${what}: a release is left open`).toEqual([]);
  if (round.otherSource) await workspace.change();
  return next.run.recovered.map(({ action }) => action);
}

describe.concurrent('a run that is killed', () => {
  it.each(isLongTest ? ['short', 'long one', 'long two'] : ['short'])(
    'leaves public tags on images that passed only, and the next run goes on: series %s',
    async (series) => {
      const random = createRandom(`kill ${series}`);
      await using fixture = await createFixture({ services: FOUR });
      const ledger = new Ledger();
      const measured = await measure(fixture);
      expect(measured.tagChanges).toBeGreaterThan(FOUR.length);
      ledger.pass(await fixture.registry.publicTags());
      const watch = fixture.registry.watch();
      const rounds = series === 'short' ? ROUNDS : Array.from({ length: 12 }, () => randomRound(random));
      const recovered = [];
      for (const round of rounds) {
        recovered.push(...(await killAndRunAgain(fixture, random, ledger, measured, round)));
      }
      if (series === 'short') {
        expect(new Set(rounds.map(({ at }) => at))).toEqual(new Set(KILL_POINTS));
        expect(recovered, 'a partial promotion was finished').toContain('finished');
      }
      await ledger.check(fixture, await watch.stop());
      const { code, stderr } = await fixture.workspace.cli(['pipeline', '--clean', '--older-than', '1s']);
      expect(code, stderr).toBe(0);
      expect(await fixture.registry.ownTags()).toEqual([]);
    },
  );
});

describe('an engine that is killed', () => {
  it('ends the run with an error, and the next run releases', async () => {
    const random = createRandom('engine');
    await using engine = await startEngine();
    await using fixture = await createFixture({ services: FOUR, base: 'scratch', env: engine.env });
    const ledger = new Ledger();
    const { duration } = await measure(fixture);
    ledger.pass(await fixture.registry.publicTags());
    const watch = fixture.registry.watch();
    for (let round = 0; round < 2; round++) {
      await fixture.workspace.change();
      const before = await fixture.registry.publicTags();
      const running = fixture.workspace.cli(['pipeline', '--json']);
      const ms = Math.floor(random.next() * duration * (round === 0 ? 0.4 : 1));
      await sleep(ms);
      await engine.kill();
      const { code, stdout, stderr } = await running;
      console.log(`the engine was killed after ${ms} ms: exit ${code}`);
      expect([0, 3], `${stdout}\n${stderr}`).toContain(code);
      if (code === 3) {
        expect(await fixture.registry.publicTags()).toEqual(before);
        expect(JSON.parse(stdout).error).toMatchObject({ message: expect.any(String), hint: expect.any(String) });
      }
      await engine.start();
      const next = await fixture.workspace.pipeline();
      await expectReleased(fixture, next);
      ledger.pass(await fixture.registry.publicTags());
    }
    await ledger.check(fixture, await watch.stop());
  });
});

describe.concurrent('a Harbor that restarts', () => {
  it.each(['build', 'scan', 'promote'] as const)('during %s does not release a part of the images', async (stage) => {
    const random = createRandom(`harbor ${stage}`);
    await using fixture = await createFixture({ services: FOUR });
    const ledger = new Ledger();
    await expectReleased(fixture, await fixture.workspace.pipeline());
    ledger.pass(await fixture.registry.publicTags());
    await fixture.workspace.change();
    const before = await fixture.registry.publicTags();
    const watch = fixture.registry.watch();
    if (stage === 'promote') await fixture.harbor.setDelays({ latency: 60 });
    const events = fixture.workspace.path('../events.jsonl');
    const running = fixture.workspace.pipeline(['--events', events]);
    await until(
      () => readEvents(events),
      (seen) => seen.some((event) => event.type === 'stage-started' && event.stage === stage),
    );
    await sleep(random.below(600));
    await fixture.harbor.restart({ afterMs: random.below(2_500) });
    await fixture.harbor.setDelays({ latency: 0 });
    const result = await running;
    expect([0, 3], result.stderr).toContain(result.code);
    const open = await readOpenReleases(fixture);
    for (const { tags } of open) ledger.pass(tags);
    if (result.code === 0) await expectReleased(fixture, result);
    // A release that could not be undone stays open for the next run.
    else if (open.length === 0) expect(await fixture.registry.publicTags()).toEqual(before);
    const next = await fixture.workspace.pipeline();
    await expectReleased(fixture, next);
    ledger.pass(await fixture.registry.publicTags());
    await ledger.check(fixture, await watch.stop());
  });
});

describe.concurrent('a signal', () => {
  const inEngine = ({ workspace }: OwnFixture) => workspace.imagesInEngine();

  it.each([
    ['SIGTERM', 143, 'push'],
    ['SIGINT', 130, 'scan'],
    ...(isLongTest ? ([['SIGINT', 130, 'build']] as const) : []),
  ] as const)('%s exits with %i during %s and leaves nothing', async (signal, exit, stage) => {
    const random = createRandom(`${signal} ${stage}`);
    await using fixture = await createFixture({ services: FOUR });
    await expectReleased(fixture, await fixture.workspace.pipeline());
    await fixture.workspace.change();
    const before = await fixture.registry.publicTags();
    for (const service of FOUR) await fixture.harbor.planScans(`axion/${repositoryOf(service)}`, { holds: true });
    const events = fixture.workspace.path('../events.jsonl');
    const run = startRun(fixture.workspace, ['--events', events]);
    await until(
      () => readEvents(events),
      (seen) => seen.some((event) => event.type === 'stage-started' && event.stage === stage),
    );
    await sleep(random.below(stage === 'scan' ? 1500 : 200));
    run.kill(signal);
    const { code, stdout, stderr } = await run.ended;
    expect(code, `${stdout}\n${stderr}`).toBe(exit);
    expect(JSON.parse(stdout).error?.code).toBe('CANCELLED');
    expect(await fixture.registry.publicTags()).toEqual(before);
    expect(await fixture.registry.ownTags()).toEqual([]);
    expect((await inEngine(fixture)).filter((name) => name.includes('objdocker-'))).toEqual([]);
    expect(await fixture.workspace.temporaryFiles()).toEqual([]);
    expect((await readEvents(events)).at(-1)).toMatchObject({ type: 'run-finished', run: { outcome: 'cancelled' } });
    for (const service of FOUR) await fixture.harbor.planScans(`axion/${repositoryOf(service)}`, {});
    await expectReleased(fixture, await fixture.workspace.pipeline());
  });

  it.each([['SIGINT', 130], ...(isLongTest ? ([['SIGTERM', 143]] as const) : [])] as const)(
    '%s during the promotion exits when all tags are moved, or none',
    async (signal, exit) => {
      const random = createRandom(`${signal} promotion`);
      await using fixture = await createFixture({ services: FOUR });
      const { tagChanges } = await measure(fixture);
      await fixture.workspace.change();
      const before = await fixture.registry.publicTags();
      await fixture.harbor.resetTraffic();
      const run = startRun(fixture.workspace);
      // Before the first request the process may not have its signal handlers yet.
      const at = 1 + random.below(tagChanges - 1);
      await until(
        async () => run.isOver() || (await countTagChanges(fixture)) >= at,
        (isReached) => isReached,
      );
      run.kill(signal);
      const { code, stdout, stderr } = await run.ended;
      const after = await fixture.registry.publicTags();
      const moved = Object.keys(before).filter((name) => after[name] !== before[name]);
      console.log(`${signal} at tag change ${at} of ${tagChanges}: exit ${code}, ${moved.length} moved`);
      expect([0, FOUR.length], `${stdout}\n${stderr}`).toContain(moved.length);
      expect([0, exit], `${stdout}\n${stderr}`).toContain(code);
      expect(await fixture.registry.ownTags()).toEqual([]);
      const { promoted, outcome } = readRun({ stdout, stderr });
      expect({ promoted, outcome }, stdout).toEqual(
        moved.length === 0 ? { promoted: false, outcome: 'cancelled' } : { promoted: true, outcome: 'passed' },
      );
      await expectReleased(fixture, await fixture.workspace.pipeline());
    },
  );
});
