import { describe, expect, it } from 'vitest';
import { JSON_OUTPUTS } from '../../../src/cli/json-output.ts';
import type { CliResult } from '../../harness/cli.ts';
import { until } from '../../harness/processes.ts';
import { createRandom, isLongTest } from '../../random.ts';
import { createFixture, type OwnFixture } from '../fixture.ts';
import { isStalled, readOpenReleases, TAG_CHANGES } from '../killed-run.ts';
import type { Tags } from '../registry-view.ts';

const TWO = ['api', 'worker'];

/** Two releases of two services, both of which have changed. */
async function twoReleases({ workspace, registry }: OwnFixture): Promise<readonly [Tags, Tags]> {
  const found: Tags[] = [];
  for (const number of [1, 2]) {
    if (number > 1) await workspace.change();
    const { code, stderr } = await workspace.pipeline();
    expect(code, stderr).toBe(0);
    found.push(await registry.publicTags());
  }
  const [first, second] = found;
  if (first === undefined || second === undefined) throw new Error('there are two');
  return [first, second];
}

const errorOf = ({ stdout }: CliResult) =>
  (JSON.parse(stdout) as { error?: { code: string; message: string; hint?: string } }).error;

/** All public tags are where a release has them. */
function expectWhole(found: Tags, sides: readonly Tags[], what: string): void {
  expect(
    sides.map((tags) => JSON.stringify(tags)),
    what,
  ).toContain(JSON.stringify(found));
}

