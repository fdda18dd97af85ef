import assert from 'node:assert/strict';
import { setTimeout as delay, setImmediate } from 'node:timers/promises';
import { check } from '../contract-check.ts';
import { expectCode, waitUntil, withTimeout } from '../expectations.ts';
import { create, runScript, text } from '../instances.ts';

const MIB = 1024 * 1024;

export const executeStreamChecks = [
  check('stdout and stderr of a command are separate and unchanged', async (target) => {
    const { id } = await create(target);
    const bytes = Uint8Array.from({ length: 256 }, (_, value) => value);
    const script = `cat; printf 'to stderr \\303\\050\\000\\n' >&2`;
    const result = await target.substrate.executeCommand(id, ['sh', '-c', script], { stdin: bytes }).result;
    assert.deepEqual(Buffer.from(result.stdout), Buffer.from(bytes));
    assert.deepEqual(Buffer.from(result.stderr), Buffer.from('746f2073746465727220c328000a', 'hex'));
    assert.deepEqual([result.exitCode, result.truncated, result.detached], [0, false, false]);
  }),

  check('an iterated execution yields output as it arrives, and collects none', async (target) => {
    const instance = await create(target);
    const script = 'echo first; while [ ! -e seen ]; do sleep 0.05; done; echo second >&2; exit 4';
    const execution = target.substrate.executeCommand(instance.id, ['sh', '-c', script]);
    const output = { stdout: '', stderr: '' };
    const loop = async () => {
      for await (const { stream, data } of execution) {
        output[stream] += text(data);
        if (output.stdout === 'first\n') await runScript(target, instance, ': > seen');
      }
    };
    await withTimeout(15_000, 'the loop', loop());
    assert.deepEqual(output, { stdout: 'first\n', stderr: 'second\n' });
    const { exitCode, stdout, stderr } = await execution.result;
    assert.deepEqual([exitCode, stdout.length, stderr.length], [4, 0, 0]);
  }),

  check('a command does not run before its output or result is requested', async (target) => {
    const instance = await create(target);
    const execution = target.substrate.executeCommand(instance.id, ['sh', '-c', ': > run']);
    await delay(500);
    assert.equal(
      (await runScript(target, instance, '[ ! -e run ]')).exitCode,
      0,
      'the command ran before its output was requested',
    );
    await execution.result;
    assert.equal((await runScript(target, instance, '[ -e run ]')).exitCode, 0, 'the command did not run');
  }),

  check('large output arrives completely', async (target) => {
    const { id } = await create(target);
    const script = `head -c ${32 * MIB} /dev/zero; printf end`;
    let length = 0;
    let end = '';
    for await (const { data } of target.substrate.executeCommand(id, ['sh', '-c', script])) {
      length += data.length;
      end = (end + text(data.subarray(-3))).slice(-3);
    }
    assert.deepEqual([length, end], [32 * MIB + 3, 'end']);
  }),

  check('collected output is truncated at the limit of each stream, and reported as such', async (target) => {
    const { id } = await create(target);
    const command = ['sh', '-c', 'printf begin; head -c 100000 /dev/zero; printf 0123456789 >&2; exit 2'];
    const cut = await target.substrate.executeCommand(id, command, { maxCollectedBytes: 1_000 }).result;
    assert.deepEqual([cut.stdout.length, text(cut.stdout.subarray(0, 5))], [1_000, 'begin']);
    assert.deepEqual([text(cut.stderr), cut.truncated, cut.exitCode], ['0123456789', true, 2]);
    const whole = await target.substrate.executeCommand(id, command, { maxCollectedBytes: 100_005 }).result;
    assert.deepEqual([whole.stdout.length, whole.truncated], [100_005, false]);
  }),

  check('output is collected up to 10 MiB by default', async (target) => {
    const { id } = await create(target);
    const command = ['head', '-c', String(10 * MIB + 1), '/dev/zero'];
    const { stdout, truncated } = await target.substrate.executeCommand(id, command).result;
    assert.deepEqual([stdout.length, truncated], [10 * MIB, true]);
  }),

  check('output is not read faster than it is consumed', async (target) => {
    const instance = await create(target);
    const script = 'i=0; while [ $i -lt 256 ]; do head -c 1048576 /dev/zero; i=$((i+1)); echo $i > written; done';
    const written = async () => Number((await runScript(target, instance, 'cat written')).stdout);
    for await (const _ of target.substrate.executeCommand(instance.id, ['sh', '-c', script])) {
      // The command must block while its output is not read. Pipes and sockets buffer a few MiB.
      let [before, now] = [-1, await written()];
      while (now !== before) {
        assert.ok(now <= 64, `the command wrote ${now} MiB, but only one chunk was read`);
        await delay(500);
        [before, now] = [now, await written()];
      }
      break;
    }
  }),

  check('a command reads all of its input to the end', async (target) => {
    const { id } = await create(target);
    const cat = async (stdin: AsyncIterable<Uint8Array> | Uint8Array | string) =>
      Buffer.from((await target.substrate.executeCommand(id, ['cat'], { stdin }).result).stdout);
    const large = Buffer.alloc(
      3 * MIB,
      Uint8Array.from({ length: 251 }, (_, value) => value),
    );
    assert.ok((await cat(large)).equals(large), 'the input was changed');
    assert.ok((await cat(pieces(large))).equals(large), 'the chunks of the input were changed');
    assert.equal(String(await cat('text ü 🙂\n')), 'text ü 🙂\n');
    assert.equal(String(await cat('')), '');
  }),

  check('a command without input reads end of file', async (target) => {
    const instance = await create(target);
    const { exitCode, stdout } = await withTimeout(15_000, 'cat', runScript(target, instance, 'cat; echo end'));
    assert.deepEqual({ exitCode, stdout }, { exitCode: 0, stdout: 'end\n' });
  }),

  check('a command may exit before it has read all of its input', async (target) => {
    const { id } = await create(target);
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
    const head = target.substrate.executeCommand(id, ['head', '-c', '10'], { stdin: endless() });
    const { stdout, exitCode } = await withTimeout(15_000, 'head', head.result);
    assert.deepEqual([text(stdout), exitCode], ['xxxxxxxxxx', 0]);
    await waitUntil('the input is released', async () => released);
  }),

  check('output arrives before a failure', async (target) => {
    const { id } = await create(target);
    const aborting = new AbortController();
    const options = { signal: aborting.signal, timeoutMs: 15_000 };
    const execution = target.substrate.executeCommand(id, ['sh', '-c', 'echo out; sleep 300'], options);
    let seen = '';
    const loop = async () => {
      for await (const { data } of execution) {
        seen += text(data);
        aborting.abort();
      }
    };
    await expectCode('CANCELLED', 'the loop', loop());
    assert.equal(seen, 'out\n');
  }),
];

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 50_001) {
    yield bytes.subarray(at, at + 50_001);
    await setImmediate();
  }
}
