import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, serve, serveRaw, type TestServer } from '../../../test/harness/registry-server.ts';
import { makeTlsFiles, type TlsFiles } from '../../../test/harness/tls-certificates.ts';
import type { ObjDockerError } from '../../errors.ts';
import { connectEngine } from './connect.ts';
import { discoverEngine } from './endpoint.ts';

const open: AsyncDisposable[] = [];
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'objdocker-engine-'));
});
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

function keep(server: TestServer): TestServer {
  open.push(server);
  return server;
}

/** Connects to what DOCKER_HOST names and returns the error. */
async function failure(
  dockerHost: string,
  env: Record<string, string> = {},
  timeoutMs?: number,
): Promise<ObjDockerError> {
  const environment = { env: { PATH: '', ...env, DOCKER_HOST: dockerHost }, home: folder };
  const endpoint = await discoverEngine({ environment });
  return connectEngine(endpoint, { environment, timeoutMs }).then(
    () => expect.fail('it connected'),
    (error) => error,
  );
}

const at = (server: TestServer) => `tcp://${server.host}`;

describe('a unix socket', () => {
  it('that is not there: how to get an engine', async () => {
    const error = await failure(`unix://${folder}/none.sock`);
    expect(error).toMatchObject({ code: 'ENGINE_UNREACHABLE', message: expect.stringContaining('there is no socket') });
    expect(error.message).toContain('DOCKER_HOST');
  });

  it('of an engine that is installed but stopped: how to start it', async () => {
    writeFileSync(join(folder, 'dockerd'), '');
    chmodSync(join(folder, 'dockerd'), 0o755);
    const error = await failure(`unix://${folder}/none.sock`, { PATH: folder });
    expect(error.hint).toMatch(/installed but not running. Start it: sudo /);
  });

  it('when a rootless engine has another one', async () => {
    writeFileSync(join(folder, 'docker.sock'), '');
    const error = await failure(`unix://${folder}/none.sock`, { XDG_RUNTIME_DIR: folder });
    expect(error.hint).toContain(`export DOCKER_HOST=unix://${folder}/docker.sock`);
  });

  it('that nobody listens on any more', async () => {
    const socket = join(folder, 'stale.sock');
    const server = createServer().listen(socket);
    await new Promise((resolve) => server.once('listening', resolve));
    // Closing would remove the file; a copy of its inode stays behind.
    const { linkSync } = await import('node:fs');
    linkSync(socket, join(folder, 'left.sock'));
    await new Promise((resolve) => server.close(resolve));
    const error = await failure(`unix://${folder}/left.sock`);
    expect(error).toMatchObject({ code: 'ENGINE_UNREACHABLE', message: expect.stringContaining('nobody listens') });
  });

  it('whose path is too long', async () => {
    const error = await failure(`unix:///${'x'.repeat(200)}`);
    expect(error).toMatchObject({ code: 'ENGINE_UNREACHABLE' });
  });
});

describe('a tcp address', () => {
  const engineAnswers =
    (headers: Record<string, string>, status = 200) =>
    (): Answer => ({ status, headers, body: 'OK' });

  it('where nothing listens', async () => {
    const server = await serve(engineAnswers({}));
    await server[Symbol.asyncDispose]();
    expect(await failure(at(server))).toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: expect.stringContaining('refuses'),
    });
  });

  it('whose name does not resolve', async () => {
    expect(await failure('tcp://no-such-host.invalid:2375')).toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: expect.stringContaining('does not resolve'),
    });
  });

  it('that never answers', async () => {
    const server = keep(await serveRaw(() => {}));
    expect(await failure(at(server), {}, 200)).toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: expect.stringContaining('0.2 s'),
    });
  });

  it('of something else that speaks HTTP', async () => {
    const server = keep(await serve(engineAnswers({})));
    expect(await failure(at(server))).toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: expect.stringContaining('no container engine'),
    });
  });

  it('of something that does not speak HTTP', async () => {
    const server = keep(await serveRaw((socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n')));
    expect(await failure(at(server))).toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: expect.stringContaining('does not speak HTTP'),
    });
  });

  it('of an engine that is too old', async () => {
    const server = keep(await serve(engineAnswers({ 'Api-Version': '1.40' })));
    expect(await failure(at(server))).toMatchObject({
      code: 'ENGINE_TOO_OLD',
      message: expect.stringContaining('1.40'),
    });
  });

  it('of an engine behind an authorization plugin', async () => {
    const server = keep(await serve(() => ({ status: 403, body: '{"message":"authorization denied by plugin x"}' })));
    expect(await failure(at(server))).toMatchObject({
      code: 'ENGINE_PERMISSION',
      message: expect.stringContaining('plugin x'),
    });
  });
});

