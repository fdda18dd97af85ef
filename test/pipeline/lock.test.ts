import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acquireLock } from '../../src/pipeline/run/lock.ts';
import { newStagingTag } from '../../src/release/staging-tag.ts';
import { ROOT } from '../harness/cli.ts';
import { until } from '../harness/processes.ts';

let temp: string;
beforeAll(async () => {
  temp = await mkdtemp(join(tmpdir(), 'objdocker-lock-'));
});
afterAll(() => rm(temp, { recursive: true, force: true }));

/** `linux` has abstract sockets, `darwin` files. */
const PLATFORMS = ['linux', 'darwin'] as const;
type Platform = (typeof PLATFORMS)[number];

const newKey = () => [randomBytes(8).toString('hex')];

/** A process that acquires the lock, reports it, and releases it when its input ends. */
class Rival {
  readonly run = newStagingTag(new Date());
  readonly #child: ChildProcess;
  #output = '';

  constructor(key: readonly string[], platform: Platform) {
    const script = `
      import { acquireLock } from './src/pipeline/run/lock.ts';
      import { once } from 'node:events';
      const say = (text) => process.stdout.write(text + '\\n');
      const lock = await acquireLock(${JSON.stringify(key)}, {
        run: '${this.run}', temp: ${JSON.stringify(temp)}, platform: '${platform}',
        signal: new AbortController().signal, onWaiting: (message) => say(message),
      });
      say('holds ' + Date.now());
      process.stdin.resume();
      await once(process.stdin, 'end');
      say('ends ' + Date.now());
      await lock[Symbol.asyncDispose]();
    `;
    this.#child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      cwd: ROOT,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdout?.on('data', (chunk) => (this.#output += chunk));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get output(): string {
    return this.#output;
  }

  says(text: string): Promise<string> {
    return until(
      () => this.#output,
      (output) => output.includes(text),
    );
  }

