import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { JSON_OUTPUTS } from '../../../src/cli/json-output.ts';
import { CLI, objdocker } from '../../harness/cli.ts';
import { copyBusybox, makeContainer, type TestContainerOptions } from '../../harness/containers.ts';
import { until } from '../../harness/processes.ts';
import { runJson } from '../../harness/run-json.ts';
import { docker, startEngine } from '../../harness/sandbox.ts';
import { objdockerInTerminal } from '../../harness/terminal.ts';

/** A logging driver that keeps bytes as they are; the default one keeps text. */
const EXACT = ['--log-driver', 'local'];
/** Waits, and exits on SIGTERM. */
const WAIT = 'trap "exit 0" TERM; while :; do sleep 60 & wait $!; done';

/** A container that has written something, and has exited unless it waits. */
async function speaker(script: string, options: TestContainerOptions = {}) {
  const container = await makeContainer({ ...options, command: ['sh', '-c', script] });
  if (!script.includes(WAIT)) await docker(['wait', container.id], options.env);
  return container;
}

/** The CLI as a process whose output is read when the test wants it. */
function start(args: readonly string[], env: Readonly<Record<string, string | undefined>> = {}) {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // Output that is not read before the process ends is lost.
  return { child, stderr: textOf(child.stderr), ended: once(child, 'close').then(([code]) => code) };
}

async function bytesOf(args: readonly string[]): Promise<{ code: unknown; stdout: Buffer; stderr: Buffer }> {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close').then(([code]) => code);
  const [code, stdout, stderr] = await Promise.all([ended, child.stdout.toArray(), child.stderr.toArray()]);
  return { code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) };
}

describe('logs', () => {
  it('prints the bytes of each stream on the same stream', async () => {
    await using container = await speaker('cat /bin/busybox; head -c 5000 /bin/busybox >&2', { options: EXACT });
    const { code, stdout, stderr } = await bytesOf(['logs', container.name]);
    expect(code).toBe(0);
    await using waiting = await speaker(WAIT);
    const sum = await docker(['exec', waiting.name, 'sha256sum', '/bin/busybox']);
    expect(createHash('sha256').update(stdout).digest('hex')).toBe(sum.split(' ')[0]);
    expect(stderr.equals(stdout.subarray(0, 5000))).toBe(true);
  });

  it('filters by --tail and --since, and prints times with --timestamps', async () => {
    await using container = await makeContainer({
      command: ['sh', '-c', 'echo one; echo two; until [ -e /go ]; do sleep 0.1; done; echo three; printf four'],
    });
    await until(
      () => docker(['logs', container.name]),
      (log) => log === 'one\ntwo',
    );
    await docker(['exec', container.name, 'touch', '/go']);
    await docker(['wait', container.name]);
    const printed = async (...options: string[]) => (await objdocker(['logs', container.name, ...options])).stdout;
    expect(await printed()).toBe('one\ntwo\nthree\nfour');
    expect(await printed('--tail', '2')).toBe('three\nfour');
    expect(await printed('-n', 'all')).toBe('one\ntwo\nthree\nfour');
    expect(await printed('--tail', '0')).toBe('');
    const stamped = await printed('--timestamps');
    const times = [...stamped.matchAll(/^(\d{4}-\S+Z) (one|two|three|four)$/gm)].map(([, time = '']) => time);
    expect(times).toHaveLength(4);
    const between = new Date((Date.parse(times[1] ?? '') + Date.parse(times[2] ?? '')) / 2);
    for (const since of [between.toISOString(), String(between.getTime() / 1000)])
      expect(await printed('--since', since)).toBe('three\nfour');
    expect(await printed('--since', '1h30m')).toBe('one\ntwo\nthree\nfour');
  });

  it('follows until the container stops', async () => {
    await using container = await speaker(
      `trap "echo two; exit 0" TERM; echo one; ${WAIT.slice(WAIT.indexOf('while'))} # ${WAIT}`,
    );
    const { child, ended } = start(['logs', '--follow', container.name]);
    const stdout = textOf(child.stdout);
    await once(child.stdout, 'readable');
    await docker(['stop', container.name]);
    expect(await ended).toBe(0);
    expect(await stdout).toBe('one\ntwo\n');
  });

  it('ends quietly when the reader of either stream is gone', async () => {
    await using container = await speaker('yes | head -n 200000; yes err | head -n 200000 >&2');
    const piped = (command: string) =>
      textOf(
        spawn('bash', ['-c', `"$NODE" "$CLI" logs ${container.name} ${command}; echo "\${PIPESTATUS[0]}"`], {
          env: { ...process.env, NODE: process.execPath, CLI },
          stdio: ['ignore', 'pipe', 'inherit'],
        }).stdout,
      );
    expect(await piped('2>/dev/null | head -n 1')).toBe('y\n0\n');
    expect(await piped('2>&1 >/dev/null | head -n 1')).toBe('err\n0\n');
  });

  it('fails for a logging driver without logs', async () => {
    await using container = await speaker('echo lost', { options: ['--log-driver', 'none'] });
    const { document } = await runJson('error', ['logs', container.name], { code: 1 });
    expect(document.error).toMatchObject({ code: 'INSTANCE_LOGS_UNAVAILABLE', hint: expect.any(String) });
  });
});

