import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serve, serveRaw, type TestResponse, type TestServer } from '../../../test/harness/registry-server.ts';
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

/** Connects to a DOCKER_HOST and returns the error. */
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

describe('connectEngine over a unix socket', () => {
  it('says that the socket does not exist', async () => {
    const error = await failure(`unix://${folder}/none.sock`);
    expect(error).toMatchObject({ code: 'ENGINE_UNREACHABLE', message: expect.stringContaining('does not exist') });
    expect(error.message).toContain('DOCKER_HOST');
  });

  it('hints how to start an engine that is installed but stopped', async () => {
    writeFileSync(join(folder, 'dockerd'), '');
    chmodSync(join(folder, 'dockerd'), 0o755);
    const error = await failure(`unix://${folder}/none.sock`, { PATH: folder });
    expect(error.hint).toMatch(/installed but not running. Start it: sudo /);
  });

  it('hints at the socket of a rootless engine', async () => {
    writeFileSync(join(folder, 'docker.sock'), '');
    const error = await failure(`unix://${folder}/none.sock`, { XDG_RUNTIME_DIR: folder });
    expect(error.hint).toContain(`export DOCKER_HOST=unix://${folder}/docker.sock`);
  });

  it('says that nothing listens on a stale socket', async () => {
    const socket = join(folder, 'stale.sock');
    const server = createServer().listen(socket);
    await new Promise((resolve) => server.once('listening', resolve));
    // Closing the server removes its file, but not a hard link to it.
    const { linkSync } = await import('node:fs');
    linkSync(socket, join(folder, 'left.sock'));
    await new Promise((resolve) => server.close(resolve));
    const error = await failure(`unix://${folder}/left.sock`);
    expect(error).toMatchObject({ code: 'ENGINE_UNREACHABLE', message: expect.stringContaining('nothing listens') });
  });

  it('fails for a path that is too long', async () => {
    const error = await failure(`unix:///${'x'.repeat(200)}`);
    expect(error).toMatchObject({ code: 'ENGINE_UNREACHABLE' });
  });
});

describe('connectEngine over tcp', () => {
  const respond =
    (headers: Record<string, string>, status = 200) =>
    (): TestResponse => ({ status, headers, body: 'OK' });

  it('fails when nothing listens on the port', async () => {
    const server = await serve(respond({}));
    await server[Symbol.asyncDispose]();
    expect(await failure(at(server))).toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: expect.stringContaining('connection refused'),
    });
  });

  it('fails when the host name does not resolve', async () => {
    expect(await failure('tcp://no-such-host.invalid:2375')).toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: expect.stringContaining('does not resolve'),
    });
  });

  it('fails when the server does not respond before the deadline', async () => {
    const server = keep(await serveRaw(() => {}));
    expect(await failure(at(server), {}, 200)).toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: expect.stringContaining('0.2 s'),
    });
  });

  it('fails for an HTTP server that is not a container engine', async () => {
    const server = keep(await serve(respond({})));
    expect(await failure(at(server))).toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: expect.stringContaining('is not a container engine'),
    });
  });

  it('fails for a server that does not speak HTTP', async () => {
    const server = keep(await serveRaw((socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n')));
    expect(await failure(at(server))).toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: expect.stringContaining('does not speak HTTP'),
    });
  });

  it('fails for an engine that is too old', async () => {
    const server = keep(await serve(respond({ 'Api-Version': '1.40' })));
    expect(await failure(at(server))).toMatchObject({
      code: 'ENGINE_TOO_OLD',
      message: expect.stringContaining('1.40'),
    });
  });

  it('reports the reason of an authorization plugin', async () => {
    const server = keep(await serve(() => ({ status: 403, body: '{"message":"authorization denied by plugin x"}' })));
    expect(await failure(at(server))).toMatchObject({
      code: 'ENGINE_PERMISSION',
      message: expect.stringContaining('plugin x'),
    });
  });
});

describe('connectEngine over TLS', () => {
  const tls = makeTlsFiles();
  const ping = () => ({ status: 200, headers: { 'Api-Version': '1.45' }, body: '{}' });
  /** The environment variables that make a client verify with this CA. */
  const verify = ({ ca }: TlsFiles) => {
    writeFileSync(join(folder, 'ca.pem'), ca);
    return { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder };
  };

  it('rejects a certificate of an unknown CA', async () => {
    const server = keep(await serve(ping, tls));
    expect(await failure(at(server), verify(makeTlsFiles()))).toMatchObject({
      code: 'ENGINE_TLS',
      message: expect.stringContaining('not signed by a trusted CA'),
      hint: expect.stringContaining(`${folder}/ca.pem`),
    });
  });

  it('rejects a certificate that expired or is for another host name', async () => {
    const expired = makeTlsFiles({ days: -1 });
    const other = makeTlsFiles({ names: 'DNS:other.example' });
    const first = keep(await serve(ping, expired));
    const second = keep(await serve(ping, other));
    expect((await failure(at(first), verify(expired))).message).toContain('has expired');
    expect((await failure(at(second), verify(other))).message).toContain('another host name');
  });

  it('says that the engine uses plain HTTP', async () => {
    const server = keep(await serve(ping));
    expect(await failure(at(server), verify(tls))).toMatchObject({
      code: 'ENGINE_TLS',
      message: expect.stringContaining('uses plain HTTP'),
    });
  });

  it('hints at DOCKER_TLS_VERIFY when the engine requires TLS', async () => {
    const server = keep(
      await serve(() => ({ status: 400, body: 'Client sent an HTTP request to an HTTPS server.\n' })),
    );
    expect(await failure(at(server))).toMatchObject({
      code: 'ENGINE_TLS',
      hint: expect.stringContaining('DOCKER_TLS_VERIFY=1'),
    });
  });

  it('rejects files that are not PEM', async () => {
    writeFileSync(join(folder, 'ca.pem'), 'nonsense');
    writeFileSync(join(folder, 'cert.pem'), 'nonsense');
    const error = await failure('tcp://127.0.0.1:1', { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder });
    expect(error).toMatchObject({ code: 'ENGINE_TLS', message: expect.stringContaining(folder) });
  });
});

describe('connectEngine over ssh', () => {
  /** Puts an `ssh` on PATH that fails like the real one. */
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
    ['echo "bash: docker: command not found" >&2; exit 127', 'ENGINE_UNREACHABLE', 'no docker command'],
  ])('explains a failure of: %s', async (script, code, text) => {
    const error = await failure('ssh://me@h', withSsh(script), 5_000);
    expect(error).toMatchObject({ code, message: expect.stringContaining(text) });
  });

  it('says that ssh is not installed', async () => {
    expect(await failure('ssh://me@h', { PATH: '/nonexistent' }, 5_000)).toMatchObject({ code: 'COMMAND_NOT_FOUND' });
  });
});
