import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import pMap from 'p-map';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConnectedEngine, connectFlavour, NEWEST_ENGINE_FIRST } from '../harness/both-engines.ts';
import { ROOT } from '../harness/cli.ts';
import { makeContainer, type TestContainer } from '../harness/containers.ts';

const LONG = process.env.OBJDOCKER_TEST_LONG === '1';
/** More than the memory limit of the tests, so that buffered output would exceed it. */
const MEGABYTES = LONG ? 1024 : 320;
const BYTES = MEGABYTES * 1024 * 1024;
const COMMANDS = LONG ? 500 : 120;

describe.each(NEWEST_ENGINE_FIRST)('load on a container of $engine', ({ flavour }) => {
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

  /** Runs a script in its own process, which prints its results and its maximum memory as JSON. */
  async function inOwnProcess(body: string): Promise<Record<string, number>> {
    const script = `
      import { ObjDocker } from '${ROOT}/src/obj-docker/obj-docker.ts';
      const docker = new ObjDocker();
      const execution = docker.executeCommand('${container.name}', ['dd', 'if=/dev/zero', 'bs=1M', 'count=${MEGABYTES}']);
      ${body}
      docker.close();
      console.log(JSON.stringify({ ...seen, exitCode: result.exitCode, megabytes: process.resourceUsage().maxRSS / 1024 }));`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', script],
      { cwd: ROOT, env: { ...process.env, ...engine.env } },
    );
    return JSON.parse(stdout);
  }

  it('streams large output in constant memory', async () => {
    const seen = await inOwnProcess(`
      const seen = { stdout: 0, stderr: 0 };
      for await (const { stream, data } of execution) seen[stream] += data.length;
      const result = await execution.result;`);
    expect(seen).toMatchObject({ stdout: BYTES, exitCode: 0 });
    expect(seen.stderr).toBeGreaterThan(0);
    expect(seen.megabytes).toBeLessThan(200);
  });

  it('collects the beginning of large output in constant memory', async () => {
    const seen = await inOwnProcess(`
      const result = await execution.result;
      const seen = { stdout: result.stdout.length, truncated: Number(result.truncated) };`);
    expect(seen).toMatchObject({ stdout: 10 * 1024 * 1024, truncated: 1, exitCode: 0 });
    expect(seen.megabytes).toBeLessThan(200);
  });

  it('runs many commands, 20 at a time, each with its own exit code and bytes', async () => {
    const script =
      'cat >/tmp/in.$1; printf "%s:" "$1"; cat /tmp/in.$1; rm /tmp/in.$1; echo "error $1" >&2; exit $(($1 % 200))';
    const numbers = Array.from({ length: COMMANDS }, (_, index) => index);
    const sent = (number: number) => createHash('sha512').update(String(number)).digest().subarray(0, 64);
    const wrong = await pMap(
      numbers,
      async (number) => {
        const { exitCode, stdout, stderr } = await engine.docker.executeCommand(
          container.name,
          ['sh', '-c', script, 'sh', String(number)],
          { stdin: sent(number) },
        ).result;
        const expected = Buffer.concat([Buffer.from(`${number}:`), sent(number)]);
        const right =
          exitCode === number % 200 &&
          expected.equals(stdout) &&
          Buffer.from(stderr).toString() === `error ${number}\n`;
        return right ? [] : [{ number, exitCode, stdout: Buffer.from(stdout).toString('hex') }];
      },
      { concurrency: 20 },
    );
    expect(wrong.flat()).toEqual([]);
  });

  it('runs more commands in parallel than there are shared connections', async () => {
    const running = Array.from({ length: 40 }, () =>
      engine.docker.executeCommand(container.name, ['sh', '-c', 'echo begun; read line; exit 7'], {
        stdin: gate(),
      }),
    );
    let open: () => void = () => {};
    const opened = new Promise<void>((resolve) => (open = resolve));
    async function* gate() {
      await opened;
      yield Buffer.from('go\n');
    }
    const iterators = running.map((execution) => execution[Symbol.asyncIterator]());
    await Promise.all(iterators.map((iterator) => iterator.next()));
    open();
    await Promise.all(iterators.map((iterator) => iterator.next()));
    const codes = await Promise.all(running.map(async ({ result }) => (await result).exitCode));
    expect(codes).toEqual(Array.from({ length: 40 }, () => 7));
  });
});