describe('logs --json', () => {
  it('prints one JSON object with all lines', async () => {
    const script =
      'printf "one\\ntwo\\r\\n"; echo err >&2; printf "a\\377b\\n"; head -c 40000 /dev/zero | tr "\\\\0" x; echo; printf end';
    await using container = await speaker(script, { options: EXACT });
    const { document } = await runJson('logs', ['logs', container.name]);
    const lines = document.items.flatMap((item) => ('line' in item ? [item] : []));
    const of = (stream: string) => lines.filter((item) => item.stream === stream);
    expect(of('stdout').map(({ line, base64 }) => [line, base64])).toEqual([
      ['one', undefined],
      ['two', undefined],
      ['a\ufffdb', 'Yf9i'],
      ['x'.repeat(40_000), undefined],
      ['end', undefined],
    ]);
    expect(of('stderr').map(({ line }) => line)).toEqual(['err']);
    for (const { time } of lines) expect(Math.abs(Date.now() - Date.parse(time))).toBeLessThan(600_000);
    expect(document.total).toBe(6);
    expect((await runJson('logs', ['logs', '--tail', '0', container.name])).document).toEqual({
      items: [],
      total: 0,
    });
  });

  it('prints one JSON object per line with --follow', async () => {
    await using container = await speaker('echo one; echo err >&2; echo two');
    const { code, stdout } = await objdocker(['logs', '--json', '--follow', container.name]);
    expect(code).toBe(0);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON_OUTPUTS['logs-line'].parse(JSON.parse(line)));
    expect(lines.map((line) => ('line' in line ? line.line : line)).sort()).toEqual(['err', 'one', 'two']);
    const none = await objdocker(['logs', '--json', '--follow', `${container.name}-none`]);
    expect(none.code).toBe(1);
    expect(JSON_OUTPUTS['logs-line'].parse(JSON.parse(none.stdout))).toMatchObject({
      error: { code: 'INSTANCE_NOT_FOUND' },
    });
    expect(none.stdout.trimEnd()).not.toContain('\n');
  });
});

describe('logs of several containers', () => {
  it('prints one after the other, each line after the name, its stderr on stderr', async () => {
    await using one = await speaker('echo a; echo err >&2; printf b');
    await using two = await speaker('echo c');
    const width = Math.max(one.name.length, two.name.length);
    const [first, second] = [one, two].map(({ name }) => `${name.padEnd(width)} | `);
    const { code, stdout, stderr } = await objdocker(['logs', two.name, one.name, two.name]);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: `${second}c\n${first}a\n${first}b\n`,
      stderr: `${first}err\n`,
    });
    const stamped = await objdocker(['logs', '--timestamps', one.name, two.name]);
    expect(stamped.stdout).toMatch(/ \| \d{4}-\S+Z a\n/);
  });

  it('goes on when one cannot be read, and exits with 1', async () => {
    await using one = await speaker('echo a; printf "b\\377\\n"', { options: EXACT });
    const none = `${one.name}-none`;
    const failed = { name: none, error: expect.objectContaining({ code: 'INSTANCE_NOT_FOUND' }) };
    const { document, stderr } = await runJson('logs', ['logs', none, one.name], { code: 1 });
    expect(document).toEqual({
      items: [
        failed,
        { name: one.name, stream: 'stdout', time: expect.any(String), line: 'a' },
        { name: one.name, stream: 'stdout', time: expect.any(String), line: 'b\ufffd', base64: 'Yv8=' },
      ],
      total: 3,
    });
    expect(stderr).toContain(`there is no container "${none}"`);
    const followed = await objdocker(['logs', '--json', '--follow', none, one.name]);
    expect(followed.code).toBe(1);
    const lines = followed.stdout.trimEnd().split('\n');
    for (const line of lines) JSON_OUTPUTS['logs-line'].parse(JSON.parse(line));
    expect(lines.map((line) => JSON.parse(line))).toContainEqual(failed);
  });

  it('follows all of them at once', async () => {
    await using one = await speaker(`echo one; ${WAIT}`);
    await using two = await speaker(`echo two; ${WAIT}`);
    const { child, ended } = start(['logs', '--follow', one.name, two.name]);
    let stdout = '';
    child.stdout.on('data', (data) => (stdout += data));
    await until(
      () => stdout,
      (printed) => printed.includes(' | one\n') && printed.includes(' | two\n'),
    );
    await docker(['stop', one.name, two.name]);
    expect(await ended).toBe(0);
  });

  it('is safe on a terminal', async () => {
    await using one = await speaker('printf "\\033[2Jhid\\n"');
    await using two = await speaker('printf "\\033[31mred\\n"');
    const { screen, ended } = objdockerInTerminal(['logs', one.name, two.name], { cwd: '/', columns: 200 });
    expect(await ended).toBe(0);
    expect(screen.text).toContain(' | \\e[2Jhid\n');
    expect(screen.written).toContain('\u001b[31mred\u001b[0m');
  });
});

