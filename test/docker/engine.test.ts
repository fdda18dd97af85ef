import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectEngine } from '../../src/docker/connection/connect.ts';
import { discoverEngine } from '../../src/docker/connection/endpoint.ts';
import type { Engine } from '../../src/docker/connection/engine.ts';
import { ROOT } from '../harness/cli.ts';
import { type SandboxEngine, startEngine } from '../harness/sandbox.ts';

const run = promisify(execFile);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'objdocker-engine-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function connect(env: Record<string, string | undefined>): Promise<Engine> {
  const environment = { env: { ...process.env, ...env }, home: folder };
  return connectEngine(await discoverEngine({ environment }), { environment });
}

describe('the sandbox engine', () => {
  it('is described like by docker version', async () => {
    const engine = await connect({});
    const { stdout } = await run('docker', [
      'version',
      '--format',
      '{{.Server.Version}} {{.Server.APIVersion}} {{.Server.Arch}}',
    ]);
    const info = await engine.info();
    expect(`${info.version} ${info.apiVersion} ${info.arch}`).toBe(stdout.trim());
    expect(engine.description).toBe(`Docker Engine ${info.version} at ${process.env.DOCKER_HOST}`);
    const { stdout: root } = await run('docker', ['info', '--format', '{{.DockerRootDir}}']);
    expect(info.dataRoot).toBe(root.trim());
    expect(info.containerdStore).toBe(true);
    expect(info.insecureRegistries).toContain('127.0.0.0/8');
  });

  it('has the base image, and not an unknown one', async () => {
    const engine = await connect({});
    const image = await engine.inspectImage('localhost/python:3.11-slim-bookworm');
    expect(image).toMatchObject({ os: 'linux', tags: expect.arrayContaining(['localhost/python:3.11-slim-bookworm']) });
    expect(image?.layers.length).toBeGreaterThan(0);
    expect(await engine.inspectImage('objdocker-test/none:none')).toBeUndefined();
  });

  it('is reached over ssh with docker system dial-stdio', async () => {
    const log = join(folder, 'ssh-arguments');
    writeFileSync(
      join(folder, 'ssh'),
      // What comes after `--` is the host and the command, which ssh hands to a shell on the other machine.
      `#!/bin/bash\nprintf '%s\\n' "$*" >>${log}\nwhile [ "$1" != -- ]; do shift; done\nDOCKER_HOST=${process.env.DOCKER_HOST} exec sh -c "$3"\n`,
    );
    chmodSync(join(folder, 'ssh'), 0o755);
    const engine = await connect({ DOCKER_HOST: 'ssh://me@elsewhere:2222', PATH: `${folder}:${process.env.PATH}` });
    expect((await engine.info()).containerdStore).toBe(true);
    expect(await engine.inspectImage('localhost/python:3.11-slim-bookworm')).toBeDefined();
    const { stdout } = await run('head', ['-n', '1', log]);
    expect(stdout.trim()).toBe('-o ConnectTimeout=30 -T -l me -p 2222 -- elsewhere docker system dial-stdio');
    engine.close();
  });

  it('does not keep a process alive', async () => {
    const script = `
      import { connectEngine } from '${ROOT}/src/docker/connection/connect.ts';
      import { discoverEngine } from '${ROOT}/src/docker/connection/endpoint.ts';
      const environment = { env: process.env, home: '/nonexistent' };
      const engine = await connectEngine(await discoverEngine({ environment }), { environment });
      console.log((await engine.info()).apiVersion);`;
    const { stdout } = await run(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      cwd: ROOT,
      timeout: 120_000,
    });
    expect(stdout).toMatch(/^\d+\.\d+/);
  });

  it('reports a user without permission on its socket', async () => {
    const script = `
      import { connectEngine } from '${ROOT}/src/docker/connection/connect.ts';
      import { discoverEngine } from '${ROOT}/src/docker/connection/endpoint.ts';
      process.setgroups([]); process.setgid(65534); process.setuid(65534);
      const environment = { env: process.env, home: '/nonexistent' };
      await connectEngine(await discoverEngine({ environment }), { environment }).catch((error) => console.log(JSON.stringify(error)));`;
    const { stdout } = await run(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      cwd: ROOT,
    });
    expect(JSON.parse(stdout)).toMatchObject({
      code: 'ENGINE_PERMISSION',
      hint: expect.stringContaining('usermod -aG docker'),
    });
  });
});

describe('an engine with TLS', () => {
  let engine: SandboxEngine;
  beforeAll(async () => {
    engine = await startEngine('--tls');
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  it('is reached with the certificates of DOCKER_CERT_PATH', async () => {
    const connected = await connect(engine.env);
    expect(connected.endpoint.tls?.verify).toBe(true);
    expect((await connected.info()).name).not.toBe('');
  });

  it('is reached through a docker context', async () => {
    const config = join(folder, 'docker-config');
    const { DOCKER_HOST = '', DOCKER_CERT_PATH: certs } = engine.env;
    const files = `ca=${certs}/ca.pem,cert=${certs}/cert.pem,key=${certs}/key.pem`;
    const env = { ...process.env, DOCKER_CONFIG: config, DOCKER_HOST: undefined, DOCKER_TLS_VERIFY: undefined };
    await run('docker', ['context', 'create', 'secure', '--docker', `host=${DOCKER_HOST},${files}`], { env });
    const environment = { env, home: folder };
    const endpoint = await discoverEngine({ environment, context: 'secure' });
    const connected = await connectEngine(endpoint, { environment });
    expect((await connected.info()).name).not.toBe('');
  });

  it('requires a client certificate', async () => {
    const onlyCa = mkdtempSync(join(folder, 'ca-'));
    const { stdout } = await run('cat', [`${engine.env.DOCKER_CERT_PATH}/ca.pem`]);
    writeFileSync(join(onlyCa, 'ca.pem'), stdout);
    await expect(connect({ ...engine.env, DOCKER_CERT_PATH: onlyCa })).rejects.toMatchObject({
      code: 'ENGINE_TLS',
      message: expect.stringContaining('client certificate'),
    });
  });

  it('hints at TLS for a request in plain HTTP', async () => {
    await expect(connect({ ...engine.env, DOCKER_TLS_VERIFY: undefined })).rejects.toMatchObject({
      code: 'ENGINE_TLS',
      hint: expect.stringContaining('DOCKER_TLS_VERIFY=1'),
    });
  });
});
