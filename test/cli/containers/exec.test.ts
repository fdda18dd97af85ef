import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JSON_OUTPUTS } from '../../../src/cli/json-output.ts';
import { CLI, objdocker } from '../../harness/cli.ts';
import { makeContainer, type TestContainer } from '../../harness/containers.ts';
import { processesWith, until } from '../../harness/processes.ts';
import { docker } from '../../harness/sandbox.ts';

interface Run {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

let web: TestContainer;

beforeAll(async () => {
  web = await makeContainer();
});
afterAll(() => web?.[Symbol.asyncDispose]());

/** Runs `objdocker exec`, with input that ends, or none. */
async function exec(args: readonly string[], input?: string | Buffer): Promise<Run> {
  const child = start(args);
  if (input !== undefined) child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([
    child.stdout.toArray(),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code, stdout: Buffer.concat(stdout), stderr };
}

function start(args: readonly string[]) {
  return spawn(process.execPath, [CLI, 'exec', ...args], {
    env: { ...process.env, EXEC_TEST: 'from here' },
    stdio: 'pipe',
  });
}

/** A command with a unique argument, and a function that lists its processes. */
function slow(): { readonly command: readonly string[]; readonly running: () => Promise<string[]> } {
  const seconds = `4713${randomBytes(4).readUInt32BE()}`;
  const running = async () =>
    (await processesWith(`sleep ${seconds}`, 'cmdline')).filter((line) => /^\d+ sleep \d+ $/.test(line));
  return { command: ['sleep', seconds], running };
}

describe('objdocker exec', () => {
  it.each([0, 1, 3, 42, 255])('exits with the exit code %i of the command', async (code) => {
    expect(await exec([web.name, '--', 'sh', '-c', `exit ${code}`])).toMatchObject({ code, stderr: '' });
  });

  it('exits with 137 when the command was killed', async () => {
    expect(await exec([web.name, 'sh', '-c', 'kill -9 $$'])).toMatchObject({ code: 137, stderr: '' });
  });

  it('keeps stdout and stderr separate and unchanged', async () => {
    const { code, stdout, stderr } = await exec([
      web.name,
      'sh',
      '-c',
      "printf 'a\\0\\377\\r\\n'; printf err >&2; printf z",
    ]);
    expect({ code, stdout: stdout.toString('latin1'), stderr }).toEqual({
      code: 0,
      stdout: 'a\0\u00ff\r\nz',
      stderr: 'err',
    });
  });

  it('passes all arguments unchanged', async () => {
    const words = [
      '--json',
      '-it',
      '--',
      '',
      'a b',
      "'",
      '"',
      '$(exit 9)',
      '`x`',
      'a\nb',
      '\\n',
      '𝒳é',
      '*',
      ';',
      '--help',
    ];
    const { code, stdout } = await exec([web.name, 'sh', '-c', `printf '%s\\0' "$@"`, 'sh', ...words]);
    expect(code).toBe(0);
    expect(stdout.toString().split('\0').slice(0, -1)).toEqual(words);
  });

  it('reads its own options only before the name', async () => {
    const flags = ['-u', '1234:56', '-w', '/etc', '-e', 'A=b=c d', '-eEXEC_TEST', '-e', 'EXEC_TEST_UNSET'];
    const { stdout } = await exec([...flags, web.name, 'sh', '-c', 'id -u; id -g; pwd; echo "$A"; env | grep ^EXEC']);
    expect(stdout.toString()).toBe('1234\n56\n/etc\nb=c d\nEXEC_TEST=from here\n');
  });

  it('passes standard input only with -i, and completely', async () => {
    expect((await exec([web.name, 'cat'], 'unread')).stdout.toString()).toBe('');
    const input = randomBytes(3_000_000);
    const { stdout, code } = await exec(['-i', web.name, 'cat'], input);
    expect(code).toBe(0);
    expect(createHash('sha256').update(stdout).digest('hex')).toBe(createHash('sha256').update(input).digest('hex'));
  });

  it('ends with the command while standard input is still open', async () => {
    const child = start(['-i', web.name, 'sh', '-c', 'read line; exit 7']);
    child.stdin.write('one line\nmore');
    expect(await once(child, 'close', { signal: AbortSignal.timeout(120_000) })).toEqual([7, null]);
  });

  it('exits with 125, 126 or 127 when the command did not run', async () => {
    const codes = async (...args: string[]) => (await exec(args)).code;
    expect(await codes(web.name, 'no-such-program')).toBe(127);
    expect(await codes(web.name, '/etc')).toBe(126);
    expect(await codes('no-such-container-7', 'ls')).toBe(125);
    expect(await codes('--no-such-flag', web.name, 'ls')).toBe(125);
    expect(await codes('-H', 'unix:///nonexistent.sock', web.name, 'ls')).toBe(125);
    expect(await codes('-t', '--json', web.name, 'ls')).toBe(125);
    expect(await codes('--env', '=x', web.name, 'ls')).toBe(125);
    expect(await codes('--timeout', 'soon', web.name, 'ls')).toBe(125);
    expect(await codes(web.name)).toBe(125);
    const piped = await exec(['-it', web.name, 'sh'], '');
    expect(piped).toMatchObject({ code: 125, stderr: expect.stringContaining('Omit -t') });
  });

  it('reports a paused and a stopped container', async () => {
    await using idle = await makeContainer({ start: false });
    expect(await exec([idle.name, 'ls'])).toMatchObject({ code: 125, stderr: expect.stringMatching(/is not running/) });
    await using paused = await makeContainer();
    await docker(['pause', paused.name]);
    expect(await exec([paused.name, 'ls'])).toMatchObject({ code: 125, stderr: expect.stringMatching(/is paused/) });
  });

  it('ends the command at --timeout', async () => {
    const { command, running } = slow();
    const { code, stderr } = await exec(['--timeout', '1.5', web.name, ...command]);
    expect(code, stderr).toBe(124);
    await until(running, ({ length }) => length === 0);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends the command on %s', async (signal, code) => {
    const { command, running } = slow();
    const child = start([web.name, ...command]);
    const stderr = text(child.stderr);
    await until(running, ({ length }) => length > 0);
    child.kill(signal);
    expect(await once(child, 'close')).toEqual([code, null]);
    expect(await stderr).toBe(`objdocker: cancelled by ${signal}\n`);
    await until(running, ({ length }) => length === 0);
  });

  it('ends the command without a message when the reader closes the pipe', async () => {
    const mark = `mark-${randomBytes(6).toString('hex')}`;
    const line = `"$NODE" "$CLI" exec ${web.name} sh -c 'while :; do echo ${mark}; done' | head -n 3; echo \${PIPESTATUS[0]}`;
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', line], {
      env: { ...process.env, NODE: process.execPath, CLI },
      timeout: 120_000,
    });
    expect({ stdout, stderr }).toEqual({ stdout: `${mark}\n${mark}\n${mark}\n141\n`, stderr: '' });
    await until(
      () => processesWith(`echo ${mark}`, 'cmdline'),
      ({ length }) => length === 0,
    );
  });

  it('runs the command to its end when only the reader of stderr is gone', async () => {
    const script = 'for i in 1 2 3; do echo error >&2; sleep 0.1; done; echo done; exit 7';
    const { code, stdout } = await objdocker(['exec', web.name, 'sh', '-c', script], {
      unread: { stderr: 'after-first-bytes' },
    });
    expect({ code, stdout }).toEqual({ code: 7, stdout: 'done\n' });
  });

  it('blocks a command whose output nobody reads, and still ends on SIGTERM', async () => {
    const child = start([web.name, 'cat', '/dev/zero']);
    await once(child.stdout, 'readable');
    const written = async () => Number(/^rchar: (\d+)/m.exec(await readFile(`/proc/${child.pid}/io`, 'utf8'))?.[1]);
    let before = -1;
    await until(written, (now) => {
      const still = now === before;
      before = now;
      return still;
    });
    expect(before).toBeLessThan(30_000_000);
    child.kill('SIGTERM');
    // The signal itself ends the process, because the output is still unread. A shell reports it as 143.
    expect(await once(child, 'exit')).toEqual([null, 'SIGTERM']);
  });

  it('streams 1 GB in constant memory', async () => {
    const child = start([web.name, 'head', '-c', '1000000000', '/dev/zero']);
    let bytes = 0;
    let highest = '';
    child.stdout.on('data', async (chunk) => {
      bytes += chunk.length;
      if (bytes > 900_000_000 && highest === '')
        highest = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    });
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(bytes).toBe(1_000_000_000);
    expect(Number(/^VmHWM:\s+(\d+) kB/m.exec(highest)?.[1])).toBeLessThan(200_000);
  });
});

