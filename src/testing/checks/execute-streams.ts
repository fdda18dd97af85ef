import assert from 'node:assert/strict';
import { setTimeout as delay, setImmediate } from 'node:timers/promises';
import { check } from '../contract-check.ts';
import { expectCode, withTimeout } from '../expectations.ts';
import { create, runScript, text } from '../instances.ts';

const MIB = 1024 * 1024;

export const executeStreamChecks = [
  check('stdout and stderr of a command are apart, and exact to the byte', async (subject) => {
    const { id } = await create(subject);
    const bytes = Uint8Array.from({ length: 256 }, (_, value) => value);
    const script = `cat; printf 'to stderr \\303\\050\\000\\n' >&2`;
    const result = await subject.substrate.executeCommand(id, ['sh', '-c', script], { stdin: bytes }).result;
    assert.deepEqual(Buffer.from(result.stdout), Buffer.from(bytes));
    assert.deepEqual(Buffer.from(result.stderr), Buffer.from('746f2073746465727220c328000a', 'hex'));
    assert.deepEqual([result.exitCode, result.truncated, result.detached], [0, false, false]);
  }),

  check('an execution is iterated for output as it comes, and then collects none', async (subject) => {
    const instance = await create(subject);
    const script = 'echo first; while [ ! -e seen ]; do sleep 0.05; done; echo second >&2; exit 4';
    const execution = subject.substrate.executeCommand(instance.id, ['sh', '-c', script]);
    const output = { stdout: '', stderr: '' };
    const loop = async () => {
      for await (const { stream, data } of execution) {
        output[stream] += text(data);
        if (output.stdout === 'first\n') await runScript(subject, instance, ': > seen');
      }
    };
    await withTimeout(15_000, 'the loop', loop());
    assert.deepEqual(output, { stdout: 'first\n', stderr: 'second\n' });
    const { exitCode, stdout, stderr } = await execution.result;
    assert.deepEqual([exitCode, stdout.length, stderr.length], [4, 0, 0]);
  }),

  check('a command does not run before its output or its result is asked for', async (subject) => {
    const instance = await create(subject);
    const execution = subject.substrate.executeCommand(instance.id, ['sh', '-c', ': > run']);
    await delay(500);
    assert.equal((await runScript(subject, instance, '[ ! -e run ]')).exitCode, 0, 'it ran already');
    await execution.result;
    assert.equal((await runScript(subject, instance, '[ -e run ]')).exitCode, 0, 'it did not run');
  }),

  check('large output arrives whole', async (subject) => {
    const { id } = await create(subject);
    const script = `head -c ${32 * MIB} /dev/zero; printf end`;
    let length = 0;
    let end = '';
    for await (const { data } of subject.substrate.executeCommand(id, ['sh', '-c', script])) {
      length += data.length;
      end = (end + text(data.subarray(-3))).slice(-3);
    }
    assert.deepEqual([length, end], [32 * MIB + 3, 'end']);
  }),

  check('collected output is cut at the limit of each stream, and that is told', async (subject) => {
    const { id } = await create(subject);
    const command = ['sh', '-c', 'printf begin; head -c 100000 /dev/zero; printf 0123456789 >&2; exit 2'];
    const cut = await subject.substrate.executeCommand(id, command, { maxCollectedBytes: 1_000 }).result;
    assert.deepEqual([cut.stdout.length, text(cut.stdout.subarray(0, 5))], [1_000, 'begin']);
    assert.deepEqual([text(cut.stderr), cut.truncated, cut.exitCode], ['0123456789', true, 2]);
    const whole = await subject.substrate.executeCommand(id, command, { maxCollectedBytes: 100_005 }).result;
    assert.deepEqual([whole.stdout.length, whole.truncated], [100_005, false]);
  }),

  check('output is collected up to 10 MiB when no limit is given', async (subject) => {
    const { id } = await create(subject);
    const command = ['head', '-c', String(10 * MIB + 1), '/dev/zero'];
    const { stdout, truncated } = await subject.substrate.executeCommand(id, command).result;
    assert.deepEqual([stdout.length, truncated], [10 * MIB, true]);
  }),

  check('output is read no faster than it is taken', async (subject) => {
    const instance = await create(subject);
    const script = 'i=0; while [ $i -lt 256 ]; do head -c 1048576 /dev/zero; i=$((i+1)); echo $i > written; done';
    const written = async () => Number((await runScript(subject, instance, 'cat written')).stdout);
    for await (const _ of subject.substrate.executeCommand(instance.id, ['sh', '-c', script])) {
      // The command has to come to a stop while nothing is taken; pipes and sockets on the way hold a few MiB.
      let [before, now] = [-1, await written()];
      while (now !== before) {
        assert.ok(now <= 64, `${now} MiB were written, and one piece of them was taken`);
        await delay(500);
        [before, now] = [now, await written()];
      }
      break;
    }
  }),

  check('a command reads what it is given, whole and to its end', async (subject) => {
    const { id } = await create(subject);
    const cat = async (stdin: AsyncIterable<Uint8Array> | Uint8Array | string) =>
      Buffer.from((await subject.substrate.executeCommand(id, ['cat'], { stdin }).result).stdout);
    const large = Buffer.alloc(
      3 * MIB,
      Uint8Array.from({ length: 251 }, (_, value) => value),
    );
    assert.ok((await cat(large)).equals(large), 'bytes were changed on the way');
    assert.ok((await cat(pieces(large))).equals(large), 'pieces were changed on the way');
    assert.equal(String(await cat('text ü 🙂\n')), 'text ü 🙂\n');
    assert.equal(String(await cat('')), '');
  }),

  check('a command that is given nothing to read is at its end at once', async (subject) => {
    const instance = await create(subject);
    const { exitCode, stdout } = await withTimeout(15_000, 'cat', runScript(subject, instance, 'cat; echo end'));
    assert.deepEqual({ exitCode, stdout }, { exitCode: 0, stdout: 'end\n' });
  }),

  check('a command may end before it has read all that it is given', async (subject) => {
    const { id } = await create(subject);
    let released = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        while (true) {
          yield Buffer.alloc(65_536, 'x');
          await setImmediate();
        }
      } finally {
        released = true;
      }
    }
    const head = subject.substrate.executeCommand(id, ['head', '-c', '10'], { stdin: endless() });
    const { stdout, exitCode } = await withTimeout(15_000, 'head', head.result);
    assert.deepEqual([text(stdout), exitCode], ['xxxxxxxxxx', 0]);
    await delay(100);
    assert.ok(released, 'what it was given is still being read');
  }),

  check('a command that fails after its output has that output first', async (subject) => {
    const { id } = await create(subject);
    const execution = subject.substrate.executeCommand(id, ['sh', '-c', 'echo out; sleep 300'], { timeoutMs: 1_500 });
    let seen = '';
    const loop = async () => {
      for await (const { data } of execution) seen += text(data);
    };
    await expectCode('TIMEOUT', 'the loop', loop());
    assert.equal(seen, 'out\n');
  }),
];

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 50_001) {
    yield bytes.subarray(at, at + 50_001);
    await setImmediate();
  }
}
