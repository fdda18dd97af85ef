import assert from 'node:assert/strict';
import { check } from '../contract-check.ts';
import { expectCode } from '../expectations.ts';
import { create, createExited, createReady } from '../instances.ts';
import type { CreatedInstance, SubstrateUnderTest } from '../substrate-under-test.ts';

export const deleteChecks = [
  check('an instance is gone when its delete is done, and its name is free', async (subject) => {
    for (const instance of [await create(subject, { started: false }), await createExited(subject, 1)]) {
      const { id, name } = instance;
      assert.deepEqual(await subject.substrate.deleteInstance(name), { id, name, changed: true });
      await isGone(subject, instance);
      const next = await create(subject, { started: false, name });
      assert.equal((await subject.substrate.getInstance(name)).id, next.id);
    }
  }),

  check('an instance that runs is not deleted: INSTANCE_RUNNING, and nothing changed', async (subject) => {
    const { id } = await createReady(subject);
    const before = await subject.substrate.getInstance(id);
    for (const options of [undefined, { force: false, volumes: true }]) {
      const { hint } = await expectCode('INSTANCE_RUNNING', 'delete', subject.substrate.deleteInstance(id, options));
      assert.ok(hint, 'it does not say what to do');
    }
    const after = await subject.substrate.getInstance(id);
    assert.deepEqual([after.state, after.started], ['running', before.started]);
  }),

  check('an instance that runs is deleted by force', async (subject) => {
    const instance = await createReady(subject);
    const { id, name } = instance;
    assert.deepEqual(await subject.substrate.deleteInstance(id, { force: true }), { id, name, changed: true });
    await isGone(subject, instance);
  }),

  check(
    'an instance that is paused is not deleted: INSTANCE_RUNNING',
    async (subject) => {
      const instance = await createReady(subject);
      await subject.pauseInstance?.(instance.id);
      await expectCode('INSTANCE_RUNNING', 'delete', subject.substrate.deleteInstance(instance.id));
      assert.equal((await subject.substrate.getInstance(instance.id)).state, 'paused');
      await subject.substrate.deleteInstance(instance.id, { force: true });
      await isGone(subject, instance);
    },
    ['pause'],
  ),
];

async function isGone({ substrate }: SubstrateUnderTest, { id, name }: CreatedInstance): Promise<void> {
  const rows = await substrate.listInstances();
  assert.ok(!rows.some((row) => row.id === id), 'it is still listed');
  await expectCode('INSTANCE_NOT_FOUND', 'getInstance by name', substrate.getInstance(name));
  await expectCode('INSTANCE_NOT_FOUND', 'getInstance by id', substrate.getInstance(id));
}