describe('objdocker exec --json', () => {
  const json = async (args: readonly string[], input?: string) => {
    const { code, stdout } = await exec(['--json', ...args], input);
    return { code, document: JSON.parse(stdout.toString()) };
  };

  it("prints one JSON object and exits with the command's exit code", async () => {
    const { code, document } = await json([web.name, 'sh', '-c', "echo é; printf '\\377' >&2; exit 5"]);
    expect(code).toBe(5);
    expect(JSON_OUTPUTS.exec.parse(document)).toEqual({
      exitCode: 5,
      stdout: 'é\n',
      stderr: '/w==',
      encoding: { stdout: 'utf8', stderr: 'base64' },
      truncated: false,
    });
    expect((await json(['-i', web.name, 'cat'], 'piped in')).document.stdout).toBe('piped in');
  });

  it('marks truncated output, and keeps its last character whole', async () => {
    const { document } = await json([web.name, 'sh', '-c', 'printf x; yes é | tr -d "\\n" | head -c 12000000']);
    expect(document).toMatchObject({ truncated: true, encoding: { stdout: 'utf8' } });
    expect(document.stdout).toMatch(/^xé+$/);
  });

  it('prints a JSON error when the command did not run', async () => {
    expect(await json([web.name, 'no-such-program'])).toMatchObject({
      code: 127,
      document: { error: { code: 'EXEC_NOT_FOUND' } },
    });
    expect(await json(['--bad', web.name, 'ls'])).toMatchObject({ code: 125, document: { error: { code: 'USAGE' } } });
    const usage = await exec(['--bad', web.name, 'ls', '--json']);
    expect(usage.stdout.toString()).toBe('');
  });
});
