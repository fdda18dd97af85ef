import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { check } from '../contract-check.ts';
import { withTimeout } from '../expectations.ts';
import { create, createReady, createUnresponsive, logOf } from '../instances.ts';

export const stopChecks = [
  check('an instance is asked to end, and has ended when its stop is done', async (subject) => {
    const instance = await createReady(subject);
    const { id, name } = instance;
    const result = await withTimeout(8_000, 'the stop', subject.substrate.stopInstance(name));
    const { state, exitCode } = await subject.substrate.getInstance(id);
    assert.deepEqual(result, { id, name, changed: true, killed: false, exitCode: 7 });
    assert.deepEqual({ state, exitCode }, { state: 'exited', exitCode: 7 });
    assert.match(await logOf(subject, instance), /asked/);
  }),

  check('an instance that does not end in time is ended, and that is told', async (subject) => {
    const { id } = await createUnresponsive(subject);
    const started = performance.now();
    const { changed, killed, exitCode } = await subject.substrate.stopInstance(id, { timeoutSeconds: 1 });
    const took = performance.now() - started;
    assert.equal((await subject.substrate.getInstance(id)).state, 'exited');
    assert.deepEqual({ changed, killed, exitCode }, { changed: true, killed: true, exitCode: 137 });
    assert.ok(took > 900 && took < 9_000, `it took ${Math.round(took)} ms and not about 1000`);
  }),

  check('a stop by force asks for nothing', async (subject) => {
    const instance = await createReady(subject);
    const { id } = instance;
    const { changed, killed, exitCode } = await subject.substrate.stopInstance(id, { force: true });
    assert.equal((await subject.substrate.getInstance(id)).state, 'exited');
    assert.deepEqual({ changed, killed, exitCode }, { changed: true, killed: true, exitCode: 137 });
    assert.doesNotMatch(await logOf(subject, instance), /asked/);
  }),

  check('stopping an instance that does not run leaves it alone', async (subject) => {
    for (const options of [{}, { force: true }]) {
      const { id, name } = await create(subject, { started: false });
      assert.deepEqual(await subject.substrate.stopInstance(id, options), { id, name, changed: false, killed: false });
      assert.equal((await subject.substrate.getInstance(id)).state, 'created');
    }
  }),

  check(
    'an instance that the substrate would start again stays stopped',
    async (subject) => {
      const { id } = await createReady(subject, { restart: true });
      const { changed } = await subject.substrate.stopInstance(id);
      await delay(1_500);
      assert.equal(changed, true);
      assert.equal((await subject.substrate.getInstance(id)).state, 'exited');
    },
    ['restart'],
  ),
];
