import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { check } from '../contract-check.ts';
import { withTimeout } from '../expectations.ts';
import { create, createReady, createUnresponsive, logOf } from '../instances.ts';

export const stopChecks = [
  check('a stop lets an instance exit by itself, and waits for it', async (target) => {
    const instance = await createReady(target);
    const { id, name } = instance;
    const result = await withTimeout(30_000, 'the stop', target.substrate.stopInstance(name));
    const { state, exitCode } = await target.substrate.getInstance(id);
    assert.deepEqual(result, { id, name, changed: true, killed: false, exitCode: 7 });
    assert.deepEqual({ state, exitCode }, { state: 'exited', exitCode: 7 });
    assert.match(await logOf(target, instance), /asked/);
  }),

  check('a stop kills an instance that does not exit in time, and reports it', async (target) => {
    const { id } = await createUnresponsive(target);
    const started = performance.now();
    const { changed, killed, exitCode } = await target.substrate.stopInstance(id, { timeoutSeconds: 1 });
    const took = performance.now() - started;
    assert.equal((await target.substrate.getInstance(id)).state, 'exited');
    assert.deepEqual({ changed, killed, exitCode }, { changed: true, killed: true, exitCode: 137 });
    assert.ok(took > 900 && took < 9_000, `the stop took ${Math.round(took)} ms instead of about 1000`);
  }),

  check('a forced stop kills an instance at once', async (target) => {
    const instance = await createReady(target);
    const { id } = instance;
    const { changed, killed, exitCode } = await target.substrate.stopInstance(id, { force: true });
    assert.equal((await target.substrate.getInstance(id)).state, 'exited');
    assert.deepEqual({ changed, killed, exitCode }, { changed: true, killed: true, exitCode: 137 });
    assert.doesNotMatch(await logOf(target, instance), /asked/);
  }),

  check('stopping an instance that is not running changes nothing', async (target) => {
    for (const options of [{}, { force: true }]) {
      const { id, name } = await create(target, { started: false });
      assert.deepEqual(await target.substrate.stopInstance(id, options), { id, name, changed: false, killed: false });
      assert.equal((await target.substrate.getInstance(id)).state, 'created');
    }
  }),

  check(
    'a stopped instance is not restarted',
    async (target) => {
      const { id } = await createReady(target, { restart: true });
      const { changed } = await target.substrate.stopInstance(id);
      await delay(1_500);
      assert.equal(changed, true);
      assert.equal((await target.substrate.getInstance(id)).state, 'exited');
    },
    ['restart'],
  ),
];
