import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { check } from '../contract-check.ts';
import { failsWith, within } from '../expectations.ts';
import { gather, make, makeDeaf, makeReady, runScript } from '../instances.ts';

export const signalChecks = [
  check('a question with an aborted signal is CANCELLED', async (subject) => {
    const { substrate } = subject;
    const { id } = await make(subject);
    const signal = AbortSignal.abort();
    await substrate.connect();
    await failsWith('CANCELLED', 'connect', substrate.connect({ signal }));
    await failsWith('CANCELLED', 'listInstances', substrate.listInstances({ signal }));
    await failsWith('CANCELLED', 'getInstance', substrate.getInstance(id, { signal }));
    await failsWith('CANCELLED', 'readLogs', gather(substrate.readLogs(id, { signal })));
  }),

  check('a change with an aborted signal is CANCELLED and changes nothing', async (subject) => {
    const { substrate } = subject;
    const signal = AbortSignal.abort();
    const idle = await make(subject, { started: false });
    await failsWith('CANCELLED', 'startInstance', substrate.startInstance(idle.id, { signal }));
    await failsWith('CANCELLED', 'deleteInstance', substrate.deleteInstance(idle.id, { signal }));
    const busy = await makeReady(subject);
    await failsWith('CANCELLED', 'stopInstance', substrate.stopInstance(busy.id, { signal, force: true }));
    await delay(300);
    assert.equal((await substrate.getInstance(idle.id)).state, 'created');
    assert.equal((await substrate.getInstance(busy.id)).state, 'running');
  }),

  check('a command with an aborted signal is CANCELLED and not run', async (subject) => {
    const instance = await make(subject);
    const signal = AbortSignal.abort();
    await failsWith('CANCELLED', 'executeCommand', runScript(subject, instance, ': > run', { signal }));
    await delay(300);
    assert.equal((await runScript(subject, instance, '[ ! -e run ]')).exitCode, 0, 'the command was run');
  }),

  check('a stop that waits ends when its signal is aborted', async (subject) => {
    const { id } = await makeDeaf(subject);
    const aborting = new AbortController();
    const stopping = subject.substrate.stopInstance(id, { timeoutSeconds: 30, signal: aborting.signal });
    setTimeout(() => aborting.abort(), 300);
    await within(5_000, 'the stop', failsWith('CANCELLED', 'stopInstance', stopping));
  }),
];
