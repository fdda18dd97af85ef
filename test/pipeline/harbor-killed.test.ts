import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { until } from '../harness/processes.ts';
import { startHarborProcess } from '../harness/sandbox.ts';
import { expectedRecovery, isStalled, Ledger, MOVES, measure, notes, startRun } from './aftermath.ts';
import { type Chance, createChance } from './chance.ts';
import { createFactory, readRun, repositoryOf } from './factory.ts';
import { viewRegistry } from './registry-view.ts';
import { CRITICAL, expectOutcome, expectReleased, type Scene } from './world.ts';

const FOUR = ['api', 'report', 'scheduler', 'worker'];

interface Round {
  readonly name: string;
  /** Harbor is killed while it has this request, so many of its kind having been answered; without, at any moment. */
  readonly request?: { readonly path: string; readonly after: (chance: Chance, moves: number) => number };
  /** One image does not pass. */
  readonly bad?: boolean;
  /** The run is killed with it, as when a machine has both. */
  readonly withRun?: boolean;
}

const BETWEEN_TAGS = { path: 'manifests/1\\.0$', after: (chance: Chance) => 1 + chance.below(FOUR.length - 1) };

const ROUNDS: readonly Round[] = [
  { name: 'at any moment' },
  { name: 'at any moment of a run that is to be rejected', bad: true },
  { name: 'at any request of the promotion', request: { path: MOVES, after: (chance, moves) => chance.below(moves) } },
  { name: 'when some tags have moved', request: BETWEEN_TAGS },
  { name: 'when some tags have moved, and the run with it', request: BETWEEN_TAGS, withRun: true },
];

/** Waits for the moment of a round, or the end of the run. */
async function reach(
  { harbor }: Scene,
  { request }: Round,
  {
    chance,
    measured,
    isOver,
  }: { chance: Chance; measured: Awaited<ReturnType<typeof measure>>; isOver: () => boolean },
): Promise<string> {
  if (request === undefined) {
    const ms = Math.floor(chance.next() * measured.duration);
    await sleep(ms);
    return `after ${ms} ms`;
  }
  const after = request.after(chance, measured.moves);
  await harbor.failNext({ path: request.path, kind: 'stall', after });
  await until(
    async () => isOver() || (await harbor.traffic()).recent.some(isStalled),
    (isSo) => isSo,
    60,
  );
  return `at request ${after}`;
}

describe('Harbor, killed with SIGKILL', () => {
  it('leaves no public tag on what did not pass, and the next run goes on', async () => {
    const chance = createChance('harbor killed');
    await using harbor = await startHarborProcess('--scan-time', '100ms');
    await using factory = await createFactory({ host: harbor.host, login: harbor.admin, services: FOUR });
    const scene: Scene = { harbor, factory, registry: viewRegistry(harbor) };
    const { registry } = scene;
    const ledger = new Ledger();
    const measured = await measure(scene);
    ledger.pass(await registry.publicTags());
    const watch = registry.watch();

    for (const round of ROUNDS) {
      await factory.change();
      const culprit = FOUR[chance.below(FOUR.length)] ?? 'api';
      if (round.bad) await harbor.planScans(`axion/${repositoryOf(culprit)}`, { findings: [CRITICAL] });
      const before = await registry.publicTags();
      await harbor.forgetTraffic();
      const run = startRun(factory);
      const when = await reach(scene, round, { chance, measured, isOver: run.isOver });
      const wasOver = run.isOver();
      await harbor.kill();
      if (round.withRun) run.kill('SIGKILL');
      await sleep(chance.below(1_000));
      await harbor.start();
      const { code, stdout, stderr } = await run.ended;
      const after = await registry.publicTags();
      const noted = await notes(scene);
      const moved = FOUR.map((service) => `${repositoryOf(service)}:1.0`).filter(
        (name) => after[name] !== before[name],
      );
      const what = `${round.name}, ${when}${wasOver ? ', over before' : ''}: exit ${code}, ${moved.length} moved, ${noted.size} noted`;
      console.log(what);

      // What is half done is noted; all that was noted had passed.
      if (noted.size === 0) expect([0, FOUR.length], `${what}\n${stderr}`).toContain(moved.length);
      for (const tags of noted.values()) ledger.pass(tags);
      if (!round.withRun) {
        expect(round.bad ? [1, 3] : [0, 3], `${what}\n${stdout}\n${stderr}`).toContain(code);
        const answer = readRun({ stdout, stderr });
        if (code === 0) expect(moved.length, `${what}\n${stderr}`).toBe(FOUR.length);
        if (code === 3)
          expect(answer.error, stdout).toMatchObject({ message: expect.any(String), hint: expect.any(String) });
      }
      if (round.bad) expect(after, what).toEqual(before);
      else if (moved.length === FOUR.length) ledger.pass(after);

      await using elsewhere = await factory.copy();
      const next = await elsewhere.pipeline();
      if (round.bad) {
        expectOutcome(next, 'rejected', 1);
        expect(await registry.publicTags(), what).toEqual(before);
        await ledger.reject(scene);
        await harbor.planScans(`axion/${repositoryOf(culprit)}`, {});
        continue;
      }
      await expectReleased({ ...scene, factory: elsewhere }, next);
      const said = Object.fromEntries(next.run.recovered.map(({ run, action }) => [run, action]));
      const expected = [...noted].map(([run, tags]) => [run, expectedRecovery(tags, before, after)]);
      expect(said, what).toEqual(Object.fromEntries(expected));
      ledger.pass(await registry.publicTags());
      expect((await notes(scene)).size, `${what}: notes are left`).toBe(0);
    }
    await ledger.check(scene, await watch.stop());
  }, 300_000);
});
