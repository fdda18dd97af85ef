import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExecuteOptions, Execution } from '../../src/substrate/obj-substrate.ts';
import { type ConnectedEngine, connectFlavour, NEWEST_ENGINE_FIRST } from '../harness/both-engines.ts';
import { makeContainer, type TestContainer } from '../harness/containers.ts';
import { docker as dockerClient } from '../harness/sandbox.ts';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe.each(NEWEST_ENGINE_FIRST)('a command in a container of $engine', ({ flavour }) => {
  let engine: ConnectedEngine;
  let container: TestContainer;
  beforeAll(async () => {
    engine = await connectFlavour(flavour);
    container = await makeContainer({ env: engine.env });
  });
  afterAll(async () => {
    await container?.[Symbol.asyncDispose]();
    await engine?.[Symbol.asyncDispose]();
  });

  const start = (command: readonly string[], options?: ExecuteOptions): Execution =>
    engine.docker.executeCommand(container.name, command, options);
  const sh = (script: string, options?: ExecuteOptions) => start(['sh', '-c', script], options).result;

  it('has separate stdout and stderr, and an exit code', async () => {
    const result = await sh('echo out; echo err >&2; exit 3');
    expect(result).toMatchObject({ exitCode: 3, truncated: false, detached: false });
    expect([text(result.stdout), text(result.stderr)]).toEqual(['out\n', 'err\n']);
  });

  it('gets its arguments unchanged', async () => {
    const words = ['-rf', '--', ' a  b ', `'"\\`, '$(id) `id` $HOME', 'two\nlines', '\u{1f600}é', '', '*', '{}', '%s'];
    const { stdout } = await start(['sh', '-c', 'for w; do printf "%s\\0" "$w"; done', 'sh', ...words]).result;
    expect(text(stdout).split('\0')).toEqual([...words, '']);
  });

  it('gets user, working directory and environment variables unchanged', async () => {
    const value = 'a=b "c"\n$(id) \u{1f600}';
    const script = 'id -u; id -g; pwd; printf %s "$V"; printf "|%s|" "${EMPTY-unset}"';
    const { stdout } = await sh(script, { user: '1234:4321', workdir: '/etc', env: { V: value, EMPTY: '' } });
    expect(text(stdout)).toBe(`1234\n4321\n/etc\n${value}||`);
  });

  it.each<[string, readonly string[], ExecuteOptions]>([
    ['no program', [], {}],
    ['an empty program name', [''], {}],
    ['a NUL in an argument', ['echo', 'a\0b'], {}],
    ['a lone surrogate in an argument', ['echo', '\ud800'], {}],
    ['a NUL in a variable', ['id'], { env: { A: '\0' } }],
    ['a variable without a name', ['id'], { env: { '': 'x' } }],
    ['"=" in the name of a variable', ['id'], { env: { 'A=B': 'x' } }],
    ['a NUL in the user', ['id'], { user: 'root\0' }],
    ['an empty user', ['id'], { user: '' }],
    ['a lone surrogate in the working directory', ['id'], { workdir: '/\udfff' }],
    ['a relative working directory', ['id'], { workdir: 'etc' }],
  ])('is rejected for %s', async (_, command, options) => {
    await expect(start(command, options).result).rejects.toMatchObject({ code: 'EXEC_INVALID' });
  });

  it('transfers random bytes on both streams', async () => {
    const bytes = randomBytes(3_000_000);
    const result = await sh('tee /dev/stderr', { stdin: bytes });
    expect([sha256(result.stdout), sha256(result.stderr)]).toEqual([sha256(bytes), sha256(bytes)]);
  });

  it('reads its input, and end of file without any', async () => {
    async function* pieces() {
      for (const piece of ['one ', 'two ', 'three']) yield Buffer.from(piece);
    }
    expect(text((await sh('cat', { stdin: pieces() })).stdout)).toBe('one two three');
    expect(text((await sh('cat', { stdin: 'text\u{1f600}' })).stdout)).toBe('text\u{1f600}');
    expect(text((await sh('cat; echo end')).stdout)).toBe('end\n');
  });

  it('has backpressure on its input', async () => {
    let given = 0;
    async function* input() {
      for (; given < 1600; given++) yield new Uint8Array(65_536);
    }
    const script = 'echo now; while [ ! -e /tmp/read ]; do sleep 0.1; done; wc -c';
    const execution = start(['sh', '-c', script], { stdin: input() });
    const seen: string[] = [];
    let givenAtFirst = 0;
    for await (const { data } of execution) {
      seen.push(text(data));
      if (seen.length > 1) continue;
      // Nothing is read yet: the input stops when the buffers on the way are full.
      do {
        givenAtFirst = given;
        await new Promise((resolve) => setTimeout(resolve, 500));
      } while (given !== givenAtFirst);
      await sh(': >/tmp/read');
    }
    expect(seen.join('')).toBe('now\n104857600\n');
    expect(givenAtFirst).toBeLessThan(200);
  });

  it('loses no output when it leaves most of its input unread, however slow the consumer is', async () => {
    async function* input() {
      for (let n = 0; n < 1600; n++) yield new Uint8Array(65_536);
    }
    const leave = async (pauseMs: number) => {
      const execution = start(['sh', '-c', 'head -c 300000; exit 4'], { stdin: input() });
      let bytes = 0;
      for await (const { data } of execution) {
        bytes += data.length;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
      return [bytes, (await execution.result).exitCode];
    };
    // Which direction closes first is random, so one try would mostly pass.
    const tries = Array.from({ length: 16 }, (_, index) => leave(index * 20));
    for (const ended of await Promise.all(tries)) expect(ended).toEqual([300_000, 4]);
  });

  it('exits although its input never ends', async () => {
    let returned = false;
    const input = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<IteratorResult<Uint8Array>>(() => {}),
        return: async () => {
          returned = true;
          return { done: true as const, value: undefined };
        },
      }),
    };
    expect((await sh('exit 5', { stdin: input })).exitCode).toBe(5);
    expect(returned).toBe(true);
  });

  it('is ended when its input fails, with the error of the input', async () => {
    async function* input() {
      yield Buffer.from('x');
      throw new Error('no more input');
    }
    await expect(sh('echo $$ >/tmp/failing; cat; sleep 100', { stdin: input() })).rejects.toThrow('no more input');
    expect((await sh('kill -0 "$(cat /tmp/failing)"')).exitCode).not.toBe(0);
  });

  it('is collected up to a limit, and runs on', async () => {
    const result = await sh('head -c 50000 /dev/zero; echo few >&2', { maxCollectedBytes: 1000 });
    expect(result).toMatchObject({ exitCode: 0, truncated: true });
    expect([result.stdout.length, text(result.stderr)]).toEqual([1000, 'few\n']);
  });

  it('has an empty result when it is iterated', async () => {
    const execution = start(['echo', 'x']);
    for await (const _ of execution);
    expect(await execution.result).toMatchObject({ exitCode: 0, stdout: new Uint8Array(), stderr: new Uint8Array() });
  });

  it('runs on after it closed its output', async () => {
    const begun = Date.now();
    expect((await sh('exec >&- 2>&-; sleep 1; exit 9')).exitCode).toBe(9);
    expect(Date.now() - begun).toBeGreaterThan(900);
  });

  it('does not wait for its background processes', async () => {
    expect((await sh('sleep 60 >/dev/null 2>&1 & exit 4')).exitCode).toBe(4);
  });

  describe('that cannot be executed', () => {
    beforeAll(async () => {
      await sh(
        `printf '#!/no/such/interpreter\\n' >/tmp/script; printf x >/tmp/text; printf 'no program' >/tmp/broken
         chmod 755 /tmp/script /tmp/broken`,
      );
    });

    it.each<[string, readonly string[], ExecuteOptions, string, RegExp]>([
      ['is not on PATH', ['no-such-program'], {}, 'EXEC_NOT_FOUND', /has no program "no-such-program"/],
      ['is not at its path', ['/no/such'], {}, 'EXEC_NOT_FOUND', /has no program "\/no\/such"/],
      ['is missing, in a terminal', ['no-such'], { tty: { columns: 80, rows: 24 } }, 'EXEC_NOT_FOUND', /no program/],
      ['is a folder', ['/etc'], {}, 'EXEC_NOT_EXECUTABLE', /permission denied/],
      ['is not executable', ['/tmp/text'], {}, 'EXEC_NOT_EXECUTABLE', /permission denied/],
      ['lacks its interpreter', ['/tmp/script'], {}, 'EXEC_NOT_EXECUTABLE', /interpreter is missing/],
      ['is not a program', ['/tmp/broken'], {}, 'EXEC_NOT_EXECUTABLE', /not a program for this platform/],
      ['has an unknown user', ['id'], { user: 'nobody-here' }, 'EXEC_NOT_EXECUTABLE', /no user "nobody-here"/],
      ['has an unknown group', ['id'], { user: '0:no-group' }, 'EXEC_NOT_EXECUTABLE', /no user "0:no-group"/],
      ['has no folder', ['id'], { workdir: '/no/such' }, 'EXEC_NOT_EXECUTABLE', /no working directory "\/no\/such"/],
      ['has too long arguments', ['echo', 'x'.repeat(200_000)], {}, 'EXEC_NOT_EXECUTABLE', /too long/],
    ])('because it %s', async (_, command, options, code, message) => {
      const execution = start(command, options);
      const output: string[] = [];
      const iterate = async () => {
        for await (const { data } of execution) output.push(text(data));
      };
      await expect(iterate()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
      expect(output).toEqual([]);
    });

    it.each([
      ['sh', '-c', 'exit 127'],
      ['sh', '-c', 'exit 126'],
      [
        'sh',
        '-c',
        'printf "OCI runtime exec failed: exec failed: \\"x\\": executable file not found in \\$PATH: unknown\\r\\n"; exit 126',
      ],
      ['sh', '-c', 'echo "exec /bin/x: no such file or directory" >&2; exit 1'],
      ['sh', '-c', 'echo "exec /bin/sh: no such file or directory" >&2; exit 2'],
      ['sh', '-c', 'echo "exec /bin/sh: no such file or directory" >&2; echo more; exit 1'],
    ])('is distinguished from one that prints the same text: %s %s %s', async (...command) => {
      const { exitCode, stdout, stderr } = await start(command).result;
      const { stdout: expected, stderr: expectedError, code } = await dockerExec(command);
      expect([exitCode, text(stdout), text(stderr)]).toEqual([code, expected, expectedError]);
    });
  });

  async function dockerExec(command: readonly string[]): Promise<{ stdout: string; stderr: string; code: number }> {
    const wrapped = ['exec', container.id, 'sh', '-c', '"$@"; c=$?; echo "$c" >/tmp/code', 'sh', ...command];
    const { promisify } = await import('node:util');
    const { execFile } = await import('node:child_process');
    const { stdout, stderr } = await promisify(execFile)('docker', wrapped, { env: { ...process.env, ...engine.env } });
    return { stdout, stderr, code: Number(await dockerClient(['exec', container.id, 'cat', '/tmp/code'], engine.env)) };
  }

  it('needs a container that exists and is running', async () => {
    await using created = await makeContainer({ env: engine.env, start: false });
    const inNone = (name: string) => engine.docker.executeCommand(name, ['id']).result;
    await expect(inNone('no-such-container')).rejects.toMatchObject({ code: 'INSTANCE_NOT_FOUND' });
    await expect(inNone('a b')).rejects.toMatchObject({ code: 'INSTANCE_NAME_INVALID' });
    await expect(inNone(created.name)).rejects.toMatchObject({
      code: 'INSTANCE_NOT_RUNNING',
      hint: `Start it first: objdocker start ${created.name}`,
    });
  });

  it('fails in a paused container', async () => {
    await using paused = await makeContainer({ env: engine.env });
    await dockerClient(['pause', paused.id], engine.env);
    await expect(engine.docker.executeCommand(paused.name, ['id']).result).rejects.toMatchObject({
      code: 'INSTANCE_PAUSED',
    });
  });

  it.each([
    ['killed', ['kill']],
    ['stopped', ['stop', '--time', '0']],
    ['removed', ['rm', '--force']],
    ['restarted', ['restart', '--time', '0']],
  ])('fails with INSTANCE_STOPPED when its container is %s', async (_, how) => {
    await using other = await makeContainer({ env: engine.env });
    const execution = engine.docker.executeCommand(other.name, ['sh', '-c', 'echo begun; sleep 100']);
    const iterate = async () => {
      for await (const _ of execution) void dockerClient([...how, other.id], engine.env);
    };
    await expect(iterate()).rejects.toMatchObject({
      code: 'INSTANCE_STOPPED',
      message: expect.stringContaining(other.name),
    });
  });

  it('has exit code 137 when it is killed', async () => {
    expect((await sh('kill -9 $$')).exitCode).toBe(137);
  });

  it('sees the size of its terminal change', async () => {
    const execution = start(['sh', '-c', 'trap "stty size" WINCH; echo ready; while :; do sleep 0.1; done'], {
      tty: { columns: 91, rows: 31 },
      timeoutMs: 120_000,
    });
    let output = '';
    let resized = false;
    for await (const { stream, data } of execution) {
      expect(stream).toBe('stdout');
      output += text(data);
      if (!resized && output.includes('ready\r\n')) {
        resized = true;
        await execution.resize({ columns: 100, rows: 40 });
      }
      if (output.includes('40 100')) break;
    }
    expect(output).toContain('40 100\r\n');
    await execution.resize({ columns: 10, rows: 10 });
  });

  it('starts in a terminal of the given size', async () => {
    const script =
      'i=0; while [ "$(stty size 2>/dev/null)" != "31 91" ] && [ $i -lt 300 ]; do i=$((i+1)); sleep 0.1; done; stty size';
    expect(text((await sh(script, { tty: { columns: 91, rows: 31 } })).stdout)).toBe('31 91\r\n');
  });

  it('runs on when the user detaches from its terminal', async () => {
    let leave: () => void = () => {};
    const left = new Promise<void>((resolve) => (leave = resolve));
    async function* keys() {
      await left;
      yield Buffer.from('\x10');
      yield Buffer.from('\x11');
      await new Promise(() => {});
    }
    const execution = start(['sh', '-c', 'echo $$ >/tmp/left; echo ready; sleep 100'], {
      tty: { columns: 80, rows: 24 },
      stdin: keys(),
    });
    for await (const { data } of execution) if (text(data).includes('ready')) leave();
    expect(await execution.result).toMatchObject({ detached: true, exitCode: 0 });
    expect((await sh('kill -0 "$(cat /tmp/left)" && kill -9 "$(cat /tmp/left)"')).exitCode).toBe(0);
  });
});
