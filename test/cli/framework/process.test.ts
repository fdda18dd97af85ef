import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { JSON_OUTPUTS } from '../../../src/cli/json-output.ts';
import { CLI, objdocker } from '../../harness/cli.ts';
import { configYaml, createProject, TWO_SERVICES } from '../../harness/project.ts';

const run = promisify(execFile);
const CONFIG = { 'config.yaml': configYaml({ host: '127.0.0.1:9' }), Dockerfile: TWO_SERVICES };

/** Runs a script in bash, which finds the CLI in `$CLI`. */
async function shell(script: string, cwd: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, NODE: process.execPath, CLI };
  const result = await run('bash', ['-c', script], { cwd, env }).catch((error) => error);
  return { code: result.code ?? 0, stdout: String(result.stdout), stderr: String(result.stderr) };
}

describe('the process', () => {
  it.each([
    ['help', ['--help', '--json']],
    ['help', ['build', '--help', '--json']],
    ['help', ['help', '--json']],
    ['version', ['--version', '--json']],
    ['completion', ['completion', 'bash', '--json']],
    ['config-show', ['config', 'show', '--json']],
  ] as const)('prints the JSON output %s for %j', async (name, args) => {
    await using project = await createProject(CONFIG);
    const { code, stdout } = await objdocker(args, { cwd: project.directory });
    expect(code).toBe(0);
    JSON_OUTPUTS[name].parse(JSON.parse(stdout));
  });

  it('reports a deleted working folder, and still prints help', async () => {
    await using project = await createProject({});
    const gone = (args: string) =>
      shell(`mkdir gone && cd gone && rmdir ../gone && "$NODE" "$CLI" ${args}`, project.directory);
    expect(await gone('config check')).toMatchObject({ code: 2, stderr: expect.stringContaining('working folder') });
    expect(await gone('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage') });
  });

  it('exits with 0 when the reader closes the pipe, and with 3 when the disk is full', async () => {
    await using project = await createProject(CONFIG);
    const head = await shell('"$NODE" "$CLI" config schema | head -c 1; exit ${PIPESTATUS[0]}', project.directory);
    expect(head).toMatchObject({ code: 0, stderr: '' });
    const full = await shell('"$NODE" "$CLI" config schema > /dev/full', project.directory);
    expect(full).toMatchObject({ code: 3, stderr: expect.stringContaining('could not be written to stdout') });
    expect(full.stderr).not.toMatch(/\n\s+at /);
  });

  it('keeps its exit code and its JSON output when the reader of stderr is gone, or its disk is full', async () => {
    const services = ['api', 'api'];
    await using project = await createProject({
      ...CONFIG,
      'config.yaml': configYaml({ host: '127.0.0.1:9', image: { services } }),
    });
    const options = { cwd: project.directory, unread: { stderr: 'at-start' } } as const;
    for (const [args, code] of [
      [['config', 'check', '--json'], 2],
      [['nonsense', '--json'], 2],
      [['list', '-H', 'tcp://127.0.0.1:9', '--json'], 3],
    ] as const) {
      const read = await objdocker(args, { cwd: project.directory });
      expect(read.code, read.stderr).toBe(code);
      expect(await objdocker(args, options)).toMatchObject({ code, stdout: read.stdout });
      const full = await shell(`"$NODE" "$CLI" ${args.join(' ')} 2> /dev/full`, project.directory);
      expect(full).toMatchObject({ code, stdout: read.stdout });
    }
  });

  it.each([['--version'], ['--help'], ['completion bash'], ['complete -- ""']])(
    'ends %s quietly without a reader',
    async (args) => {
      await using project = await createProject({});
      const result = await objdocker(args.split(' '), { cwd: project.directory, unread: { stdout: 'at-start' } });
      expect(result).toMatchObject({ code: 0, stderr: '' });
    },
  );

  it('keeps the exit code of an evaluation when the reader of stdout is gone', async () => {
    await using project = await createProject({ ...CONFIG, 'config.yaml': '{' });
    const unread = { stdout: 'at-start' } as const;
    expect(await objdocker(['config', 'check'], { cwd: project.directory, unread })).toMatchObject({ code: 2 });
  });

  it('ends on SIGTERM while it reads a pipe that nobody writes to', async () => {
    await using project = await createProject({});
    await run('mkfifo', [project.path('pipe')]);
    const child = spawn(process.execPath, [CLI, '-c', project.path('pipe'), 'config', 'check'], { stdio: 'ignore' });
    try {
      await sleep(1_000);
      child.kill('SIGTERM');
      const [code, signal] = await once(child, 'exit', { signal: AbortSignal.timeout(120_000) });
      // A shell reports both as 143.
      expect([code, signal]).toEqual([null, 'SIGTERM']);
    } finally {
      child.kill('SIGKILL');
    }
  });
});
