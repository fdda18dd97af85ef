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
  check('instances are listed whether they run, have ended or were never started', async (subject) => {
    const running = await create(subject);
    const ended = await createExited(subject, 3);
    const created = await create(subject, { started: false });
    const rows = new Map((await subject.substrate.listInstances()).map((row) => [row.id, row]));
    assert.equal(rows.get(running.id)?.state, 'running');
    assert.equal(rows.get(ended.id)?.state, 'exited');
    assert.equal(rows.get(created.id)?.state, 'created');
    for (const { id, name } of [running, ended, created]) assert.equal(rows.get(id)?.name, name);
  }),

  check('a listing is plain data of the documented shape', async (subject) => {
    const labels = { plain: 'yes', 'with.dots/and-more': 'a=b, "c" 🙂', empty: '' };
    const { id } = await create(subject, { labels });
    const rows = await subject.substrate.listInstances();
    assertPlain(rows);
    for (const row of rows) assertInstance(row);
    const row = rows.find((one) => one.id === id) ?? assert.fail('it is not listed');
    for (const [key, value] of Object.entries(labels)) assert.equal(row.labels[key], value);
    assertRecent(row.created, 'created');
  }),

  check('the newest instance is the first', async (subject) => {
    const older = await create(subject, { started: false });
    // Some substrates keep the time in seconds.
    await delay(1_100);
    const newer = await create(subject, { started: false });
    const rows = await subject.substrate.listInstances();
    const at = ({ id }: CreatedInstance) => rows.findIndex((row) => row.id === id);
    assert.ok(at(newer) >= 0 && at(newer) < at(older), 'the older is before the newer');
    const times = rows.map(({ created }) => Date.parse(created));
    assert.deepEqual(
      times,
      times.toSorted((a, b) => b - a),
    );
  }),

  check('a listing is filtered by labels, all of which an instance must have', async (subject) => {
    const run = uniqueName('run');
    const one = await create(subject, { started: false, labels: { run, tier: 'a=1, b' } });
    const two = await create(subject, { started: false, labels: { run, tier: 'two', only: '' } });
    const other = await create(subject, { started: false, labels: { rune: run } });
    await lists(subject, { labels: [`run=${run}`] }, [one, two]);
    await lists(subject, { labels: [`run=${run}`, 'tier=a=1, b'] }, [one]);
    await lists(subject, { labels: [`run=${run}`, 'only'] }, [two]);
    await lists(subject, { labels: [`run=${run}`, 'only='] }, [two]);
    await lists(subject, { labels: [`run=${run.slice(0, -1)}`] }, []);
    await lists(subject, { labels: ['run'], names: [one.name, two.name, other.name] }, [one, two]);
  }),

  check('a listing is filtered by states, any of which will do', async (subject) => {
    const run = uniqueName('run');
    const labels = { run };
    const running = await create(subject, { labels });
    const ended = await createExited(subject, 0, { labels });
    const created = await create(subject, { labels, started: false });
    await lists(subject, { labels: [`run=${run}`], states: ['running'] }, [running]);
    await lists(subject, { labels: [`run=${run}`], states: ['created', 'exited'] }, [ended, created]);
    await lists(subject, { labels: [`run=${run}`], states: ['dead'] }, []);
  }),

  check('a listing is filtered by parts of names, any of which will do', async (subject) => {
    const run = uniqueName('part');
    const [one, two, three] = await Promise.all(
      ['one', 'two', 'three'].map((word) => create(subject, { started: false, name: `${run}-${word}` })),
    );
    assert.ok(one && two && three);
    await lists(subject, { names: [run.slice(3)] }, [one, two, three]);
    await lists(subject, { names: [`${run}-o`, `${run.slice(2)}-th`] }, [one, three]);
    // A part is text, whatever the substrate's own filters make of it.
    for (const pattern of [`${run}-.*`, `^${run}`, `${run}-t?o`, `${run}-[ot]`]) {
      await lists(subject, { names: [pattern] }, []);
    }
  }),

  check('a listing is filtered by images, by reference and by repository', async (subject) => {
    const instance = await create(subject, { started: false });
    const { image } = await subject.substrate.getInstance(instance.id);
    const names = [instance.name];
    await lists(subject, { names, images: [image.reference] }, [instance]);
    await lists(subject, { names, images: ['example.invalid/none:none', image.reference] }, [instance]);
    const { domain, path } = parseImageReference(image.reference);
    await lists(subject, { names, images: [`${domain}/${path}`] }, [instance]);
    await lists(subject, { names, images: [`${domain}/${path}:no-such-tag`] }, []);
    await lists(subject, { names, images: [`${domain}/${path.slice(0, -1)}`] }, []);
  }),

  check('all filters that are given must pass', async (subject) => {
    const run = uniqueName('run');
    const one = await create(subject, { started: false, labels: { run }, name: `${run}-a` });
    await create(subject, { started: false, labels: { run }, name: `${run}-b` });
    await create(subject, { labels: { run }, name: `${run}-c` });
    await create(subject, { started: false, name: `${run}-d` });
    const names = ['a', 'c', 'd'].map((letter) => `${run}-${letter}`);
    await lists(subject, { labels: [`run=${run}`], states: ['created'], names }, [one]);
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