describe('TLS', () => {
  const tls = makeTlsFiles();
  const ping = () => ({ status: 200, headers: { 'Api-Version': '1.45' }, body: '{}' });
  /** The variables that make a client verify with this CA. */
  const verify = ({ ca }: TlsFiles) => {
    writeFileSync(join(folder, 'ca.pem'), ca);
    return { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder };
  };

  it('of an unknown authority', async () => {
    const server = keep(await serve(ping, tls));
    expect(await failure(at(server), verify(makeTlsFiles()))).toMatchObject({
      code: 'ENGINE_TLS',
      message: expect.stringContaining('not signed by a CA'),
      hint: expect.stringContaining(`${folder}/ca.pem`),
    });
  });

  it('with an expired certificate, or one for another name', async () => {
    const expired = makeTlsFiles({ days: -1 });
    const other = makeTlsFiles({ names: 'DNS:other.example' });
    const first = keep(await serve(ping, expired));
    const second = keep(await serve(ping, other));
    expect((await failure(at(first), verify(expired))).message).toContain('has expired');
    expect((await failure(at(second), verify(other))).message).toContain('another host name');
  });

  it('asked of an engine without', async () => {
    const server = keep(await serve(ping));
    expect(await failure(at(server), verify(tls))).toMatchObject({
      code: 'ENGINE_TLS',
      message: expect.stringContaining('speaks plain HTTP'),
    });
  });

  it('not asked of an engine with', async () => {
    const server = keep(
      await serve(() => ({ status: 400, body: 'Client sent an HTTP request to an HTTPS server.\n' })),
    );
    expect(await failure(at(server))).toMatchObject({
      code: 'ENGINE_TLS',
      hint: expect.stringContaining('DOCKER_TLS_VERIFY=1'),
    });
  });

  it('with files that are no PEM', async () => {
    writeFileSync(join(folder, 'ca.pem'), 'nonsense');
    writeFileSync(join(folder, 'cert.pem'), 'nonsense');
    const error = await failure('tcp://127.0.0.1:1', { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder });
    expect(error).toMatchObject({ code: 'ENGINE_TLS', message: expect.stringContaining(folder) });
  });
});

describe('ssh', () => {
  /** An `ssh` on PATH that fails as the real one does. */
  const withSsh = (script: string) => {
    writeFileSync(join(folder, 'ssh'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, 'ssh'), 0o755);
    return { PATH: `${folder}:${process.env.PATH}` };
  };

  it.each([
    [
      'echo "ssh: Could not resolve hostname h: Name or service not known" >&2; exit 255',
      'ENGINE_UNREACHABLE',
      'Could not resolve',
    ],
    ['echo "me@h: Permission denied (publickey)." >&2; exit 255', 'ENGINE_PERMISSION', 'Permission denied'],
    ['echo "Host key verification failed." >&2; exit 255', 'ENGINE_PERMISSION', 'Host key'],
    ['echo "bash: docker: command not found" >&2; exit 127', 'ENGINE_UNREACHABLE', 'no docker program'],
  ])('%s', async (script, code, said) => {
    const error = await failure('ssh://me@h', withSsh(script), 5_000);
    expect(error).toMatchObject({ code, message: expect.stringContaining(said) });
  });

  it('that is not installed', async () => {
    expect(await failure('ssh://me@h', { PATH: '/nonexistent' }, 5_000)).toMatchObject({ code: 'COMMAND_NOT_FOUND' });
  });
});
