import { describe, expect, it } from 'vitest';
import { exec } from './exec.ts';

const env = { PATH: process.env.PATH, HOME: '/nonexistent' };

describe('exec', () => {
  it('returns the streams and the exit code of a program that failed', async () => {
    const result = await exec('sh', ['-c', 'echo out; echo err >&2; exit 7'], { env });
    expect(result).toEqual({ exitCode: 7, stdout: 'out\n', stderr: 'err\n' });
  });

  it('passes arguments unchanged, without a shell', async () => {
    const hostile = ['-x', '$(id)', 'a b', "it's", 'line\nbreak', '`id`', '*'];
    const result = await exec('printf', ['%s|', ...hostile], { env });
    expect(result.stdout).toBe(`${hostile.join('|')}|`);
  });

  it('gives the child only the given environment', async () => {
    process.env.OBJDOCKER_LEAK = 'leaked';
    const result = await exec('env', [], { env: { ...env, GIVEN: '1', UNSET: undefined } });
    delete process.env.OBJDOCKER_LEAK;
    expect(result.stdout).toContain('GIVEN=1');
    expect(result.stdout).not.toMatch(/LEAK|UNSET/);
  });

  it('streams lines as they arrive, without collecting them', async () => {
    const lines: string[] = [];
    const result = await exec('sh', ['-c', 'printf "a\\nb\\nlast"; echo e >&2; exit 3'], {
      env,
      onStdout: (line) => lines.push(line),
      onStderr: (line) => lines.push(`err ${line}`),
    });
    expect(lines.sort()).toEqual(['a', 'b', 'err e', 'last']);
    expect(result.exitCode).toBe(3);
  });

  it('splits lines at newlines only, and does not split characters', async () => {
    const lines: string[] = [];
    const script = 'printf "10%%\\r20%%\\ndos\\r\\n\\303"; sleep 0.1; printf "\\251\\n"';
    await exec('sh', ['-c', script], { env, onStdout: (line) => lines.push(line) });
    expect(lines).toEqual(['10%\r20%', 'dos', 'é']);
  });

  it('writes to stdin', async () => {
    expect((await exec('cat', [], { env, input: 'fed' })).stdout).toBe('fed');
  });

  it('names a program that does not exist', async () => {
    await expect(exec('no-such-program', [], { env })).rejects.toMatchObject({
      code: 'COMMAND_NOT_FOUND',
      message: 'cannot run "no-such-program": no such program',
    });
  });

  it('kills the child when the signal aborts', async () => {
    const controller = new AbortController();
    const onStdout = () => controller.abort();
    const running = exec('sh', ['-c', 'echo begun; exec sleep 1000'], { env, signal: controller.signal, onStdout });
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('kills the process group of the child on request', async () => {
    const controller = new AbortController();
    const script = '(trap "" HUP; echo begun; exec sleep 31.4159) & exec sleep 1000';
    const onStdout = () => controller.abort();
    const running = exec('sh', ['-c', script], { env, signal: controller.signal, withDescendants: true, onStdout });
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
    const { stdout } = await exec('ps', ['-eo', 'args'], { env });
    expect(stdout).not.toContain('sleep 31.4159');
  });
});
