import assert from 'node:assert/strict';
import { check } from '../contract-check.ts';
import { expectCode } from '../expectations.ts';
import { create, createExited, createReady } from '../instances.ts';
import type { CreatedInstance, SubstrateUnderTest } from '../substrate-under-test.ts';

export const deleteChecks = [
  check('an instance is gone after its delete, and its name is free', async (target) => {
    for (const instance of [await create(target, { started: false }), await createExited(target, 1)]) {
      const { id, name } = instance;
      assert.deepEqual(await target.substrate.deleteInstance(name), { id, name, changed: true });
      await isGone(target, instance);
      const next = await create(target, { started: false, name });
      assert.equal((await target.substrate.getInstance(name)).id, next.id);
    }
  }),

  check('deleting a running instance is INSTANCE_RUNNING and changes nothing', async (target) => {
    const { id } = await createReady(target);
    const before = await target.substrate.getInstance(id);
    for (const options of [undefined, { force: false, volumes: true }]) {
      const { hint } = await expectCode('INSTANCE_RUNNING', 'delete', target.substrate.deleteInstance(id, options));
      assert.ok(hint, 'the error has no hint');
    }
    const after = await target.substrate.getInstance(id);
    assert.deepEqual([after.state, after.started], ['running', before.started]);
  }),

  check('a forced delete removes a running instance', async (target) => {
    const instance = await createReady(target);
    const { id, name } = instance;
    assert.deepEqual(await target.substrate.deleteInstance(id, { force: true }), { id, name, changed: true });
    await isGone(target, instance);
  }),

  check(
    'deleting a paused instance is INSTANCE_RUNNING',
    async (target) => {
      const instance = await createReady(target);
      await target.pauseInstance?.(instance.id);
      await expectCode('INSTANCE_RUNNING', 'delete', target.substrate.deleteInstance(instance.id));
      assert.equal((await target.substrate.getInstance(instance.id)).state, 'paused');
      await target.substrate.deleteInstance(instance.id, { force: true });
      await isGone(target, instance);
    },
    ['pause'],
  ),
];

async function isGone({ substrate }: SubstrateUnderTest, { id, name }: CreatedInstance): Promise<void> {
  const rows = await substrate.listInstances();
  assert.ok(!rows.some((row) => row.id === id), 'the listing still has the deleted instance');
  await expectCode('INSTANCE_NOT_FOUND', 'getInstance by name', substrate.getInstance(name));
  await expectCode('INSTANCE_NOT_FOUND', 'getInstance by id', substrate.getInstance(id));
}
