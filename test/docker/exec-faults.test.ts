import { createHash, randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isObjDockerError, type ObjDockerError } from '../../src/errors.ts';
import type { OutputChunk } from '../../src/model/instance.ts';
import type { ObjDocker } from '../../src/obj-docker/obj-docker.ts';
import { dockerAt, NEWEST_ENGINE_FIRST } from '../harness/both-engines.ts';
import { copyBusybox, makeContainer } from '../harness/containers.ts';
import { docker as dockerClient, type SandboxEngine, startEngine } from '../harness/sandbox.ts';

async function failureOf(work: Promise<unknown>): Promise<ObjDockerError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isObjDockerError(error)) throw new Error(`no error of ours: ${error}`);
  return error;
}

async function drain(chunks: AsyncIterable<OutputChunk>, onFirst: () => void): Promise<string> {
  let text = '';
  for await (const { data } of chunks) {
    if (text === '') onFirst();
    text += Buffer.from(data).toString();
  }
  return text;
}

describe.each(NEWEST_ENGINE_FIRST)('an $engine that is killed', ({ flavour }) => {
  let engine: SandboxEngine;
  let docker: ObjDocker;
  beforeAll(async () => {
    engine = await startEngine(...(flavour === undefined ? [] : ['--flavour', flavour]));
    await copyBusybox(engine.env);
    docker = dockerAt(engine.env);
  });
  afterAll(async () => {
    docker?.close();
    await engine?.[Symbol.asyncDispose]();
  });

  it('fails running commands and logs, and works again after its restart', async () => {
    const command = ['sh', '-c', 'while :; do echo tick; sleep 0.2; done'];
    const { id } = await makeContainer({ env: engine.env, command });
    const execution = docker.executeCommand(id, command);
    const collecting = docker.executeCommand(id, ['sleep', '100'], { stdin: 'x' });
    let begun = 0;
    const work = [
      drain(execution, () => begun++),
      drain(docker.readLogs(id, { follow: true }), () => begun++),
      collecting.result,
    ].map(failureOf);
    while (begun < 2) await sleep(50);
    await engine.kill();
    const errors = await Promise.all(work);
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'ENGINE_UNREACHABLE' });
      expect(error.message).toMatch(/connection to .* was lost while/);
    }
    expect(errors[0]?.hint).toContain('may still be running');
    expect(await failureOf(docker.executeCommand(id, ['true']).result)).toMatchObject({ code: 'ENGINE_UNREACHABLE' });

    await engine.start();
    await dockerClient(['rm', '--force', id], engine.env).catch(() => {});
    await using again = await makeContainer({ env: engine.env, command });
    expect((await docker.executeCommand(again.name, ['echo', 'x']).result).exitCode).toBe(0);
  });
});

describe('over TLS', () => {
  let engine: SandboxEngine;
  let docker: ObjDocker;
  beforeAll(async () => {
    engine = await startEngine('--tls');
    await copyBusybox(engine.env);
    docker = dockerAt(engine.env);
  });
  afterAll(async () => {
    docker?.close();
    await engine?.[Symbol.asyncDispose]();
  });

  it('a command reads all input, and its output arrives completely', async () => {
    await using container = await makeContainer({ env: engine.env });
    const bytes = randomBytes(5_000_000);
    const { stdout, exitCode } = await docker.executeCommand(container.name, ['sh', '-c', 'cat; exit 3'], {
      stdin: bytes,
    }).result;
    expect([exitCode, sha256(stdout)]).toEqual([3, sha256(bytes)]);
    const error = await failureOf(docker.executeCommand(container.name, ['sleep', '100'], { timeoutMs: 400 }).result);
    expect(error).toMatchObject({ code: 'TIMEOUT', details: { running: false } });
  });
});

