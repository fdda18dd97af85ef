import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { until } from '../harness/processes.ts';
import { startHarborProcess } from '../harness/sandbox.ts';
import { createRandom, isLongTest, type Random } from '../random.ts';
import { CRITICAL, expectOutcome, expectReleased, type Fixture } from './fixture.ts';
import {
  expectedRecovery,
  isStalled,
  Ledger,
  measure,
  readOpenReleases,
  startRun,
  TAG_CHANGES,
  TAG_MOVES,
} from './killed-run.ts';
import { viewRegistry } from './registry-view.ts';
import { createWorkspace, readRun, repositoryOf } from './workspace.ts';

const FOUR = ['api', 'report', 'scheduler', 'worker'];

interface Round {
  readonly name: string;
  /** Harbor is killed during this request, after `after` responses to others of its kind. Absent: at any moment. */
  readonly request?: { readonly path: string; readonly after: (random: Random, tagChanges: number) => number };
  /** One image is rejected by the gate. */
  readonly rejected?: boolean;
  /** The run is killed, too, as on a machine that has both. */
  readonly withRun?: boolean;
}

const BETWEEN_TAGS = { path: TAG_MOVES, after: (random: Random) => 1 + random.below(FOUR.length - 1) };

const ROUNDS: readonly Round[] = [
  { name: 'at any moment' },
  { name: 'at any moment of a run with a rejected image', rejected: true },
  {
    name: 'at any request of the promotion',
    request: { path: TAG_CHANGES, after: (random, tagChanges) => random.below(tagChanges) },
  },
  { name: 'when some tags have moved', request: BETWEEN_TAGS },
  { name: 'when some tags have moved, and the run with it', request: BETWEEN_TAGS, withRun: true },
];

/** Waits for the kill point of a round, or the end of the run. */
async function waitForKillPoint(
  { harbor }: Fixture,
  { request }: Round,
  {
    random,
    measured,
    isOver,
  }: { random: Random; measured: Awaited<ReturnType<typeof measure>>; isOver: () => boolean },
): Promise<string> {
  if (request === undefined) {
    const ms = Math.floor(random.next() * measured.duration);
    await sleep(ms);
    return `after ${ms} ms`;
  }
  const after = request.after(random, measured.tagChanges);
  await harbor.failNext({ path: request.path, kind: 'stall', after });
  await until(
    async () => isOver() || (await harbor.traffic()).recent.some(isStalled),
    (isReached) => isReached,
  );
  return `at request ${after}`;
}

describe('a Harbor that is killed', () => {
  it('leaves public tags on images that passed only, and the next run goes on', async () => {
    const random = createRandom('harbor killed');
    await using harbor = await startHarborProcess('--scan-time', '100ms');
    await using workspace = await createWorkspace({ host: harbor.host, login: harbor.admin, services: FOUR });
    const fixture: Fixture = { harbor, workspace, registry: viewRegistry(harbor) };
    const { registry } = fixture;
    const ledger = new Ledger();
    const measured = await measure(fixture);
    ledger.pass(await registry.publicTags());
    const watch = registry.watch();

    // One round of each kind in a long test, else one at any moment and one in the middle of the tags.
    for (const round of isLongTest ? ROUNDS : [ROUNDS[random.below(3)], ROUNDS[3 + random.below(2)]]) {
      if (round === undefined) continue;
      await workspace.change();
      const culprit = FOUR[random.below(FOUR.length)] ?? 'api';
      if (round.rejected) await harbor.planScans(`axion/${repositoryOf(culprit)}`, { findings: [CRITICAL] });
      const before = await registry.publicTags();
      await harbor.resetTraffic();
      const run = startRun(workspace);
      const when = await waitForKillPoint(fixture, round, { random, measured, isOver: run.isOver });
      const wasOver = run.isOver();
      await harbor.kill();
      if (round.withRun) run.kill('SIGKILL');
      await sleep(random.below(1_000));
      await harbor.start();
      const { code, stdout, stderr } = await run.ended;
      const after = await registry.publicTags();
      const open = await readOpenReleases(fixture);
      const moved = FOUR.map((service) => `${repositoryOf(service)}:1.0`).filter(
        (name) => after[name] !== before[name],
      );
      const what = `${round.name}, ${when}${wasOver ? ', over before' : ''}: exit ${code}, ${moved.length} moved, ${open.length} open`;
      console.log(what);

      // A release that has not ended has a record, which is made after the gate only.
      if (open.length === 0) expect([0, FOUR.length], `${what}\n${stderr}`).toContain(moved.length);
      for (const { tags } of open) ledger.pass(tags);
      if (!round.withRun) {
        expect(round.rejected ? [1, 3] : [0, 3], `${what}\n${stdout}\n${stderr}`).toContain(code);
        const { error } = readRun({ stdout, stderr });
        if (code === 0) expect(moved.length, `${what}\n${stderr}`).toBe(FOUR.length);
        if (code === 3) expect(error, stdout).toMatchObject({ message: expect.any(String), hint: expect.any(String) });
      }
      if (round.rejected) expect(after, what).toEqual(before);
      else if (moved.length === FOUR.length) ledger.pass(after);

      await using elsewhere = await workspace.copy();
      const next = await elsewhere.pipeline();
      ledger.passVerdict(next.run);
      if (round.rejected) {
        expectOutcome(next, 'rejected', 1);
        expect(await registry.publicTags(), what).toEqual(before);
        await ledger.rejectCritical(fixture, culprit);
        await harbor.planScans(`axion/${repositoryOf(culprit)}`, {});
        continue;
      }
      await expectReleased({ ...fixture, workspace: elsewhere }, next);
      const recovered = next.run.recovered.map(({ release, action }) => [release, action]);
      expect(recovered, what).toEqual(open.map((release) => [release.number, expectedRecovery(release, after)]));
      ledger.pass(await registry.publicTags());
      expect(await readOpenReleases(fixture), `${what}: a release is left open`).toEqual([]);
    }
    await ledger.check(fixture, await watch.stop());
  });
});
