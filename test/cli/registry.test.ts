import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliResult, objdocker } from '../harness/cli.ts';
import { startHarbor } from '../harness/harbor-server.ts';
import { type ConfigOptions, configYaml, createProject } from '../harness/project.ts';
import { serve } from '../harness/registry-server.ts';
import { docker, type SandboxRegistry, startRegistry } from '../harness/sandbox.ts';

const USER = { username: 'robot$axion+ci', password: 'correct horse' };

let locked: SandboxRegistry;
let encrypted: SandboxRegistry;

beforeAll(async () => {
  locked = await startRegistry(USER);
  encrypted = await startRegistry({ tls: true });
});

afterAll(async () => {
  await locked[Symbol.asyncDispose]();
  await encrypted[Symbol.asyncDispose]();
});

/** Runs commands in a folder that holds a config with that registry and a Dockerfile of one image. */
async function inProject(
  config: ConfigOptions & { readonly registry?: Record<string, unknown> },
  ...commands: readonly (readonly string[])[]
): Promise<CliResult[]> {
  const written = JSON.parse(configYaml(config));
  Object.assign(written.shop.deployment.registry, config.registry);
  await using project = await createProject({
    'config.yaml': JSON.stringify(written),
    Dockerfile: 'FROM scratch\nCOPY file /file\n',
    file: 'content',
  });
  const results: CliResult[] = [];
  for (const command of commands) results.push(await objdocker(command, { cwd: project.directory }));
  return results;
}

describe('objdocker registry', () => {
  it('accepts the right password', async () => {
    const [probe] = await inProject({ host: locked.host, ...USER }, ['registry', '--json']);
    expect(probe?.code, probe?.stderr).toBe(0);
    expect(JSON.parse(probe?.stdout ?? '')).toMatchObject({ status: 'healthy', type: 'plain', host: locked.host });
  });

  it('distinguishes a wrong password from a missing one: both exit 4', async () => {
    const [wrong] = await inProject({ host: locked.host, ...USER, password: 'wrong battery' }, ['registry']);
    const [missing] = await inProject({ host: locked.host }, ['registry']);
    expect([wrong?.code, missing?.code]).toEqual([4, 4]);
    expect(wrong?.stdout).toMatch(/password|credentials/i);
    expect(wrong?.stdout).not.toBe(missing?.stdout);
    expect(`${wrong?.stdout}${wrong?.stderr}`).not.toContain('wrong battery');
  });

  it('reports an unknown certificate authority, and uses the one in the config', async () => {
    const mirrors = { [encrypted.host]: { endpoint: `https://${encrypted.host}` } };
    const [untrusted] = await inProject({ host: encrypted.host, registry: { mirrors } }, ['registry', '--json']);
    expect(untrusted?.code).toBe(3);
    expect(JSON.parse(untrusted?.stdout ?? '').findings).toContainEqual(
      expect.objectContaining({
        code: 'REGISTRY_CERTIFICATE',
        hint: expect.stringContaining('deployment.registry.ca'),
      }),
    );
    const ca = `${encrypted.directory}/tls/ca.pem`;
    const [trusted] = await inProject({ host: encrypted.host, registry: { mirrors, ca } }, ['registry']);
    expect(trusted?.code, trusted?.stdout).toBe(0);
    const [unchecked] = await inProject({ host: encrypted.host, registry: { mirrors, insecureSkipVerify: true } }, [
      'registry',
    ]);
    expect(unchecked?.code).toBe(0);
    expect(unchecked?.stdout).toMatch(/not checked/);
  });

  it('reports http for https, and https for http', async () => {
    const [http] = await inProject({ host: encrypted.host }, ['registry', '--json']);
    const [https] = await inProject(
      { host: locked.host, registry: { mirrors: { [locked.host]: { endpoint: `https://${locked.host}` } } } },
      ['registry', '--json'],
    );
    for (const probe of [http, https]) {
      expect(probe?.code).toBe(3);
      expect(JSON.parse(probe?.stdout ?? '').findings).toContainEqual(
        expect.objectContaining({ code: 'REGISTRY_WRONG_SCHEME' }),
      );
    }
  });

  it('prints what a server sends with its control characters escaped', async () => {
    const evil = '\u001b[2J\u009b31m\r::error::x';
    const bodies: Record<string, unknown> = {
      '/api/v2.0/health': { status: evil, components: [{ name: evil, status: evil, error: evil }] },
      '/api/v2.0/systeminfo': { harbor_version: evil },
    };
    await using server = await serve(({ url }) => ({ status: 200, body: JSON.stringify(bodies[url] ?? evil) }));
    const [text, json] = await inProject(
      { host: server.host, type: 'harbor', project: 'axion', ...USER },
      ['registry'],
      ['registry', '--json'],
    );
    const raw = /[\u001b\u009b\r]/;
    for (const printed of [text, json]) expect(`${printed?.stdout}${printed?.stderr}`).not.toMatch(raw);
    expect(text?.stdout).toContain('Harbor \\e[2J\\x9b31m\\r');
    expect(JSON.parse(json?.stdout ?? '').version).toBe(evil);
  });

  it('reports a plain registry that is configured as Harbor: exit 3', async () => {
    const [probe] = await inProject({ host: locked.host, type: 'harbor', project: 'axion', ...USER }, [
      'registry',
      '--json',
    ]);
    expect(probe?.code).toBe(3);
    expect(JSON.parse(probe?.stdout ?? '').findings).toContainEqual(
      expect.objectContaining({ code: 'REGISTRY_NOT_HARBOR' }),
    );
  });

  it('says the one thing that is wrong first, and lists components only when one is ill', async () => {
    await using harbor = await startHarbor();
    const config = { host: harbor.host, type: 'harbor' as const, project: 'axion' };
    const [wrong] = await inProject({ ...config, username: 'admin', password: 'Wrong1234' }, ['registry']);
    expect(wrong?.code).toBe(4);
    expect(wrong?.stdout.split('\n')[1]).toContain('rejects the credentials of admin: wrong user or password');
    expect(wrong?.stdout).not.toMatch(/unhealthy|• core/);
    await harbor.setDown('jobservice');
    const [ill] = await inProject({ ...config, ...harbor.admin }, ['registry']);
    expect(ill?.code).toBe(1);
    expect(ill?.stdout).toMatch(/: unhealthy\n✗ Harbor .* jobservice[\s\S]*• jobservice unhealthy/);
  });

  it('shows neither version nor components of a host that is no registry', async () => {
    await using server = await serve(() => ({ status: 404, body: 'not found' }));
    const [probe] = await inProject({ host: server.host, type: 'harbor', project: 'axion', ...USER }, ['registry']);
    expect(probe?.code).toBe(3);
    expect(probe?.stdout.split('\n').slice(0, 2).join(' ')).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+: unusable ✗ 127\.0\.0\.1:\d+ speaks HTTP, but is neither a Harbor nor another/,
    );
    expect(probe?.stdout).not.toContain('•');
  });

  it('probes a host by name without any config', async () => {
    await using empty = await createProject({});
    const probe = await objdocker(['registry', String(process.env.OBJDOCKER_SANDBOX_REGISTRY)], {
      cwd: empty.directory,
    });
    expect(probe).toMatchObject({ code: 0, stdout: expect.stringContaining('healthy') });

    const closed = await objdocker(['registry', locked.host], { cwd: empty.directory });
    expect(closed, 'a registry that requires a login is healthy').toMatchObject({ code: 0 });
    expect(closed.stdout).toContain('docker login');
  });
});

