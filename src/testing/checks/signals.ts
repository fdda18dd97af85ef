import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { check } from '../contract-check.ts';
import { expectCode, withTimeout } from '../expectations.ts';
import { collect, create, createReady, createUnresponsive, runScript } from '../instances.ts';

export const signalChecks = [
  check('a read with an aborted signal is CANCELLED', async (target) => {
    const { substrate } = target;
    const { id } = await create(target);
    const signal = AbortSignal.abort();
    await substrate.connect();
    await expectCode('CANCELLED', 'connect', substrate.connect({ signal }));
    await expectCode('CANCELLED', 'listInstances', substrate.listInstances({ signal }));
    await expectCode('CANCELLED', 'getInstance', substrate.getInstance(id, { signal }));
    await expectCode('CANCELLED', 'readLogs', collect(substrate.readLogs(id, { signal })));
  }),

  check('a change with an aborted signal is CANCELLED and changes nothing', async (target) => {
    const { substrate } = target;
    const signal = AbortSignal.abort();
    const idle = await create(target, { started: false });
    await expectCode('CANCELLED', 'startInstance', substrate.startInstance(idle.id, { signal }));
    await expectCode('CANCELLED', 'deleteInstance', substrate.deleteInstance(idle.id, { signal }));
    const busy = await createReady(target);
    await expectCode('CANCELLED', 'stopInstance', substrate.stopInstance(busy.id, { signal, force: true }));
    await delay(300);
    assert.equal((await substrate.getInstance(idle.id)).state, 'created');
    assert.equal((await substrate.getInstance(busy.id)).state, 'running');
  }),

  check('a command with an aborted signal is CANCELLED and not run', async (target) => {
    const instance = await create(target);
    const signal = AbortSignal.abort();
    await expectCode('CANCELLED', 'executeCommand', runScript(target, instance, ': > run', { signal }));
    await delay(300);
    assert.equal((await runScript(target, instance, '[ ! -e run ]')).exitCode, 0, 'the command was run');
  }),

  check('a waiting stop ends when its signal is aborted', async (target) => {
    const { id } = await createUnresponsive(target);
    const aborting = new AbortController();
    const stopping = target.substrate.stopInstance(id, { timeoutSeconds: 30, signal: aborting.signal });
    setTimeout(() => aborting.abort(), 300);
    await withTimeout(20_000, 'the stop', expectCode('CANCELLED', 'stopInstance', stopping));
  }),
];
