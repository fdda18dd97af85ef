import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { parseImageReference } from '../../image-ref.ts';
import { INSTANCE_STATES } from '../../model/enums.ts';
import type { Instance } from '../../model/instance.ts';
import type { ListInstancesOptions } from '../../substrate/obj-substrate.ts';
import { check } from '../contract-check.ts';
import { assertPlain, assertRecent } from '../expectations.ts';
import { create, createExited, uniqueName } from '../instances.ts';
import type { CreatedInstance, SubstrateUnderTest } from '../substrate-under-test.ts';

export const listChecks = [
  check('a listing has running, exited and created instances', async (target) => {
    const running = await create(target);
    const ended = await createExited(target, 3);
    const created = await create(target, { started: false });
    const rows = new Map((await target.substrate.listInstances()).map((row) => [row.id, row]));
    assert.equal(rows.get(running.id)?.state, 'running');
    assert.equal(rows.get(ended.id)?.state, 'exited');
    assert.equal(rows.get(created.id)?.state, 'created');
    for (const { id, name } of [running, ended, created]) assert.equal(rows.get(id)?.name, name);
  }),

  check('a listing is plain data in the documented shape', async (target) => {
    const labels = { plain: 'yes', 'with.dots/and-more': 'a=b, "c" 🙂', empty: '' };
    const { id } = await create(target, { labels });
    const rows = await target.substrate.listInstances();
    assertPlain(rows);
    for (const row of rows) assertInstance(row);
    const row = rows.find((one) => one.id === id) ?? assert.fail('the listing lacks the instance');
    for (const [key, value] of Object.entries(labels)) assert.equal(row.labels[key], value);
    assertRecent(row.created, 'created');
  }),

  check('a listing starts with the newest instance', async (target) => {
    const older = await create(target, { started: false });
    // Some substrates store times in whole seconds.
    await delay(1_100);
    const newer = await create(target, { started: false });
    const rows = await target.substrate.listInstances();
    const at = ({ id }: CreatedInstance) => rows.findIndex((row) => row.id === id);
    assert.ok(at(newer) >= 0 && at(newer) < at(older), 'the older instance comes before the newer one');
    const times = rows.map(({ created }) => Date.parse(created));
    assert.deepEqual(
      times,
      times.toSorted((a, b) => b - a),
    );
  }),

  check('a listing is filtered by labels, and an instance must have all of them', async (target) => {
    const run = uniqueName('run');
    const one = await create(target, { started: false, labels: { run, tier: 'a=1, b' } });
    const two = await create(target, { started: false, labels: { run, tier: 'two', only: '' } });
    const other = await create(target, { started: false, labels: { rune: run } });
    await lists(target, { labels: [`run=${run}`] }, [one, two]);
    await lists(target, { labels: [`run=${run}`, 'tier=a=1, b'] }, [one]);
    await lists(target, { labels: [`run=${run}`, 'only'] }, [two]);
    await lists(target, { labels: [`run=${run}`, 'only='] }, [two]);
    await lists(target, { labels: [`run=${run.slice(0, -1)}`] }, []);
    await lists(target, { labels: ['run'], names: [one.name, two.name, other.name] }, [one, two]);
  }),

  check('a listing is filtered by states, and any of them matches', async (target) => {
    const run = uniqueName('run');
    const labels = { run };
    const running = await create(target, { labels });
    const ended = await createExited(target, 0, { labels });
    const created = await create(target, { labels, started: false });
    await lists(target, { labels: [`run=${run}`], states: ['running'] }, [running]);
    await lists(target, { labels: [`run=${run}`], states: ['created', 'exited'] }, [ended, created]);
    await lists(target, { labels: [`run=${run}`], states: ['dead'] }, []);
  }),

  check('a listing is filtered by parts of names, and any of them matches', async (target) => {
    const run = uniqueName('part');
    const [one, two, three] = await Promise.all(
      ['one', 'two', 'three'].map((word) => create(target, { started: false, name: `${run}-${word}` })),
    );
    assert.ok(one && two && three);
    await lists(target, { names: [run.slice(3)] }, [one, two, three]);
    await lists(target, { names: [`${run}-o`, `${run.slice(2)}-th`] }, [one, three]);
    // A name filter is plain text, not a pattern.
    for (const pattern of [`${run}-.*`, `^${run}`, `${run}-t?o`, `${run}-[ot]`]) {
      await lists(target, { names: [pattern] }, []);
    }
  }),

  check('a listing is filtered by images, by reference and by repository', async (target) => {
    const instance = await create(target, { started: false });
    const { image } = await target.substrate.getInstance(instance.id);
    const names = [instance.name];
    await lists(target, { names, images: [image.reference] }, [instance]);
    await lists(target, { names, images: ['example.invalid/none:none', image.reference] }, [instance]);
    const { domain, path } = parseImageReference(image.reference);
    await lists(target, { names, images: [`${domain}/${path}`] }, [instance]);
    await lists(target, { names, images: [`${domain}/${path}:no-such-tag`] }, []);
    await lists(target, { names, images: [`${domain}/${path.slice(0, -1)}`] }, []);
  }),

  check('an instance must pass all filters', async (target) => {
    const run = uniqueName('run');
    const one = await create(target, { started: false, labels: { run }, name: `${run}-a` });
    await create(target, { started: false, labels: { run }, name: `${run}-b` });
    await create(target, { labels: { run }, name: `${run}-c` });
    await create(target, { started: false, name: `${run}-d` });
    const names = ['a', 'c', 'd'].map((letter) => `${run}-${letter}`);
    await lists(target, { labels: [`run=${run}`], states: ['created'], names }, [one]);
  }),
];

async function lists(
  { substrate }: SubstrateUnderTest,
  options: ListInstancesOptions,
  expected: readonly CreatedInstance[],
): Promise<void> {
  const found = (await substrate.listInstances(options)).map(({ name }) => name);
  const { signal: _, ...filters } = options;
  assert.deepEqual(found.sort(), expected.map(({ name }) => name).sort(), `filters ${JSON.stringify(filters)}`);
}

export function assertInstance(row: Instance): void {
  for (const value of [row.id, row.name, row.status, row.image.reference, row.image.id]) {
    assert.equal(typeof value, 'string');
  }
  assert.notEqual(row.id, '');
  assert.ok(INSTANCE_STATES.includes(row.state), `the state is ${row.state}`);
  assert.ok(row.health === undefined || ['starting', 'healthy', 'unhealthy'].includes(row.health));
  assert.match(row.created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  for (const value of Object.values(row.labels)) assert.equal(typeof value, 'string');
  for (const { port, protocol, published } of row.ports) {
    assert.ok(Number.isInteger(port) && typeof protocol === 'string');
    if (published !== undefined) assert.ok(typeof published.address === 'string' && Number.isInteger(published.port));
  }
}
