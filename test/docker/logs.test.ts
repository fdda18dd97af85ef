import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OutputChunk } from '../../src/model/instance.ts';
import type { ReadLogsOptions } from '../../src/substrate/obj-substrate.ts';
import { type ConnectedEngine, connectFlavour, NEWEST_ENGINE_FIRST } from '../harness/both-engines.ts';
import { makeContainer, type TestContainer } from '../harness/containers.ts';
import { docker as dockerClient } from '../harness/sandbox.ts';

describe.each(NEWEST_ENGINE_FIRST)('the logs of a container of $engine', ({ flavour }) => {
  let engine: ConnectedEngine;
  let container: TestContainer;
  beforeAll(async () => {
    engine = await connectFlavour(flavour);
    const script = 'for i in 1 2 3; do echo "out $i"; echo "err $i" >&2; sleep 0.3; done; printf "\\351\\0\\377"';
    // The usual driver, json-file, keeps text only.
    container = await makeContainer({
      env: engine.env,
      options: ['--log-driver', 'local'],
      command: ['sh', '-c', script],
    });
    await dockerClient(['wait', container.id], engine.env);
  });
  afterAll(async () => {
    await container?.[Symbol.asyncDispose]();
    await engine?.[Symbol.asyncDispose]();
  });

  async function read(name: string, options: ReadLogsOptions = {}): Promise<{ stdout: Buffer; stderr: Buffer }> {
    const chunks: OutputChunk[] = [];
    for await (const chunk of engine.docker.readLogs(name, options)) chunks.push(chunk);
    const of = (stream: string) => Buffer.concat(chunks.filter((one) => one.stream === stream).map(({ data }) => data));
    return { stdout: of('stdout'), stderr: of('stderr') };
  }

  /** A container that prints `begun`, and then a line whenever a file appears in it. */
  const makeTalker = (options: readonly string[] = []) =>
    makeContainer({
      env: engine.env,
      options,
      command: [
        'sh',
        '-c',
        'echo begun; while :; do if rm /tmp/speak 2>/dev/null; then echo spoken; fi; sleep 0.1; done',
      ],
    });

  it('have both streams unchanged', async () => {
    const { stdout, stderr } = await read(container.name);
    expect(stdout).toEqual(Buffer.from('out 1\nout 2\nout 3\n\xe9\0\xff', 'latin1'));
    expect(stderr.toString()).toBe('err 1\nerr 2\nerr 3\n');
  });

  it('end at once for an exited container, also when they are followed', async () => {
    expect((await read(container.name, { follow: true })).stderr.toString()).toBe('err 1\nerr 2\nerr 3\n');
  });

  it('can be limited with tail and since', async () => {
    const lines = ({ stdout, stderr }: { stdout: Buffer; stderr: Buffer }) =>
      `${stdout}\n${stderr}`.split('\n').filter((line) => line !== '').length;
    expect(lines(await read(container.name, { tail: 2 }))).toBe(2);
    expect(lines(await read(container.name, { tail: 0 }))).toBe(0);
    const { stderr } = await read(container.name, { timestamps: true });
    const stamped = stderr.toString().trim().split('\n');
    for (const line of stamped) expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z err \d$/);
    const second = new Date(stamped[1]?.split(' ')[0] ?? '');
    expect((await read(container.name, { since: second })).stderr.toString()).toBe('err 2\nerr 3\n');
    expect(lines(await read(container.name, { since: new Date(Date.now() + 60_000) }))).toBe(0);
    expect(lines(await read(container.name, { since: new Date(0) }))).toBe(7);
  });

  it('are one raw stream for a container with a terminal', async () => {
    await using terminal = await makeContainer({
      env: engine.env,
      options: ['--tty'],
      command: ['sh', '-c', 'echo out; echo err >&2'],
    });
    await dockerClient(['wait', terminal.id], engine.env);
    const { stdout, stderr } = await read(terminal.name);
    expect([stdout.toString(), stderr.toString()]).toEqual(['out\r\nerr\r\n', '']);
  });

  it('are followed from the last line', async () => {
    await using talker = await makeTalker();
    await sleep(300);
    const seen: string[] = [];
    for await (const { data } of engine.docker.readLogs(talker.name, { follow: true, tail: 1 })) {
      seen.push(Buffer.from(data).toString());
      if (seen.length === 3) break;
      await dockerClient(['exec', talker.id, 'touch', '/tmp/speak'], engine.env);
    }
    expect(seen).toEqual(['begun\n', 'spoken\n', 'spoken\n']);
  });

  it.each([
    ['stops', ['kill']],
    ['is removed', ['rm', '--force']],
  ])('end when the container that is followed %s', async (_, how) => {
    await using talker = await makeTalker();
    let text = '';
    for await (const { data } of engine.docker.readLogs(talker.name, { follow: true })) {
      text += Buffer.from(data).toString();
      await dockerClient([...how, talker.id], engine.env);
    }
    expect(text).toBe('begun\n');
  });

  it('are no longer followed after the signal is aborted', async () => {
    await using talker = await makeTalker();
    const aborting = new AbortController();
    const iterate = async () => {
      for await (const _ of engine.docker.readLogs(talker.name, { follow: true, signal: aborting.signal }))
        aborting.abort();
    };
    await expect(iterate()).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('can be followed more often than there are shared connections', async () => {
    await using talker = await makeTalker();
    const followers = Array.from({ length: 30 }, () =>
      engine.docker.readLogs(talker.name, { follow: true })[Symbol.asyncIterator](),
    );
    const first = await Promise.all(followers.map((follower) => follower.next()));
    expect(first.every(({ done }) => done === false)).toBe(true);
    expect((await engine.docker.executeCommand(talker.name, ['echo', 'x']).result).exitCode).toBe(0);
    await Promise.all(followers.map((follower) => follower.return?.()));
  });

  it('are not available with some logging drivers', async () => {
    await using silent = await makeTalker(['--log-driver', 'none']);
    for (const follow of [false, true]) {
      await expect(read(silent.name, { follow })).rejects.toMatchObject({
        code: 'INSTANCE_LOGS_UNAVAILABLE',
        message: expect.stringContaining('none'),
        hint: expect.stringContaining('--log-driver'),
      });
    }
    await expect(read('no-such-container')).rejects.toMatchObject({ code: 'INSTANCE_NOT_FOUND' });
  });

  it('are read with backpressure', async () => {
    await using talkative = await makeContainer({
      env: engine.env,
      options: ['--log-driver', 'local', '--log-opt', 'max-size=200m'],
      command: ['sh', '-c', 'yes 0123456789012345678901234567890123456789 | head -c 30000000'],
    });
    await dockerClient(['wait', talkative.id], engine.env);
    let bytes = 0;
    const before = process.memoryUsage().rss;
    let most = 0;
    for await (const { data } of engine.docker.readLogs(talkative.name)) {
      if (bytes === 0) await sleep(1_000);
      bytes += data.length;
      most = Math.max(most, process.memoryUsage().rss);
    }
    expect(bytes).toBe(30_000_000);
    expect(most - before).toBeLessThan(100_000_000);
  });
});
