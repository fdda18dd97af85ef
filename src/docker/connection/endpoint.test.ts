import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sshArguments } from './dial.ts';
import { type DiscoverEngineOptions, discoverEngine, type EngineEndpoint } from './endpoint.ts';
import { engineEnvironment } from './environment.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'objdocker-home-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function write(path: string, text: string): void {
  const file = join(home, '.docker', path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
}

function context(name: string, host: string, tls: Record<string, string> = {}): void {
  const id = createHash('sha256').update(name).digest('hex');
  const endpoint = { Host: host, SkipTLSVerify: false };
  write(`contexts/meta/${id}/meta.json`, JSON.stringify({ Name: name, Metadata: {}, Endpoints: { docker: endpoint } }));
  for (const [file, text] of Object.entries(tls)) write(`contexts/tls/${id}/docker/${file}`, text);
}

function find(
  env: Record<string, string> = {},
  flags: Pick<DiscoverEngineOptions, 'context' | 'hostFlag'> = {},
): Promise<EngineEndpoint> {
  return discoverEngine({ environment: { env, home }, ...flags });
}

describe('discoverEngine follows the order of the docker CLI', () => {
  const everything = { DOCKER_HOST: 'tcp://env:2375', DOCKER_CONTEXT: 'from-env' };
  beforeEach(() => {
    context('from-flag', 'tcp://flag:2375');
    context('from-env', 'tcp://env-context:2375');
    context('current', 'tcp://current:2375');
    write('config.json', JSON.stringify({ currentContext: 'current' }));
  });

  it.each([
    ['--context', everything, { context: 'from-flag' }, 'tcp://flag:2375', '--context from-flag'],
    ['-H', everything, { hostFlag: 'tcp://host-flag:1' }, 'tcp://host-flag:1', '-H'],
    ['DOCKER_HOST', everything, {}, 'tcp://env:2375', 'DOCKER_HOST'],
    ['DOCKER_CONTEXT', { DOCKER_CONTEXT: 'from-env', DOCKER_HOST: '' }, {}, 'tcp://env-context:2375', 'DOCKER_CONTEXT'],
    ['the current context', {}, {}, 'tcp://current:2375', 'currentContext'],
  ])('takes %s', async (_name, env, flags, url, source) => {
    const endpoint = await find(env, flags);
    expect(endpoint.url).toBe(url);
    expect(endpoint.source).toContain(source);
  });

  it('falls back to the default socket', async () => {
    write('config.json', '{}');
    expect(await find()).toMatchObject({ url: 'unix:///var/run/docker.sock', source: 'the default socket' });
  });

  it('reads the context "default" as DOCKER_HOST, then the default socket', async () => {
    expect((await find(everything, { context: 'default' })).url).toBe('tcp://env:2375');
    expect((await find({}, { context: 'default' })).url).toBe('unix:///var/run/docker.sock');
  });

  it('rejects --context together with -H', async () => {
    await expect(find({}, { context: 'a', hostFlag: 'b' })).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('suggests a near name for an unknown context', async () => {
    await expect(find({}, { context: 'from-flga' })).rejects.toMatchObject({
      code: 'ENGINE_CONTEXT_INVALID',
      message: expect.stringContaining('did you mean "from-flag"'),
      hint: expect.stringContaining('current, from-env, from-flag'),
    });
  });

  it('ignores a broken config.json, like docker', async () => {
    write('config.json', '{ not json');
    expect((await find()).source).toBe('the default socket');
  });
});

describe('an engine address', () => {
  it.each([
    ['unix:///run/user/1000/docker.sock', 'unix:///run/user/1000/docker.sock'],
    ['unix://', 'unix:///var/run/docker.sock'],
    ['tcp://10.0.0.5', 'tcp://10.0.0.5:2375'],
    ['10.0.0.5:2375', 'tcp://10.0.0.5:2375'],
    ['tcp://[::1]:2375', 'tcp://[::1]:2375'],
    ['http://127.0.0.1:8080/', 'tcp://127.0.0.1:8080'],
    ['tcp://127.0.0.1:80', 'tcp://127.0.0.1:80'],
    ['ssh://deploy@build.example:2222', 'ssh://deploy@build.example:2222'],
    ['ssh://build.example/run/user/5/docker.sock', 'ssh://build.example/run/user/5/docker.sock'],
  ])('%s is read as %s', async (written, url) => expect((await find({ DOCKER_HOST: written })).url).toBe(url));

  it.each([
    ['npipe:////./pipe/docker_engine', 'Windows'],
    ['ftp://x', 'unknown scheme'],
    ['tcp://', 'host:port'],
    ['tcp://host:99999', 'host:port'],
    ['ssh://', 'no host name'],
    ['ssh://-oProxyCommand=evil', 'host'],
    ['ssh://user:s3cret@host', 'contains a password'],
  ])('%s is rejected', async (written, reason) => {
    const error = await find({ DOCKER_HOST: written }).catch((failure) => failure);
    expect(error).toMatchObject({ code: 'ENGINE_CONTEXT_INVALID', message: expect.stringContaining(reason) });
    expect(error.message).not.toContain('s3cret');
  });

  it.each([
    'http://u:hunter22@h',
    'tcp://u:hunter22@127.0.0.1:9',
    'foo://u:hunt/er22@h',
    'u:hunter22@h:x',
    'ssh://u:hunter22@h',
  ])('%s is rejected without showing the password', async (hostFlag) => {
    const error = await find({}, { hostFlag }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ENGINE_CONTEXT_INVALID' });
    expect(`${String(error)}${JSON.stringify(error)}`).not.toMatch(/hunt|er22/);
  });

  it('with ssh gives the command line of the docker CLI, quoted for a shell', async () => {
    const { address } = await find({ DOCKER_HOST: 'ssh://me@h:22/run/my%20docker.sock' });
    expect(address.kind === 'ssh' && sshArguments(address)).toEqual([
      ...['-o', 'ConnectTimeout=30', '-T', '-l', 'me', '-p', '22', '--', 'h'],
      "docker --host='unix:///run/my docker.sock' system dial-stdio",
    ]);
  });
});

describe('TLS of an endpoint', () => {
  const pem = { 'ca.pem': 'CA', 'cert.pem': 'CERT', 'key.pem': 'KEY-MATERIAL' };
  const folder = () => join(home, '.docker');

  it('is on for any value of DOCKER_TLS_VERIFY except the empty one, with port 2376', async () => {
    for (const [name, text] of Object.entries(pem)) write(name, text);
    const verified = await find({ DOCKER_HOST: 'tcp://h', DOCKER_TLS_VERIFY: '0' });
    expect(verified).toMatchObject({
      url: 'tcp://h:2376',
      tls: { verify: true, ca: 'CA', cert: 'CERT', directory: folder() },
    });
    expect((await find({ DOCKER_HOST: 'tcp://h', DOCKER_TLS: '1' })).tls?.verify).toBe(false);
    expect((await find({ DOCKER_HOST: 'tcp://h', DOCKER_TLS_VERIFY: '' })).tls).toBeUndefined();
    expect(inspect(verified, { depth: 9 })).not.toContain('KEY-MATERIAL');
  });

  it('fails when DOCKER_TLS_VERIFY is set and the CA file does not exist', async () => {
    await expect(
      find({ DOCKER_HOST: 'tcp://h', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/nonexistent' }),
    ).rejects.toMatchObject({ code: 'ENGINE_TLS', message: expect.stringContaining('/nonexistent/ca.pem') });
  });

  it('is read from a context', async () => {
    context('secure', 'tcp://h:2376', pem);
    expect(await find({}, { context: 'secure' })).toMatchObject({
      contextName: 'secure',
      tls: { verify: true, ca: 'CA' },
    });
  });
});

describe('engineEnvironment', () => {
  const base = { PATH: '/bin', DOCKER_HOST: 'tcp://old:1', DOCKER_CONTEXT: 'old' };

  it('passes a context as DOCKER_CONTEXT and unsets DOCKER_HOST', async () => {
    context('prod', 'tcp://prod:2375');
    expect(engineEnvironment(await find(base, { context: 'prod' }), base)).toEqual({
      PATH: '/bin',
      DOCKER_CONTEXT: 'prod',
      DOCKER_HOST: undefined,
    });
  });

  it('passes -H as DOCKER_HOST', async () => {
    const env = engineEnvironment(await find(base, { hostFlag: 'tcp://new:2' }), base);
    expect(env).toMatchObject({ DOCKER_HOST: 'tcp://new:2', DOCKER_CONTEXT: undefined });
  });

  it('passes the TLS variables', async () => {
    write('ca.pem', 'CA');
    const tls = { DOCKER_HOST: 'tcp://h', DOCKER_TLS_VERIFY: '1' };
    expect(engineEnvironment(await find(tls), tls)).toMatchObject({
      DOCKER_HOST: 'tcp://h:2376',
      DOCKER_TLS_VERIFY: '1',
      DOCKER_CERT_PATH: join(home, '.docker'),
    });
  });
});
