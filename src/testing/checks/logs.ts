import assert from 'node:assert/strict';
import type { ReadLogsOptions } from '../../substrate/obj-substrate.ts';
import { check } from '../contract-check.ts';
import { expectCode, withTimeout } from '../expectations.ts';
import { collect, create, createExited, createReady, logOf, runScript, text } from '../instances.ts';
import type { CreatedInstance, SubstrateUnderTest } from '../substrate-under-test.ts';

const STAYS = 'echo ready; sleep 1000';
const LINE_WITH_TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z) (.*)$/;
const SOON_MS = 15_000;

export const logChecks = [
  check('what an instance wrote is there, the two streams apart', async (subject) => {
    const instance = await createReady(subject, {
      script: `printf 'ü 🙂\\033[1m\\ra\\000b\\n\\n'; echo err >&2; ${STAYS}`,
    });
    const { stdout, stderr } = await collect(subject.substrate.readLogs(instance.id));
    assert.equal(text(stdout), 'ü 🙂\u001b[1m\ra\0b\n\nready\n');
    assert.equal(text(stderr), 'err\n');
  }),

  check('the log of an instance that has ended is there, and of one that never ran is empty', async (subject) => {
    assert.equal(await logOf(subject, await createExited(subject, 4)), 'done\n');
    assert.equal(await logOf(subject, await create(subject, { started: false })), '');
  }),

  check('the log of an instance that has ended ends, also when it is followed', async (subject) => {
    const ended = await createExited(subject);
    assert.equal(await withTimeout(SOON_MS, 'the log', read(subject, ended, { follow: true })), 'done\n');
  }),

  check('as many lines as are asked for come from the end', async (subject) => {
    const script = `for i in 1 2 3 4 5; do echo line $i; done`;
    const instance = await createExited(subject, 0, { script });
    assert.equal(await read(subject, instance, { tail: 2 }), 'line 4\nline 5\n');
    assert.equal(await read(subject, instance, { tail: 100 }), 'line 1\nline 2\nline 3\nline 4\nline 5\n');
    assert.equal(await read(subject, instance, { tail: 0 }), '');
  }),

  check('each line begins with its time when that is asked for', async (subject) => {
    const instance = await createExited(subject, 0, { script: 'echo one; sleep 0.2; echo two words' });
    const lines = (await read(subject, instance, { timestamps: true })).trimEnd().split('\n');
    const found = lines.map((line) => LINE_WITH_TIME.exec(line) ?? assert.fail(`"${line}" has no time`));
    assert.deepEqual(
      found.map(([, , words]) => words),
      ['one', 'two words'],
    );
    const [first = Number.NaN, second = Number.NaN] = found.map(([, time = '']) => Date.parse(time));
    assert.ok(second - first >= 150 && second - first < 60_000, 'the times are not those of the lines');
    assert.ok(Math.abs(Date.now() - second) < 600_000, 'the times are not of today');
  }),

  check('only what was written since a time is there', async (subject) => {
    const instance = await createExited(subject, 0, { script: 'echo early; sleep 1.2; echo late' });
    const [, late = ''] = (await read(subject, instance, { timestamps: true })).split('\n');
    const time = Date.parse(LINE_WITH_TIME.exec(late)?.[1] ?? '');
    assert.equal(await read(subject, instance, { since: new Date(time - 400) }), 'late\n');
    assert.equal(await read(subject, instance, { since: new Date(time + 1_000) }), '');
    assert.equal(await read(subject, instance, { since: new Date(time - 60_000) }), 'early\nlate\n');
  }),

  check('a log that is followed has what is written later, and ends when the instance stops', async (subject) => {
    const script = 'echo before; while [ ! -e go ]; do sleep 0.1; done; echo after; sleep 1000';
    const instance = await create(subject, { script });
    let output = '';
    const loop = async () => {
      for await (const { data } of subject.substrate.readLogs(instance.id, { follow: true })) {
        output += text(data);
        if (output === 'before\n') await runScript(subject, instance, ': > go');
        if (output === 'before\nafter\n') await subject.substrate.stopInstance(instance.id, { force: true });
      }
    };
    await withTimeout(SOON_MS, 'following', loop());
    assert.equal(output, 'before\nafter\n');
  }),

  check('a log that is followed can be left, and CANCELLED by its signal', async (subject) => {
    const instance = await createReady(subject, { script: STAYS });
    const leave = async () => {
      for await (const _ of subject.substrate.readLogs(instance.id, { follow: true })) break;
    };
    await withTimeout(SOON_MS, 'leaving the log', leave());
    const aborting = new AbortController();
    const follow = collect(subject.substrate.readLogs(instance.id, { follow: true, signal: aborting.signal }));
    setTimeout(() => aborting.abort(), 300);
    await withTimeout(SOON_MS, 'the abort', expectCode('CANCELLED', 'an aborted log', follow));
    assert.equal((await subject.substrate.getInstance(instance.id)).state, 'running');
  }),

  check('a large log arrives whole', async (subject) => {
    const script = `i=0; while [ $i -lt 2000 ]; do printf '%01000d\\n' $i; i=$((i+1)); done`;
    const lines = (await logOf(subject, await createExited(subject, 0, { script }))).split('\n').slice(0, -1);
    assert.deepEqual(
      lines.map(Number),
      Array.from({ length: 2_000 }, (_, index) => index),
    );
  }),

  check(
    'the log of an instance of which none is kept is INSTANCE_LOGS_UNAVAILABLE',
    async (subject) => {
      const { id } = await create(subject, { discardLogs: true });
      const reading = collect(subject.substrate.readLogs(id));
      const { hint } = await expectCode('INSTANCE_LOGS_UNAVAILABLE', 'readLogs', reading);
      assert.ok(hint, 'it does not say what to do');
    },
    ['discarded-logs'],
  ),
];

/** Both streams in the order in which they come. */
async function read(
  { substrate }: SubstrateUnderTest,
  { id }: CreatedInstance,
  options: ReadLogsOptions,
): Promise<string> {
  let output = '';
  for await (const { data } of substrate.readLogs(id, options)) output += text(data);
  return output;
}