describe('logs on a terminal', () => {
  const SCRIPT = 'printf "\\033[31mred\\033[0m \\033[2J\\033]0;title\\007 over\\rwritten\\n\\033[32mgreen 日本 🎉\\n"';

  it('keeps colors and escapes all other control sequences', async () => {
    await using container = await speaker(SCRIPT);
    const { screen, ended } = objdockerInTerminal(['logs', container.name], { cwd: '/' });
    expect(await ended).toBe(0);
    expect(screen.lines).toEqual(['red \\e[2J\\e]0;title\\x07 over\\rwritten', 'green 日本 🎉']);
    expect(screen.written).toContain('\u001b[31mred\u001b[0m');
    expect(screen.written.trimEnd()).toMatch(/\u001b\[32mgreen 日本 🎉\r\n\u001b\[0m$/);
    for (const plain of [
      objdockerInTerminal(['logs', container.name], { cwd: '/', env: { NO_COLOR: '1' } }),
      objdockerInTerminal(['logs', '--no-color', container.name], { cwd: '/' }),
    ]) {
      expect(await plain.ended).toBe(0);
      expect(plain.screen.written).not.toContain('\u001b');
      expect(plain.screen.lines).toEqual(screen.lines);
    }
  });

  it('looks the same for a container with a terminal', async () => {
    await using container = await speaker('echo one; echo two', { options: ['--tty'] });
    const { screen, ended } = objdockerInTerminal(['logs', container.name], { cwd: '/' });
    expect(await ended).toBe(0);
    expect(screen.lines).toEqual(['one', 'two']);
  });

  it('stops following on Ctrl-C, without a message', async () => {
    await using container = await speaker(`echo one; ${WAIT}`);
    const { screen, type, ended } = objdockerInTerminal(['logs', '--follow', container.name], { cwd: '/' });
    await until(
      () => screen.text,
      (text) => text === 'one',
    );
    // The container never ends by itself.
    type('\u0003');
    expect(await ended).toBe(130);
    expect(screen.lines).toEqual(['one', '^C']);
  });
});

describe('large logs', () => {
  it.each([
    ['as it is', []],
    ['as JSON', ['--json']],
  ])('take little memory when they are read slowly: %s', async (_what, options) => {
    const line = 'x'.repeat(199);
    await using container = await speaker(`yes ${line} | head -c 60000000; head -c 60000000 /dev/zero | tr "\\\\0" y`, {
      options: [
        '--log-driver',
        'local',
        '--log-opt',
        'max-size=500m',
        '--log-opt',
        'compress=false',
        '--log-opt',
        'max-file=1',
      ],
    });
    const { child, ended } = start(['logs', container.name, ...options]);
    await once(child.stdout, 'readable');
    await sleep(1_500);
    let most = 0;
    let bytes = 0;
    for await (const chunk of child.stdout) {
      bytes += chunk.length;
      if (bytes > 100_000_000) most = Math.max(most, await memoryOf(child.pid));
    }
    expect(await ended).toBe(0);
    expect(bytes).toBeGreaterThanOrEqual(120_000_000);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(180 * 1024);
  });
});

describe('logs of an engine that dies', () => {
  it('end with the error, with and without --json', async () => {
    await using engine = await startEngine();
    await copyBusybox(engine.env);
    await using talking = await makeContainer({
      env: engine.env,
      command: ['sh', '-c', `yes ${'x'.repeat(99)} | head -c 50000000; echo; echo written; ${WAIT}`],
    });
    // All of it is in the log, so that a slow reader is not at its end when the engine is killed.
    await until(
      () => docker(['logs', '--tail', '1', talking.name], engine.env),
      (last) => last === 'written',
      120,
    );
    const runs = [['--json'], ['--json', '--follow'], ['--follow']].map((options) =>
      start(['logs', talking.name, ...options], engine.env),
    );
    await Promise.all(runs.map(({ child }) => once(child.stdout, 'readable')));
    await engine.kill();
    const [whole = '', lines = '', plain = ''] = await Promise.all(runs.map(({ child }) => textOf(child.stdout)));
    expect(await Promise.all(runs.map(({ ended }) => ended))).toEqual([3, 3, 3]);
    // Its container cannot be removed before.
    await engine.start();

    const document = JSON_OUTPUTS.logs.parse(JSON.parse(whole));
    expect(document.error).toMatchObject({ code: 'ENGINE_UNREACHABLE', message: expect.any(String) });
    expect(document.total).toBe(document.items.length);
    expect(document.total).toBeGreaterThan(0);
    expect(JSON.parse(lines.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      error: { code: 'ENGINE_UNREACHABLE' },
    });
    expect(plain).toMatch(/^x+\n/);
    for (const { stderr } of runs) expect(await stderr).toMatch(/^objdocker: .*connection.*was lost.*\nhint: /);
  });
});

/** The most memory that a process has had resident, in KiB. */
async function memoryOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s*(\d+)/m.exec(status)?.[1] ?? 0);
}
