import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { CommandStream, CommandStreamError } from './command-stream.ts';

const env = { PATH: process.env.PATH };

describe('CommandStream', () => {
  it('transfers more bytes than a pipe buffer in both directions', async () => {
    const stream = new CommandStream('cat', [], env);
    const sent = 'x'.repeat(1_000_000);
    stream.end(sent);
    expect(await text(stream)).toBe(sent);
  });

  it('fails with the exit code and what the program wrote to standard error', async () => {
    const stream = new CommandStream('sh', ['-c', 'echo "no route" >&2; exit 255'], env);
    stream.resume();
    const [error] = await once(stream, 'error');
    expect(error).toBeInstanceOf(CommandStreamError);
    expect(error).toMatchObject({ exitCode: 255, stderr: 'no route\n' });
  });

  it('fails when the program does not exist', async () => {
    const stream = new CommandStream('no-such-program', [], env);
    const [error] = await once(stream.resume(), 'error');
    expect(error).toMatchObject({ file: 'no-such-program', exitCode: undefined });
    expect(error.cause).toMatchObject({ code: 'ENOENT' });
  });

  it('kills the program when it is destroyed', async () => {
    const stream = new CommandStream('sh', ['-c', 'echo $$; exec sleep 1000'], env);
    const [chunk] = await once(stream, 'data');
    const pid = Number(String(chunk).trim());
    stream.destroy();
    await expect.poll(() => alive(pid), { timeout: 60_000 }).toBe(false);
  });
});

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
