import assert from 'node:assert/strict';
import { check } from '../contract-check.ts';
import { assertPlain, assertRecent, waitUntil } from '../expectations.ts';
import { create, createExited, createReady } from '../instances.ts';
import { assertInstance } from './list.ts';

export const getChecks = [
  check('the detail of an instance matches its row in the listing', async (target) => {
    const { id } = await create(target, { labels: { key: 'value' } });
    const detail = await target.substrate.getInstance(id);
    assertPlain(detail);
    assertInstance(detail);
    const row = (await target.substrate.listInstances()).find((one) => one.id === id) ?? assert.fail('not listed');
    for (const key of ['id', 'name', 'state', 'health', 'labels'] as const)
      assert.deepEqual(detail[key], row[key], key);
    assert.equal(detail.image.reference, row.image.reference);
    assert.equal(detail.image.id, row.image.id);
    assert.equal(Math.trunc(Date.parse(detail.created) / 1000), Math.trunc(Date.parse(row.created) / 1000));
  }),

  check('the detail of an instance has its command and start time', async (target) => {
    const script = `echo "it's" '$HOME'; sleep 1000`;
    const { id } = await create(target, { script });
    const detail = await target.substrate.getInstance(id);
    assert.deepEqual(detail.command, ['sh', '-c', script]);
    assertRecent(detail.started, 'started');
    assert.ok(!('finished' in detail) && !('exitCode' in detail), 'it runs, and has ended');
    assert.equal(detail.restartCount, 0);
    assert.equal(detail.outOfMemory, false);
    assert.ok(Array.isArray(detail.mounts) && Array.isArray(detail.networks) && Array.isArray(detail.image.tags));
  }),

  check('the detail of an exited instance has its end time and exit code', async (target) => {
    const { id } = await createExited(target, 42, { script: 'sleep 0.2; exit 42' });
    const { exitCode, started, finished } = await target.substrate.getInstance(id);
    assert.equal(exitCode, 42);
    assertRecent(finished, 'finished');
    assert.ok(Date.parse(started ?? '') <= Date.parse(finished ?? ''), 'it ended before it was started');
  }),

  check('the detail of a created instance has no times and no exit code', async (target) => {
    const { id } = await create(target, { started: false });
    const detail = await target.substrate.getInstance(id);
    for (const key of ['started', 'finished', 'exitCode', 'lastProbe']) assert.ok(!(key in detail), `it has ${key}`);
  }),

  check(
    'the detail of an instance has its health and the last probe',
    async (target) => {
      const get = (id: string) => target.substrate.getInstance(id);
      const [well, ill] = await Promise.all([
        createReady(target, { healthCheck: 'echo all is well' }),
        createReady(target, { healthCheck: 'echo not so well; exit 1' }),
      ]);
      await waitUntil('a health check says healthy', async () => (await get(well.id)).health === 'healthy');
      await waitUntil('a health check says unhealthy', async () => (await get(ill.id)).health === 'unhealthy');
      const rows = await target.substrate.listInstances({ names: [well.name, ill.name] });
      assert.deepEqual(new Map(rows.map(({ id, health }) => [id, health])).get(ill.id), 'unhealthy');
      const probes = await Promise.all([well, ill].map(async ({ id }) => (await get(id)).lastProbe));
      assert.match(probes[0]?.output ?? '', /all is well/);
      assert.match(probes[1]?.output ?? '', /not so well/);
      assert.deepEqual([probes[0]?.exitCode, probes[1]?.exitCode], [0, 1]);
      assert.equal(probes[0]?.failingStreak, 0);
      assert.ok((probes[1]?.failingStreak ?? 0) > 0, 'it failed, and has no streak');
      assertRecent(probes[1]?.started, 'the start of the probe');
      assertRecent(probes[1]?.ended, 'the end of the probe');
    },
    ['health'],
  ),

  check(
    'the detail of an instance has the number of restarts',
    async (target) => {
      const { id } = await create(target, { restart: true, script: 'sleep 0.2' });
      const restarts = async () => (await target.substrate.getInstance(id)).restartCount;
      await waitUntil('it was started again', async () => (await restarts()) >= 2, 10_000);
      await target.substrate.stopInstance(id, { force: true });
    },
    ['restart'],
  ),
];