describe('an engine with an unexpected response', () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  interface FakeResponses {
    /** The response about a command. */
    readonly state?: object;
    /** Status and body of the response about the container by its id. */
    readonly container?: readonly [status: number, body: object];
    /** Whether it responds with 404 to the start of a command. */
    readonly refused?: boolean;
  }

  /** An engine with one container, whose commands write `output`. */
  async function fake(output: Buffer, responses: FakeResponses = {}): Promise<ObjDocker> {
    const { state = { Running: false, ExitCode: 0, Pid: 5 }, container, refused = false } = responses;
    server = createServer((request, response) => {
      response.setHeader('Api-Version', '1.45');
      const path = request.url ?? '';
      if (container !== undefined && path.endsWith(`${'a'.repeat(64)}/json`)) {
        response.writeHead(container[0]).end(JSON.stringify(container[1]));
        return;
      }
      const running = { Id: 'a'.repeat(64), Name: '/web', State: { Status: 'running', StartedAt: 'then' }, Config: {} };
      if (path.endsWith('/containers/web/json') || path.includes('/containers/aaa')) {
        response.end(JSON.stringify(path.endsWith('/exec') ? { Id: 'b' } : running));
      } else response.end(path.endsWith('/json') ? JSON.stringify(state) : 'OK');
    });
    server.on('upgrade', (_, socket) => {
      if (refused) {
        socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
        return;
      }
      socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
      socket.end(output);
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return dockerAt({
      DOCKER_HOST: `tcp://127.0.0.1:${port}`,
      DOCKER_TLS_VERIFY: undefined,
      DOCKER_CONTEXT: undefined,
    });
  }

  it.each([
    ['bytes that are not a frame', Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), 'ENGINE_ERROR', 'not an output frame'],
    [
      'an end in the middle of a frame',
      Buffer.from('\x01\0\0\0\0\0\0\x09half', 'latin1'),
      'ENGINE_UNREACHABLE',
      'lost',
    ],
    ['an end in the middle of a header', Buffer.from('\x01\0\0', 'latin1'), 'ENGINE_UNREACHABLE', 'lost'],
    ['an error in a frame', Buffer.from('\x03\0\0\0\0\0\0\x04oops', 'latin1'), 'ENGINE_ERROR', 'oops'],
  ])('fails a command for %s', async (_, output, code, message) => {
    const docker = await fake(output);
    expect(await failureOf(docker.executeCommand('web', ['id']).result)).toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    docker.close();
  });

  it.each([
    ['stopped', { State: { Status: 'exited', StartedAt: 'then' } }, 'INSTANCE_NOT_RUNNING', 'stopped before "id"'],
    [
      'was restarted',
      { State: { Status: 'running', StartedAt: 'now' } },
      'INSTANCE_NOT_RUNNING',
      'stopped before "id"',
    ],
    ['was deleted', undefined, 'INSTANCE_NOT_FOUND', 'was deleted'],
  ])('reports a container that %s when a command does not start', async (_, container, code, message) => {
    // Both engines respond like this: a missing program, or a missing command.
    const text = Buffer.from('OCI runtime exec failed: exec: "id": executable file not found in $PATH: unknown\r\n');
    const frame = Buffer.from([1, 0, 0, 0, 0, 0, 0, text.length]);
    for (const refused of [true, false]) {
      const docker = await fake(Buffer.concat([frame, text]), {
        state: { Running: false, ExitCode: 127, Pid: 0 },
        container: [container === undefined ? 404 : 200, { Id: 'a'.repeat(64), Name: '/web', ...container }],
        refused,
      });
      expect(await failureOf(docker.executeCommand('web', ['id']).result)).toMatchObject({
        code,
        message: expect.stringContaining(message),
      });
      docker.close();
      server?.closeAllConnections();
      server?.close();
    }
  });

  it('fails with EXEC_NOT_EXECUTABLE without a reason', async () => {
    const docker = await fake(Buffer.alloc(0), { state: { Running: false, ExitCode: 126, Pid: 0 } });
    expect(await failureOf(docker.executeCommand('web', ['id']).result)).toMatchObject({ code: 'EXEC_NOT_EXECUTABLE' });
    docker.close();
  });
});

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