  finish(): void {
    this.#child.stdin?.end();
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  get ended(): Promise<void> {
    return until(
      () => this.#child.exitCode !== null || this.#child.signalCode !== null,
      (ended) => ended,
    ).then(() => {});
  }
}

const lockHere = (
  key: readonly string[],
  platform: Platform,
  more: { signal?: AbortSignal; messages?: string[] } = {},
) =>
  acquireLock(key, {
    run: newStagingTag(new Date()),
    temp,
    platform,
    signal: more.signal ?? AbortSignal.timeout(120_000),
    onWaiting: (message) => more.messages?.push(message),
  });

describe.each(PLATFORMS)('a lock on %s', (platform) => {
  it('is held by one process at a time, and those that wait name the holder', async () => {
    const key = newKey();
    const rivals = [new Rival(key, platform), new Rival(key, platform), new Rival(key, platform)];
    const order: Rival[] = [];
    for (let round = 0; round < rivals.length; round++) {
      const holder = await until(
        () => rivals.filter((rival) => !order.includes(rival) && rival.output.includes('holds')),
        (found) => found.length > 0,
      );
      expect(holder, 'only one at a time').toHaveLength(1);
      order.push(holder[0] as Rival);
      // Each of the others has tried by now, also on a machine where a process starts slowly.
      const losers = rivals.filter((rival) => !order.includes(rival));
      await until(
        () => losers.every((rival) => rival.output.includes('waiting')),
        (haveTried) => haveTried,
      );
      expect(rivals.filter((rival) => !order.includes(rival) && rival.output.includes('holds'))).toEqual([]);
      holder[0]?.finish();
    }
    const [first, second] = order as [Rival, Rival];
    await Promise.all(order.map((rival) => rival.ended));
    const ended = Number(/ends (\d+)/.exec(first.output)?.[1]);
    const held = Number(/holds (\d+)/.exec(second.output)?.[1]);
    expect(held).toBeGreaterThanOrEqual(ended);
    const waited = order.map((rival) => rival.output.match(/waiting/g)?.length ?? 0);
    expect(waited[0]).toBe(0);
    expect(Math.max(...waited), 'reported once, however often it waits').toBe(1);
    const others = order.map(
      ({ run, pid }) => `waiting for another run of the package on this machine: ${run}, process ${pid}`,
    );
    expect(others.some((message) => second.output.includes(message))).toBe(true);
    expect((await readdir(temp)).filter((name) => name.endsWith('.sock'))).toEqual([]);
  });

  it('is released when its process is killed', async () => {
    const key = newKey();
    const rival = new Rival(key, platform);
    await rival.says('holds');
    const messages: string[] = [];
    const lock = lockHere(key, platform, { messages });
    await until(
      () => messages.length,
      (count) => count === 1,
    );
    rival.kill();
    await (await lock)[Symbol.asyncDispose]();
  });

  it('is acquired by one waiting process at a time when the holder is killed', async () => {
    const key = newKey();
    const rival = new Rival(key, platform);
    await rival.says('holds');
    let holding = 0;
    let most = 0;
    const waiting = Array.from({ length: 6 }, async () => {
      const lock = await lockHere(key, platform);
      most = Math.max(most, ++holding);
      await sleep(20);
      holding--;
      await lock[Symbol.asyncDispose]();
    });
    await sleep(300);
    rival.kill();
    await Promise.all(waiting);
    expect(most).toBe(1);
  });

  it('is no longer waited for after the signal is aborted', async () => {
    const key = newKey();
    const lock = await lockHere(key, platform);
    const abort = new AbortController();
    const messages: string[] = [];
    const other = lockHere(key, platform, { signal: abort.signal, messages });
    await until(
      () => messages.length,
      (count) => count === 1,
    );
    abort.abort();
    await expect(other).rejects.toMatchObject({ code: 'CANCELLED' });
    await lock[Symbol.asyncDispose]();
  });

  it('does not lock out other packages', async () => {
    const locks = await Promise.all([newKey(), newKey(), ['a', 'b'], ['a,b']].map((key) => lockHere(key, platform)));
    for (const lock of locks) await lock[Symbol.asyncDispose]();
  });
});

describe('a lock', () => {
  it('that another program holds is waited for, and the greeting of that program is not shown', async () => {
    const key = newKey();
    const ours = await lockHere(key, 'darwin');
    const [file] = (await readdir(temp)).filter((name) => name.endsWith('.sock'));
    await ours[Symbol.asyncDispose]();
    const path = join(temp, file ?? '');
    await expect(access(path)).rejects.toMatchObject({ code: 'ENOENT' });
    const strange = createServer((socket) => {
      socket.on('error', () => {});
      socket.write(`{"run":"\u001b[31mobjdocker","pid":1}\n${'x'.repeat(100_000)}`);
      setTimeout(() => socket.destroy(), 20);
    });
    await new Promise<void>((resolve) => strange.listen({ path }, resolve));
    const messages: string[] = [];
    const abort = new AbortController();
    const lock = lockHere(key, 'darwin', { messages, signal: abort.signal });
    // Long enough for several connections: each one is closed after 20 ms.
    await until(
      () => messages.length,
      (count) => count > 0,
    );
    await sleep(1_000);
    expect(messages).toEqual(['waiting for another program on this machine that holds the lock and is not objdocker']);
    await new Promise<void>((resolve) => strange.close(() => resolve()));
    await (await lock)[Symbol.asyncDispose]();
  });

  it('is released although other programs stay connected', async () => {
    const key = newKey();
    const lock = await lockHere(key, 'darwin');
    const [file] = (await readdir(temp)).filter((name) => name.endsWith('.sock'));
    const guests = Array.from({ length: 20 }, () => connect({ path: join(temp, file ?? '') }));
    await Promise.all(guests.map((guest) => new Promise((resolve) => guest.once('data', resolve))));
    const gone = Promise.all(guests.map((guest) => new Promise((resolve) => guest.once('close', resolve))));
    await lock[Symbol.asyncDispose]();
    await gone;
  });

  it('that cannot be acquired is an error that says why', async () => {
    const nowhere = { run: newStagingTag(new Date()), temp: join(temp, 'missing'), platform: 'darwin' as const };
    const waiting = acquireLock(newKey(), { ...nowhere, signal: AbortSignal.timeout(60_000), onWaiting() {} });
    await expect(waiting).rejects.toMatchObject({
      code: 'OUTPUT_FAILED',
      message: expect.stringMatching(
        /^cannot lock out other runs on this machine: listening on the socket .* failed: E/,
      ),
    });
  });
});
