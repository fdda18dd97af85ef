import assert from 'node:assert/strict';
import { check } from '../contract-check.ts';
import { expectCode } from '../expectations.ts';
import { create, createExited, createReady, logOf, runScript, uniqueName } from '../instances.ts';

export const startChecks = [
  check('an instance runs when its start is done', async (subject) => {
    const instance = await create(subject, { started: false });
    const result = await subject.substrate.startInstance(instance.name);
    assert.deepEqual(result, { id: instance.id, name: instance.name, changed: true, state: 'running' });
    assert.equal((await runScript(subject, instance, 'echo here')).stdout, 'here\n');
    assert.equal((await subject.substrate.getInstance(instance.id)).state, 'running');
  }),

  check('starting an instance that runs leaves it alone', async (subject) => {
    const { id } = await createReady(subject);
    const before = await subject.substrate.getInstance(id);
    const { changed, state } = await subject.substrate.startInstance(id);
    assert.deepEqual({ changed, state }, { changed: false, state: 'running' });
    assert.equal((await subject.substrate.getInstance(id)).started, before.started, 'it was started again');
  }),

  check('an instance that has ended can be started again', async (subject) => {
    const instance = await createReady(subject);
    await subject.substrate.stopInstance(instance.id);
    const { changed, state } = await subject.substrate.startInstance(instance.id);
    assert.deepEqual({ changed, state }, { changed: true, state: 'running' });
    assert.equal((await runScript(subject, instance, 'exit 0')).exitCode, 0);
  }),

  check('starting an instance that does its work and ends with 0 is done', async (subject) => {
    const instance = await createExited(subject);
    const { changed, state } = await subject.substrate.startInstance(instance.id);
    assert.equal(changed, true);
    // One that ends a moment later may still be seen running.
    assert.ok(state === 'exited' || state === 'running', `the state is ${state}`);
    assert.match(await logOf(subject, instance), /done\n(done\n)?$/);
  }),

  check('an instance that ends at once with another code than 0 is INSTANCE_START_FAILED', async (subject) => {
    const { id } = await create(subject, { started: false, script: 'exit 3' });
    const { hint } = await expectCode('INSTANCE_START_FAILED', 'startInstance', subject.substrate.startInstance(id));
    assert.ok(hint, 'it does not say what to do');
    assert.equal((await subject.substrate.getInstance(id)).exitCode, 3);
  }),

  check('an instance that the substrate cannot start is INSTANCE_START_FAILED', async (subject) => {
    const command = ['/no/such/program'];
    const { id } = await subject.createInstance({ name: uniqueName('broken'), labels: {}, command, started: false });
    await expectCode('INSTANCE_START_FAILED', 'startInstance', subject.substrate.startInstance(id));
    assert.notEqual((await subject.substrate.getInstance(id)).state, 'running');
  }),

  check(
    'starting an instance that is paused is INSTANCE_PAUSED',
    async (subject) => {
      const { id } = await createReady(subject);
      await subject.pauseInstance?.(id);
      await expectCode('INSTANCE_PAUSED', 'startInstance', subject.substrate.startInstance(id));
      assert.equal((await subject.substrate.getInstance(id)).state, 'paused');
    },
    ['pause'],
  ),
];
