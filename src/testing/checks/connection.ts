import assert from 'node:assert/strict';
import { isObjDockerError } from '../../errors.ts';
import type { ObjSubstrate } from '../../substrate/obj-substrate.ts';
import { check } from '../contract-check.ts';
import { expectCode, expectFailure } from '../expectations.ts';
import { collect, create, createReady, runScript } from '../instances.ts';

export const connectionChecks = [
  check('connect says what it is connected to', async ({ substrate }) => {
    const { description } = await substrate.connect();
    assert.ok(typeof description === 'string' && description.trim() !== '', 'connect returned no description');
    assert.equal((await substrate.connect()).description, description);
  }),

  check('a call after close connects again', async (target) => {
    const { id } = await create(target);
    await target.substrate.getInstance(id);
    target.substrate.close();
    target.substrate.close();
    assert.equal((await target.substrate.getInstance(id)).id, id);
    target.substrate.close();
    assert.equal((await runScript(target, { id, name: id }, 'echo again')).stdout, 'again\n');
  }),

  check('parallel calls do not affect one another', async (target) => {
    const { substrate } = target;
    const instances = await Promise.all(['one', 'two'].map((name) => createReady(target, { labels: { name } })));
    const work = Array.from({ length: 12 }, async (_, index) => {
      const instance = instances[index % 2] ?? assert.fail();
      const { exitCode, stdout } = await runScript(target, instance, `sleep 0.1; echo ${index}; exit ${index}`);
      assert.deepEqual({ exitCode, stdout }, { exitCode: index, stdout: `${index}\n` });
      assert.equal((await substrate.getInstance(instance.id)).name, instance.name);
      const found = await substrate.listInstances({ names: [instance.name] });
      assert.deepEqual(
        found.map(({ id }) => id),
        [instance.id],
      );
    });
    await Promise.all(work);
  }),

  check('an aborted call does not affect a parallel one', async (target) => {
    const { id } = await create(target);
    target.substrate.close();
    const aborting = new AbortController();
    const aborted = target.substrate.getInstance(id, { signal: aborting.signal });
    const other = target.substrate.getInstance(id);
    aborting.abort();
    // The aborted call may also succeed, when the response came first.
    await aborted.catch((error: unknown) => assert.ok(isObjDockerError(error) && error.code === 'CANCELLED'));
    assert.equal((await other).id, id);
  }),

  check('undefined and empty options count as absent', async (target) => {
    const { substrate } = target;
    const nothing = { signal: undefined };
    const { id } = await create(target, { started: false });
    await substrate.connect(nothing);
    const filters = { labels: undefined, states: undefined, names: undefined, images: undefined };
    for (const options of [{}, { ...nothing, ...filters }, { labels: [], states: [], names: [], images: [] }]) {
      assert.ok(
        (await substrate.listInstances(options)).some((instance) => instance.id === id),
        'the listing lacks the instance',
      );
    }
    assert.equal((await substrate.getInstance(id, nothing)).id, id);
    assert.equal((await substrate.startInstance(id, nothing)).state, 'running');
    const execution = { ...nothing, stdin: undefined, user: undefined, workdir: undefined, env: undefined };
    const rest = { tty: undefined, timeoutMs: undefined, maxCollectedBytes: undefined };
    const { exitCode } = await substrate.executeCommand(id, ['sh', '-c', 'exit 5'], { ...execution, ...rest }).result;
    assert.equal(exitCode, 5);
    await collect(substrate.readLogs(id, { follow: undefined, since: undefined, tail: undefined, ...nothing }));
    await substrate.stopInstance(id, { ...nothing, force: true, timeoutSeconds: undefined });
    assert.equal((await substrate.deleteInstance(id, { ...nothing, force: undefined, volumes: undefined })).id, id);
  }),

  check(
    'every method fails like connect when the substrate is unreachable',
    async ({ unreachable = assert.fail() }) => {
      const { code, hint } = await expectFailure('connect', unreachable.connect());
      assert.ok(hint, 'the error of connect has no hint');
      for (const [what, call] of callsOf(unreachable, 'instance')) await expectCode(code, what, call());
    },
    ['unreachable'],
  ),

  check(
    'invalid input is rejected without a request to the substrate',
    async ({ unreachable = assert.fail() }) => {
      for (const [what, call] of callsOf(unreachable, 'a\nb')) await expectCode('INSTANCE_NAME_INVALID', what, call());
      await expectCode('EXEC_INVALID', 'no command', unreachable.executeCommand('instance', []).result);
    },
    ['unreachable'],
  ),
];

/** Returns a call of each method that has a `name` parameter. */
export function callsOf(
  substrate: ObjSubstrate,
  name: string,
  signal?: AbortSignal,
): readonly (readonly [method: string, call: () => Promise<unknown>])[] {
  return [
    ['getInstance', () => substrate.getInstance(name, { signal })],
    ['startInstance', () => substrate.startInstance(name, { signal })],
    ['stopInstance', () => substrate.stopInstance(name, { signal, force: true })],
    ['deleteInstance', () => substrate.deleteInstance(name, { signal, force: true })],
    ['executeCommand', () => substrate.executeCommand(name, ['true'], { signal }).result],
    ['the loop of executeCommand', () => collect(substrate.executeCommand(name, ['true'], { signal }))],
    ['readLogs', () => collect(substrate.readLogs(name, { signal }))],
  ];
}
