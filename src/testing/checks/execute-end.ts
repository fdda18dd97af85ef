import assert from 'node:assert/strict';
import { check } from '../contract-check.ts';
import { failsWith, until, within } from '../expectations.ts';
import { make, runScript } from '../instances.ts';
import type { MadeInstance, SubstrateSubject } from '../subject.ts';

/** Works until it is killed: it does not hear when it is asked to end, as some programs do. */
const WORKS = `trap '' TERM INT HUP; echo up; while :; do echo more >> work; sleep 0.1; done`;
const SOON_MS = 15_000;

export const executeEndChecks = [
  check('a command that runs out of time is ended in the instance: TIMEOUT', async (subject) => {
    const instance = await make(subject);
    const work = runScript(subject, instance, WORKS, { timeoutMs: 1_000 });
    const { details } = await within(SOON_MS, 'the time-out', failsWith('TIMEOUT', 'a long command', work));
    await hasEnded(subject, instance);
    assert.notEqual(details.running, true, 'it is said to run still');
  }),

  check('a command that ends in time has nothing of its time-out', async (subject) => {
    const instance = await make(subject);
    const work = runScript(subject, instance, 'sleep 0.3; exit 9', { timeoutMs: 20_000 });
    assert.equal((await within(SOON_MS, 'a short command', work)).exitCode, 9);
  }),

  check('a command whose signal is aborted is ended in the instance: CANCELLED', async (subject) => {
    const instance = await make(subject);
    const aborting = new AbortController();
    const work = runScript(subject, instance, WORKS, { signal: aborting.signal });
    const cancelled = failsWith('CANCELLED', 'an aborted command', work);
    await isWorking(subject, instance);
    aborting.abort();
    const { details } = await within(SOON_MS, 'the abort', cancelled);
    await hasEnded(subject, instance);
    assert.notEqual(details.running, true, 'it is said to run still');
  }),

  check('a command whose loop is left early is ended in the instance', async (subject) => {
    const instance = await make(subject);
    const execution = subject.substrate.executeCommand(instance.id, ['sh', '-c', WORKS]);
    const leave = async () => {
      for await (const _ of execution) {
        await isWorking(subject, instance);
        break;
      }
    };
    await within(SOON_MS, 'leaving the loop', leave());
    await hasEnded(subject, instance);
    await failsWith('CANCELLED', 'the result', execution.result);
  }),

  check('a command whose instance stops is INSTANCE_STOPPED', async (subject) => {
    const { id } = await make(subject);
    const execution = subject.substrate.executeCommand(id, ['sh', '-c', 'echo up; sleep 300']);
    const loop = async () => {
      for await (const _ of execution) await subject.substrate.stopInstance(id, { force: true });
    };
    await within(SOON_MS, 'the loop', failsWith('INSTANCE_STOPPED', 'the loop', loop()));
    await failsWith('INSTANCE_STOPPED', 'the result', execution.result);
  }),
];

function isWorking(subject: SubstrateSubject, instance: MadeInstance): Promise<void> {
  return until(
    'the command works',
    async () => (await runScript(subject, instance, '[ -s work ]')).exitCode === 0,
    SOON_MS,
  );
}

/** Looks from another command whether the first one still does anything. */
async function hasEnded(subject: SubstrateSubject, instance: MadeInstance): Promise<void> {
  const script = '[ -s work ] || exit 2; before=$(cat work); sleep 1; [ "$before" = "$(cat work)" ]';
  const { exitCode } = await runScript(subject, instance, script);
  assert.notEqual(exitCode, 2, 'the command never ran');
  assert.equal(exitCode, 0, 'the command still runs in the instance');
}
