import assert from 'node:assert/strict';
import type { ReadLogsOptions } from '../../substrate/obj-substrate.ts';
import { check } from '../contract-check.ts';
import { expectCode, withTimeout } from '../expectations.ts';
import { collect, create, createExited, createReady, logOf, runScript, text } from '../instances.ts';
import type { CreatedInstance, SubstrateUnderTest } from '../substrate-under-test.ts';

const STAYS = 'echo ready; sleep 1000';
const LINE_WITH_TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z) (.*)$/;
const SOON_MS = 45_000;

export const logChecks = [
  check('a log has the output of an instance, with separate streams', async (target) => {
    const instance = await createReady(target, {
      script: `printf 'ü 🙂\\033[1m\\ra\\000b\\n\\n'; echo err >&2; ${STAYS}`,
    });
    const { stdout, stderr } = await collect(target.substrate.readLogs(instance.id));
    assert.equal(text(stdout), 'ü 🙂\u001b[1m\ra\0b\n\nready\n');
    assert.equal(text(stderr), 'err\n');
  }),

  check('a log remains after the exit of an instance, and is empty before its first start', async (target) => {
    assert.equal(await logOf(target, await createExited(target, 4)), 'done\n');
    assert.equal(await logOf(target, await create(target, { started: false })), '');
  }),

  check('following the log of an exited instance ends', async (target) => {
    const ended = await createExited(target);
    assert.equal(await withTimeout(SOON_MS, 'the log', read(target, ended, { follow: true })), 'done\n');
  }),

  check('a log can be limited to its last lines', async (target) => {
    const script = `for i in 1 2 3 4 5; do echo line $i; done`;
    const instance = await createExited(target, 0, { script });
    assert.equal(await read(target, instance, { tail: 2 }), 'line 4\nline 5\n');
    assert.equal(await read(target, instance, { tail: 100 }), 'line 1\nline 2\nline 3\nline 4\nline 5\n');
    assert.equal(await read(target, instance, { tail: 0 }), '');
  }),

  check('each line of a log can start with its time', async (target) => {
    const instance = await createExited(target, 0, { script: 'echo one; sleep 0.2; echo two words' });
    const lines = (await read(target, instance, { timestamps: true })).trimEnd().split('\n');
    const found = lines.map((line) => LINE_WITH_TIME.exec(line) ?? assert.fail(`the line "${line}" has no time`));
    assert.deepEqual(
      found.map(([, , words]) => words),
      ['one', 'two words'],
    );
    const [first = Number.NaN, second = Number.NaN] = found.map(([, time = '']) => Date.parse(time));
    assert.ok(second - first >= 150 && second - first < 60_000, 'the times are not those of the lines');
    assert.ok(Math.abs(Date.now() - second) < 600_000, 'the times are not of today');
  }),

  check('a log can be limited to lines since a time', async (target) => {
    const instance = await createExited(target, 0, { script: 'echo early; sleep 1.2; echo late' });
    const [, late = ''] = (await read(target, instance, { timestamps: true })).split('\n');
    const time = Date.parse(LINE_WITH_TIME.exec(late)?.[1] ?? '');
    assert.equal(await read(target, instance, { since: new Date(time - 400) }), 'late\n');
    assert.equal(await read(target, instance, { since: new Date(time + 1_000) }), '');
    assert.equal(await read(target, instance, { since: new Date(time - 60_000) }), 'early\nlate\n');
  }),

  check('a followed log has later output, and ends when the instance stops', async (target) => {
    const script = 'echo before; while [ ! -e go ]; do sleep 0.1; done; echo after; sleep 1000';
    const instance = await create(target, { script });
    let output = '';
    const loop = async () => {
      for await (const { data } of target.substrate.readLogs(instance.id, { follow: true })) {
        output += text(data);
        if (output === 'before\n') await runScript(target, instance, ': > go');
        if (output === 'before\nafter\n') await target.substrate.stopInstance(instance.id, { force: true });
      }
    };
    await withTimeout(SOON_MS, 'following', loop());
    assert.equal(output, 'before\nafter\n');
  }),

  check('a followed log can be left, and CANCELLED by its signal', async (target) => {
    const instance = await createReady(target, { script: STAYS });
    const leave = async () => {
      for await (const _ of target.substrate.readLogs(instance.id, { follow: true })) break;
    };
    await withTimeout(SOON_MS, 'leaving the log', leave());
    const aborting = new AbortController();
    const follow = collect(target.substrate.readLogs(instance.id, { follow: true, signal: aborting.signal }));
    setTimeout(() => aborting.abort(), 300);
    await withTimeout(SOON_MS, 'the abort', expectCode('CANCELLED', 'an aborted log', follow));
    assert.equal((await target.substrate.getInstance(instance.id)).state, 'running');
  }),

  check('a large log arrives completely', async (target) => {
    const script = `i=0; while [ $i -lt 2000 ]; do printf '%01000d\\n' $i; i=$((i+1)); done`;
    const lines = (await logOf(target, await createExited(target, 0, { script }))).split('\n').slice(0, -1);
    assert.deepEqual(
      lines.map(Number),
      Array.from({ length: 2_000 }, (_, index) => index),
    );
  }),

  check(
    'reading a log that is not kept is INSTANCE_LOGS_UNAVAILABLE',
    async (target) => {
      const { id } = await create(target, { discardLogs: true });
      const reading = collect(target.substrate.readLogs(id));
      const { hint } = await expectCode('INSTANCE_LOGS_UNAVAILABLE', 'readLogs', reading);
      assert.ok(hint, 'the error has no hint');
    },
    ['discarded-logs'],
  ),
];

/** Reads both streams, in the order of arrival. */
async function read(
  { substrate }: SubstrateUnderTest,
  { id }: CreatedInstance,
  options: ReadLogsOptions,
): Promise<string> {
  let output = '';
  for await (const { data } of substrate.readLogs(id, options)) output += text(data);
  return output;
}