describe('objdocker push', () => {
  it('pushes with the right password, and fails with a wrong one: exit 4', async () => {
    const reference = `${locked.host}/axion-shop:test`;
    const [build, push, listed] = await inProject(
      { host: locked.host, ...USER },
      ['build'],
      ['push', '--json'],
      ['preflight', '--json'],
    );
    const [refused] = await inProject({ host: locked.host, ...USER, password: 'wrong battery' }, ['push', '--json']);
    await docker(['rmi', '--force', reference]);
    expect(build?.code, build?.stderr).toBe(0);
    expect(push?.code, push?.stderr).toBe(0);
    expect(JSON.parse(push?.stdout ?? '').images).toEqual([
      expect.objectContaining({ reference, digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) }),
    ]);
    expect(JSON.parse(listed?.stdout ?? '')).toMatchObject({ ok: true });
    expect(refused?.code).toBe(4);
    expect(JSON.parse(refused?.stdout ?? '').error).toMatchObject({ code: 'REGISTRY_UNAUTHORIZED', notPushed: [] });
  });

  it('names the build command for a missing image: exit 3', async () => {
    const [push] = await inProject({ host: locked.host, tag: 'never-built' }, ['push', '--json']);
    expect(push?.code).toBe(3);
    expect(JSON.parse(push?.stdout ?? '').error).toMatchObject({
      code: 'IMAGE_NOT_BUILT',
      hint: expect.stringContaining('objdocker build'),
    });
  });
});
