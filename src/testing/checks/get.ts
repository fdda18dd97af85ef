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
    const row =
      (await target.substrate.listInstances()).find((one) => one.id === id) ??
      assert.fail('the listing lacks the instance');
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
    assert.ok(!('finished' in detail) && !('exitCode' in detail), 'a running instance has an end time or an exit code');
    assert.equal(detail.restartCount, 0);
    assert.equal(detail.outOfMemory, false);
    assert.ok(Array.isArray(detail.mounts) && Array.isArray(detail.networks) && Array.isArray(detail.image.tags));
  }),

  check('the detail of an exited instance has its end time and exit code', async (target) => {
    const { id } = await createExited(target, 42, { script: 'sleep 0.2; exit 42' });
    const { exitCode, started, finished } = await target.substrate.getInstance(id);
    assert.equal(exitCode, 42);
    assertRecent(finished, 'finished');
    assert.ok(Date.parse(started ?? '') <= Date.parse(finished ?? ''), 'the instance ended before its start');
  }),

  check('the detail of a created instance has no times and no exit code', async (target) => {
    const { id } = await create(target, { started: false });
    const detail = await target.substrate.getInstance(id);
    for (const key of ['started', 'finished', 'exitCode', 'lastProbe'])
      assert.ok(!(key in detail), `a created instance has ${key}`);
  }),

  check(
    'the detail of an instance has its health and the last probe',
    async (target) => {
      const get = (id: string) => target.substrate.getInstance(id);
      const [healthy, unhealthy] = await Promise.all([
        createReady(target, { healthCheck: 'echo all good' }),
        createReady(target, { healthCheck: 'echo not good; exit 1' }),
      ]);
      await waitUntil('a health check says healthy', async () => (await get(healthy.id)).health === 'healthy');
      await waitUntil('a health check says unhealthy', async () => (await get(unhealthy.id)).health === 'unhealthy');
      const rows = await target.substrate.listInstances({ names: [healthy.name, unhealthy.name] });
      assert.deepEqual(new Map(rows.map(({ id, health }) => [id, health])).get(unhealthy.id), 'unhealthy');
      const probes = await Promise.all([healthy, unhealthy].map(async ({ id }) => (await get(id)).lastProbe));
      assert.match(probes[0]?.output ?? '', /all good/);
      assert.match(probes[1]?.output ?? '', /not good/);
      assert.deepEqual([probes[0]?.exitCode, probes[1]?.exitCode], [0, 1]);
      assert.equal(probes[0]?.failingStreak, 0);
      assert.ok((probes[1]?.failingStreak ?? 0) > 0, 'the failing probe has no failing streak');
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
      await waitUntil('the instance was restarted', async () => (await restarts()) >= 2, 10_000);
      await target.substrate.stopInstance(id, { force: true });
    },
    ['restart'],
  ),
];
