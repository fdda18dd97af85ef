import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { check } from '../contract-check.ts';
import { expectCode, withTimeout } from '../expectations.ts';
import { collect, create, createReady, createUnresponsive, runScript } from '../instances.ts';

export const signalChecks = [
  check('a question with an aborted signal is CANCELLED', async (subject) => {
    const { substrate } = subject;
    const { id } = await create(subject);
    const signal = AbortSignal.abort();
    await substrate.connect();
    await expectCode('CANCELLED', 'connect', substrate.connect({ signal }));
    await expectCode('CANCELLED', 'listInstances', substrate.listInstances({ signal }));
    await expectCode('CANCELLED', 'getInstance', substrate.getInstance(id, { signal }));
    await expectCode('CANCELLED', 'readLogs', collect(substrate.readLogs(id, { signal })));
  }),

  check('a change with an aborted signal is CANCELLED and changes nothing', async (subject) => {
    const { substrate } = subject;
    const signal = AbortSignal.abort();
    const idle = await create(subject, { started: false });
    await expectCode('CANCELLED', 'startInstance', substrate.startInstance(idle.id, { signal }));
    await expectCode('CANCELLED', 'deleteInstance', substrate.deleteInstance(idle.id, { signal }));
    const busy = await createReady(subject);
    await expectCode('CANCELLED', 'stopInstance', substrate.stopInstance(busy.id, { signal, force: true }));
    await delay(300);
    assert.equal((await substrate.getInstance(idle.id)).state, 'created');
    assert.equal((await substrate.getInstance(busy.id)).state, 'running');
  }),

  check('a command with an aborted signal is CANCELLED and not run', async (subject) => {
    const instance = await create(subject);
    const signal = AbortSignal.abort();
    await expectCode('CANCELLED', 'executeCommand', runScript(subject, instance, ': > run', { signal }));
    await delay(300);
    assert.equal((await runScript(subject, instance, '[ ! -e run ]')).exitCode, 0, 'the command was run');
  }),

  check('a stop that waits ends when its signal is aborted', async (subject) => {
    const { id } = await createUnresponsive(subject);
    const aborting = new AbortController();
    const stopping = subject.substrate.stopInstance(id, { timeoutSeconds: 30, signal: aborting.signal });
    setTimeout(() => aborting.abort(), 300);
    await withTimeout(5_000, 'the stop', expectCode('CANCELLED', 'stopInstance', stopping));
  }),
];
