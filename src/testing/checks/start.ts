import assert from 'node:assert/strict';
import { check } from '../contract-check.ts';
import { expectCode } from '../expectations.ts';
import { create, createExited, createReady, logOf, runScript, uniqueName } from '../instances.ts';

export const startChecks = [
  check('an instance is running after its start', async (target) => {
    const instance = await create(target, { started: false });
    const result = await target.substrate.startInstance(instance.name);
    assert.deepEqual(result, { id: instance.id, name: instance.name, changed: true, state: 'running' });
    assert.equal((await runScript(target, instance, 'echo here')).stdout, 'here\n');
    assert.equal((await target.substrate.getInstance(instance.id)).state, 'running');
  }),

  check('starting a running instance changes nothing', async (target) => {
    const { id } = await createReady(target);
    const before = await target.substrate.getInstance(id);
    const { changed, state } = await target.substrate.startInstance(id);
    assert.deepEqual({ changed, state }, { changed: false, state: 'running' });
    assert.equal((await target.substrate.getInstance(id)).started, before.started, 'the instance was restarted');
  }),

  check('an exited instance can be started again', async (target) => {
    const instance = await createReady(target);
    await target.substrate.stopInstance(instance.id);
    const { changed, state } = await target.substrate.startInstance(instance.id);
    assert.deepEqual({ changed, state }, { changed: true, state: 'running' });
    assert.equal((await runScript(target, instance, 'exit 0')).exitCode, 0);
  }),

  check('starting an instance that exits with 0 succeeds', async (target) => {
    const instance = await createExited(target);
    const { changed, state } = await target.substrate.startInstance(instance.id);
    assert.equal(changed, true);
    // The instance may still be running when the state is read.
    assert.ok(state === 'exited' || state === 'running', `the state is ${state}`);
    assert.match(await logOf(target, instance), /done\n(done\n)?$/);
  }),

  check('an instance that exits at once with a code other than 0 is INSTANCE_START_FAILED', async (target) => {
    const { id } = await create(target, { started: false, script: 'exit 3' });
    const { hint } = await expectCode('INSTANCE_START_FAILED', 'startInstance', target.substrate.startInstance(id));
    assert.ok(hint, 'the error has no hint');
    assert.equal((await target.substrate.getInstance(id)).exitCode, 3);
  }),

  check('an instance that the substrate cannot start is INSTANCE_START_FAILED', async (target) => {
    const command = ['/no/such/program'];
    const { id } = await target.createInstance({ name: uniqueName('broken'), labels: {}, command, started: false });
    await expectCode('INSTANCE_START_FAILED', 'startInstance', target.substrate.startInstance(id));
    assert.notEqual((await target.substrate.getInstance(id)).state, 'running');
  }),

  check(
    'starting a paused instance is INSTANCE_PAUSED',
    async (target) => {
      const { id } = await createReady(target);
      await target.pauseInstance?.(id);
      await expectCode('INSTANCE_PAUSED', 'startInstance', target.substrate.startInstance(id));
      assert.equal((await target.substrate.getInstance(id)).state, 'paused');
    },
    ['pause'],
  ),
];