describe.concurrent('a rollback', () => {
  it('that is killed at a change of a tag is finished by the next command on another machine', async () => {
    const random = createRandom('rollback killed');
    await using fixture = await createFixture({ services: TWO });
    const { workspace, harbor, registry } = fixture;
    const [first, second] = await twoReleases(fixture);
    await using elsewhere = await workspace.copy();
    let target = 1;
    for (let after = 0; after < (isLongTest ? 8 : 4); after++) {
      const skipped = isLongTest ? after : random.below(8);
      await harbor.failNext({ path: TAG_CHANGES, kind: 'stall', after: skipped });
      let pid = 0;
      let isOver = false;
      const running = workspace
        .cli(['rollback', '--json', '--to', String(target), '--release-withdrawn'], { onStart: (id) => (pid = id) })
        .finally(() => (isOver = true));
      await until(
        async () => isOver || (await harbor.traffic()).recent.some(isStalled),
        (isReached) => isReached,
      );
      if (!isOver) process.kill(pid, 'SIGKILL');
      await running;
      await harbor.failNext();
      await harbor.resetTraffic();
      const open = await readOpenReleases(fixture);
      const what = `killed at change ${skipped} of the rollback to ${target}, ${open.length} open`;
      // A hold is refused when the rollback holds the package already.
      const next = await elsewhere.cli(['audit', '--json']);
      const hold = await elsewhere.cli(['hold', '--json']);
      expect([0, 1], `${what}: ${hold.stderr}${next.stderr}`).toContain(hold.code);
      expect(await readOpenReleases(fixture), what).toEqual([]);
      const wanted = target === 1 ? first : second;
      const found = await registry.publicTags();
      expectWhole(found, [first, second], what);
      if (open.length > 0) expect(found, what).toEqual(wanted);
      const isBack = JSON.stringify(found) === JSON.stringify(wanted);
      console.log(`${what}: ${isBack ? 'went back' : 'not begun'}`);
      if (isBack) target = 3 - target;
    }
  });

  it('meets a fault of each of its requests with a correct result or a clear error, and moves all tags or none', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { workspace, harbor, registry } = fixture;
    const sides = await twoReleases(fixture);
    const rollback = (to: number) =>
      workspace.cli(['rollback', '--json', '--to', String(to), '--release-withdrawn', '--adopt']);
    await harbor.resetTraffic();
    expect((await rollback(1)).code).toBe(0);
    const { recent } = await harbor.traffic();
    const kinds = [
      ...new Map(
        recent.map(({ method, path }) => {
          const pattern = (path.split('?')[0] ?? '')
            .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
            .replace(/sha256:[0-9a-f]{64}/g, 'sha256:[0-9a-f]+')
            .replace(/(api|worker)-shop/g, '(api|worker)-shop')
            .replace(/\/\d+(\\\.end)?$/, '/\\d+$1')
            .replace(/uploads\/.+$/, 'uploads/.+')
            .replace(/scanners\/.+\/metadata$/, 'scanners/.+/metadata');
          return [`${method} ${pattern}`, { method, path: `^${pattern}(\\?.*)?$` }] as const;
        }),
      ).values(),
    ];
    expect(kinds.length).toBeGreaterThan(15);
    const faults = [
      { kind: 'reset' },
      { status: 503 },
      { kind: 'lose' },
      { status: 500, count: 1_000 },
      { kind: 'truncate' },
      { status: 403, body: '{"errors":[{"code":"FORBIDDEN","message":"forbidden"}]}' },
    ] as const;
    const failures: string[] = [];
    const random = createRandom('rollback faults');
    const start = random.below(faults.length);
    for (const [index, kind] of kinds.entries()) {
      // A third of the kinds, of which each run takes another one.
      if (!isLongTest && index % 3 !== start % 3) continue;
      const own = isLongTest ? faults : [faults[(index + start) % faults.length] ?? faults[0]];
      for (const fault of own) {
        const before = await registry.publicTags();
        const to = JSON.stringify(before) === JSON.stringify(sides[0]) ? 2 : 1;
        await harbor.failNext({ ...fault, ...kind });
        const result = await rollback(to);
        await harbor.failNext();
        const after = await registry.publicTags();
        const what = `${JSON.stringify(fault)} at ${kind.method} ${kind.path}: exit ${result.code}`;
        try {
          expectWhole(after, sides, what);
          if (result.code === 0) {
            JSON_OUTPUTS.rollback.parse(JSON.parse(result.stdout));
            expect(after, what).toEqual(sides[to - 1]);
          } else {
            const error = errorOf(result);
            expect(error?.code, `${what}\n${result.stderr}`).not.toBe('INTERNAL');
            expect(error?.message.length, what).toBeGreaterThan(10);
          }
        } catch (error) {
          failures.push(String(error));
        }
      }
    }
    expect(failures).toEqual([]);
    expect([0, 1]).toContain((await rollback(1)).code);
    expect(await registry.publicTags()).toEqual(sides[0]);
  });

  it('of two engineers at the same moment goes back once, and the other is told', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { workspace, registry } = fixture;
    const [first] = await twoReleases(fixture);
    await workspace.change();
    expect((await workspace.pipeline()).code).toBe(0);
    await using elsewhere = await workspace.copy();
    const [one, two] = await Promise.all([
      workspace.cli(['rollback', '--json', '--to', '1']),
      elsewhere.cli(['rollback', '--json', '--to', '1']),
    ]);
    expect([one.code, two.code].toSorted(), `${one.stderr}\n${two.stderr}`).toEqual([0, 1]);
    const late = one.code === 0 ? two : one;
    expect(['RELEASE_OVERTAKEN', 'RELEASE_NOT_FOUND']).toContain(errorOf(late)?.code);
    expect(await registry.publicTags()).toEqual(first);
    expect((await registry.records()).map(({ state }) => state)).toEqual(['done', 'done', 'done', 'done']);
  });

  it('while a merge is released ends with one of the two, and says what it met', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { workspace, registry } = fixture;
    const [first] = await twoReleases(fixture);
    await using elsewhere = await workspace.copy();
    await elsewhere.change();
    const [merge, back] = await Promise.all([
      elsewhere.pipeline(),
      workspace.cli(['rollback', '--json', '--reason', 'bad']),
    ]);
    expect([0, 1], back.stderr).toContain(back.code);
    if (back.code === 0 && merge.code !== 0) {
      expect(merge.run.error?.code, merge.stderr).toBe('RELEASE_HELD');
      expect(await registry.publicTags()).toEqual(first);
    }
    if (back.code === 0 && merge.code === 0) expect(JSON.parse(back.stdout)).toMatchObject({ from: 3, to: 2 });
    if (back.code !== 0) expect(errorOf(back)?.code).toBe('RELEASE_OVERTAKEN');
    expect(await readOpenReleases(fixture)).toEqual([]);
  });
});
