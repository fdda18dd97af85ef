import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isObjDockerError, type ObjDockerError } from '../../src/errors.ts';
import type { ObjDocker } from '../../src/obj-docker/obj-docker.ts';
import type { ExecuteOptions } from '../../src/substrate/obj-substrate.ts';
import { type ConnectedEngine, connectFlavour, dockerAt, NEWEST_ENGINE_FIRST } from '../harness/both-engines.ts';
import { makeContainer, type TestContainer } from '../harness/containers.ts';
import { docker as dockerClient } from '../harness/sandbox.ts';

/** A shell and two children of it. */
const FAMILY = 'sleep 1234 & sleep 4321 & wait';
/** The same, ignoring SIGTERM. */
const STUBBORN = `trap "" TERM; ${FAMILY}; ${FAMILY}`;

async function failureOf(result: Promise<unknown>): Promise<ObjDockerError> {
  const error = await result.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isObjDockerError(error)) throw new Error(`not an ObjDockerError: ${error}`);
  return error;
}

describe.each(NEWEST_ENGINE_FIRST)('$engine', ({ flavour }) => {
  let engine: ConnectedEngine;
  let container: TestContainer;
  let folder: string;
  /** The same engine over ssh, whose processes ObjDocker treats as those of another machine. */
  let far: ObjDocker;
  beforeAll(async () => {
    engine = await connectFlavour(flavour);
    container = await makeContainer({ env: engine.env });
    folder = mkdtempSync(join(tmpdir(), 'objdocker-exec-'));
    const host = engine.env.DOCKER_HOST ?? process.env.DOCKER_HOST;
    const script = `while [ "$1" != -- ]; do shift; done\nDOCKER_HOST=${host} exec sh -c "$3"`;
    writeFileSync(join(folder, 'ssh'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, 'ssh'), 0o755);
    far = dockerAt({ ...engine.env, DOCKER_HOST: 'ssh://elsewhere', PATH: `${folder}:${process.env.PATH}` });
  });
  afterAll(async () => {
    far?.close();
    rmSync(folder, { recursive: true, force: true });
    await container?.[Symbol.asyncDispose]();
    await engine?.[Symbol.asyncDispose]();
  });

  /** The number of the commands' processes in the container. */
  const left = async (): Promise<number> => {
    const list = await dockerClient(['top', container.id, '-eo', 'pid,args'], engine.env);
    return list.split('\n').filter((line) => /sleep (1234|4321)/.test(line)).length;
  };

  describe.each([
    { where: 'on this machine', docker: () => engine.docker },
    { where: 'elsewhere', docker: () => far },
  ])('$where', ({ docker }) => {
    const run = (script: string, options: ExecuteOptions) =>
      docker().executeCommand(container.name, ['sh', '-c', script], options);

    it.each([
      ['that ends on SIGTERM', FAMILY, {}],
      ['that ignores SIGTERM', STUBBORN, {}],
      ['of another user', FAMILY, { user: '1234' }],
      ['in a terminal', FAMILY, { tty: { columns: 80, rows: 24 } }],
    ])('ends a command %s at its time-out, with its child processes', async (_, script, options) => {
      const error = await failureOf(run(script, { ...options, timeoutMs: 500 }).result);
      expect(error).toMatchObject({ code: 'TIMEOUT', details: { running: false } });
      expect(error.message).toContain('within 0.5 s');
      expect(await left()).toBe(0);
    });

    it('ends it when the signal is aborted', async () => {
      const aborting = new AbortController();
      setTimeout(() => aborting.abort(), 400);
      const error = await failureOf(run(FAMILY, { signal: aborting.signal }).result);
      expect(error).toMatchObject({ code: 'CANCELLED', details: { running: false } });
      expect(await left()).toBe(0);
    });

    it('ends it when the loop is left', async () => {
      for await (const _ of run(`echo begun; ${FAMILY}`, {})) break;
      expect(await left()).toBe(0);
    });

    it('ends it while nobody reads its output', async () => {
      const aborting = new AbortController();
      const execution = run(`yes & ${FAMILY}`, { signal: aborting.signal });
      const iterator = execution[Symbol.asyncIterator]();
      await iterator.next();
      // The output fills all buffers, and the command blocks.
      await sleep(500);
      aborting.abort();
      expect(await failureOf(execution.result)).toMatchObject({ code: 'CANCELLED', details: { running: false } });
      expect(await left()).toBe(0);
      await iterator.return?.();
    });

    it('ends it while it gets input', async () => {
      async function* input() {
        while (true) yield new Uint8Array(65_536);
      }
      const error = await failureOf(run(FAMILY, { stdin: input(), timeoutMs: 500 }).result);
      expect(error).toMatchObject({ code: 'TIMEOUT', details: { running: false } });
      expect(await left()).toBe(0);
    });

    it('does not end another command', async () => {
      const aborting = new AbortController();
      const running = run(`echo begun; ${FAMILY}`, { signal: aborting.signal });
      const iterator = running[Symbol.asyncIterator]();
      await iterator.next();
      const other = failureOf(iterator.next());
      await failureOf(run(FAMILY, { timeoutMs: 600 }).result);
      expect(await left()).toBe(3);
      aborting.abort();
      await other;
      expect(await left()).toBe(0);
    });

    it('reports a command that still runs because its container is paused', async () => {
      await using paused = await makeContainer({ env: engine.env });
      const aborting = new AbortController();
      const command = ['sh', '-c', 'echo begun; sleep 1234'];
      const execution = docker().executeCommand(paused.name, command, { signal: aborting.signal });
      const iterator = execution[Symbol.asyncIterator]();
      await iterator.next();
      await dockerClient(['pause', paused.id], engine.env);
      aborting.abort();
      const error = await failureOf(execution.result);
      expect(error).toMatchObject({ code: 'CANCELLED', details: { running: true, paused: true } });
      expect(error.details.pid).toBeGreaterThan(1);
      expect(error.message).toContain('still running');
      expect(error.hint).toContain('paused');
    });

    it('does not start a cancelled command', async () => {
      await expect(run('echo >/tmp/started', { signal: AbortSignal.abort() }).result).rejects.toMatchObject({
        code: 'CANCELLED',
      });
      expect((await run('test -e /tmp/started', {}).result).exitCode).toBe(1);
    });
  });

  it('leaves no process behind, whenever a command is cancelled', async () => {
    for (let after = 0; after < 60; after += 3) {
      await failureOf(
        engine.docker.executeCommand(container.name, ['sleep', '1234'], { signal: AbortSignal.timeout(after) }).result,
      );
    }
    expect(await left()).toBe(0);
  });

  it('reports the process id of a command that cannot be ended', async () => {
    // A container without a shell.
    const bare = await makeBare(engine.env);
    try {
      const aborting = new AbortController();
      const command = ['/busybox', 'sleep', '1234'];
      const failed = failureOf(far.executeCommand(bare, command, { signal: aborting.signal }).result);
      let line: string | undefined;
      while (line === undefined) {
        const list = await dockerClient(['top', bare, '-eo', 'pid,args'], engine.env);
        line = list.split('\n').find((row) => row.includes('sleep 1234'));
      }
      aborting.abort();
      const error = await failed;
      expect(error).toMatchObject({ code: 'CANCELLED', details: { running: true } });
      expect(error.details.pid).toBe(Number.parseInt(line, 10));
      expect(error.hint).toContain(String(error.details.pid));
      const ended = engine.docker.executeCommand(bare, ['/busybox', 'sleep', '1234'], { timeoutMs: 500 }).result;
      expect(await failureOf(ended)).toMatchObject({ details: { running: false } });
    } finally {
      await dockerClient(['rm', '--force', bare], engine.env);
    }
  });

  async function makeBare(env: Record<string, string | undefined>): Promise<string> {
    const name = `${container.name}-bare`;
    await dockerClient(['cp', `${container.id}:/bin/busybox`, join(folder, 'busybox')], env);
    writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY busybox /busybox\n');
    writeFileSync(join(folder, '.dockerignore'), '*\n!busybox\n');
    await dockerClient(['build', '--quiet', '--tag', `localhost/${name}`, folder], env);
    await dockerClient(['run', '--detach', '--name', name, `localhost/${name}`, '/busybox', 'sleep', '9999'], env);
    return name;
  }
});
