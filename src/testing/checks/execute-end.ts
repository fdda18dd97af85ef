import assert from 'node:assert/strict';
import { check } from '../contract-check.ts';
import { expectCode, waitUntil, withTimeout } from '../expectations.ts';
import { create, runScript } from '../instances.ts';
import type { CreatedInstance, SubstrateUnderTest } from '../substrate-under-test.ts';

/** Works until it is killed, because it ignores SIGTERM, SIGINT and SIGHUP. */
const WORKS = `trap '' TERM INT HUP; echo up; while :; do echo more >> work; sleep 0.1; done`;
const SOON_MS = 45_000;

export const executeEndChecks = [
  check('a command that exceeds its time-out is TIMEOUT and ended in the instance', async (target) => {
    const instance = await create(target);
    // A busy substrate may not have started the command within the shortest time-out.
    for (const timeoutMs of [1_000, 5_000, 15_000]) {
      const work = runScript(target, instance, WORKS, { timeoutMs });
      const timedOut = expectCode('TIMEOUT', 'a long command', work);
      const { details } = await withTimeout(timeoutMs + SOON_MS, 'the time-out', timedOut);
      assert.notEqual(details.running, true, 'it is reported as still running');
      if ((await runScript(target, instance, '[ -s work ]')).exitCode === 0) break;
    }
    await hasEnded(target, instance);
  }),

  check('a command that ends in time is not affected by its time-out', async (target) => {
    const instance = await create(target);
    const work = runScript(target, instance, 'sleep 0.3; exit 9', { timeoutMs: 20_000 });
    assert.equal((await withTimeout(SOON_MS, 'a short command', work)).exitCode, 9);
  }),

  check('a command whose signal is aborted is CANCELLED and ended in the instance', async (target) => {
    const instance = await create(target);
    const aborting = new AbortController();
    const work = runScript(target, instance, WORKS, { signal: aborting.signal });
    const cancelled = expectCode('CANCELLED', 'an aborted command', work);
    await isWorking(target, instance);
    aborting.abort();
    const { details } = await withTimeout(SOON_MS, 'the abort', cancelled);
    await hasEnded(target, instance);
    assert.notEqual(details.running, true, 'it is reported as still running');
  }),

  check('a command whose loop is left early is ended in the instance', async (target) => {
    const instance = await create(target);
    const execution = target.substrate.executeCommand(instance.id, ['sh', '-c', WORKS]);
    const leave = async () => {
      for await (const _ of execution) {
        await isWorking(target, instance);
        break;
      }
    };
    await withTimeout(SOON_MS, 'leaving the loop', leave());
    await hasEnded(target, instance);
    await expectCode('CANCELLED', 'the result', execution.result);
  }),

  check('a command whose instance stops is INSTANCE_STOPPED', async (target) => {
    const { id } = await create(target);
    const execution = target.substrate.executeCommand(id, ['sh', '-c', 'echo up; sleep 300']);
    const loop = async () => {
      for await (const _ of execution) await target.substrate.stopInstance(id, { force: true });
    };
    await withTimeout(SOON_MS, 'the loop', expectCode('INSTANCE_STOPPED', 'the loop', loop()));
    await expectCode('INSTANCE_STOPPED', 'the result', execution.result);
  }),
];

function isWorking(target: SubstrateUnderTest, instance: CreatedInstance): Promise<void> {
  return waitUntil(
    'the command works',
    async () => (await runScript(target, instance, '[ -s work ]')).exitCode === 0,
    SOON_MS,
  );
}

/** Checks with another command whether the first one still runs. */
async function hasEnded(target: SubstrateUnderTest, instance: CreatedInstance): Promise<void> {
  const script = '[ -s work ] || exit 2; before=$(cat work); sleep 1; [ "$before" = "$(cat work)" ]';
  const { exitCode } = await runScript(target, instance, script);
  assert.notEqual(exitCode, 2, 'the command never ran');
  assert.equal(exitCode, 0, 'the command still runs in the instance');
}
