import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CredentialConfig } from '../../config/package.ts';
import { exec } from '../../lib/process/exec.ts';
import { Secret } from '../../lib/secret.ts';
import { findCredentials } from './credentials.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'objdocker-home-'));
  mkdirSync(join(home, '.docker'));
  mkdirSync(join(home, 'bin'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const HOST = 'registry.example.com:5000';
const encoded = (text: string) => Buffer.from(text).toString('base64');

function dockerConfig(config: unknown): void {
  writeFileSync(join(home, '.docker', 'config.json'), JSON.stringify(config));
}

/** Puts a credential helper on PATH: a shell script that records its requests. */
function helper(name: string, script: string): void {
  const file = join(home, 'bin', `docker-credential-${name}`);
  writeFileSync(file, `#!/bin/sh\nread server; echo "$1 $server" >>${home}/requests\n${script}\n`);
  chmodSync(file, 0o755);
}

const requests = () => readFileSync(join(home, 'requests'), 'utf8');

async function find(config?: CredentialConfig, env: Record<string, string> = {}, registry = HOST) {
  const environment = { env: { PATH: `${join(home, 'bin')}:${process.env.PATH}`, ...env }, home, exec };
  const found = await findCredentials(registry, { environment, ...(config === undefined ? {} : { config }) });
  const { credentials, identityToken } = found;
  const shown = credentials ? `${credentials.username}:${credentials.password.reveal()}` : identityToken?.reveal();
  return { shown, source: found.source, warnings: found.warnings, fromConfig: found.fromConfig };
}

describe('credentials of the config', () => {
  it('take precedence over all Docker credentials', async () => {
    dockerConfig({ auths: { [HOST]: { auth: encoded('docker:d') } } });
    expect(await find({ username: 'conf', password: new Secret('c') })).toMatchObject({
      shown: 'conf:c',
      fromConfig: true,
    });
  });

  it('may come from a password file, without its final newline', async () => {
    const file = join(home, 'password');
    writeFileSync(file, ' p@ss\n\n', { mode: 0o600 });
    expect(await find({ username: 'u', passwordFile: file })).toMatchObject({
      shown: 'u: p@ss\n',
      source: file,
      warnings: [],
    });
    chmodSync(file, 0o644);
    expect((await find({ username: 'u', passwordFile: file })).warnings[0]).toContain('chmod 600');
  });

  it('fail when the password file cannot be read', async () => {
    await expect(find({ username: 'u', passwordFile: '/nonexistent/p' })).rejects.toMatchObject({
      code: 'SECRET_FILE_UNREADABLE',
      message: expect.stringContaining('/nonexistent/p'),
    });
  });

  it('with only a username take the password of that user from docker', async () => {
    dockerConfig({ auths: { [HOST]: { auth: encoded('robot$axion+ci:r') } } });
    expect(await find({ username: 'robot$axion+ci' })).toMatchObject({ shown: 'robot$axion+ci:r', fromConfig: false });
    const other = await find({ username: 'admin' });
    expect(other).toMatchObject({ shown: undefined, source: 'none' });
    expect(other.warnings[0]).toContain('another user');
  });
});

describe('auths of docker', () => {
  it.each([HOST, `https://${HOST}`, `https://${HOST}/v1/`, `http://${HOST}/v2/`])(
    'are found under the key %s',
    async (key) => {
      dockerConfig({ auths: { [key]: { auth: encoded('user:pa:ss') } } });
      expect((await find()).shown).toBe('user:pa:ss');
    },
  );

  it('are not found under another host or port', async () => {
    dockerConfig({
      auths: { 'registry.example.com': { auth: encoded('user:p') }, 'example.com:5000': { auth: encoded('x:y') } },
    });
    expect(await find()).toMatchObject({ shown: undefined, source: 'none' });
  });

  it("support Docker Hub's own key and identity tokens", async () => {
    dockerConfig({
      auths: { 'https://index.docker.io/v1/': { auth: encoded('hub:h') }, [HOST]: { identitytoken: 'idt' } },
    });
    expect((await find(undefined, {}, 'docker.io')).shown).toBe('hub:h');
    expect((await find()).shown).toBe('idt');
  });

  it('ignore an empty entry, which a credential store leaves behind', async () => {
    dockerConfig({ auths: { [HOST]: {} } });
    expect((await find()).source).toBe('none');
  });

  it('of DOCKER_AUTH_CONFIG take precedence over the file', async () => {
    dockerConfig({ auths: { [HOST]: { auth: encoded('file:f') } } });
    const variable = JSON.stringify({ auths: { [HOST]: { auth: encoded('env:e') } } });
    expect(await find(undefined, { DOCKER_AUTH_CONFIG: variable })).toMatchObject({
      shown: 'env:e',
      source: 'DOCKER_AUTH_CONFIG',
    });
  });

  it('of a broken file give a warning', async () => {
    writeFileSync(join(home, '.docker', 'config.json'), '{');
    expect((await find()).warnings[0]).toContain('not a JSON object');
  });
});

describe('a credential helper', () => {
  it('reads the host from standard input; one for the host takes precedence over the store', async () => {
    helper('one', `echo '{"ServerURL":"x","Username":"one","Secret":"1"}'`);
    helper('all', `echo '{"Username":"all","Secret":"2"}'`);
    dockerConfig({ credHelpers: { [HOST]: 'one' }, credsStore: 'all' });
    expect(await find()).toMatchObject({ shown: 'one:1', source: 'docker-credential-one' });
    expect((await find(undefined, {}, 'other.example')).shown).toBe('all:2');
    expect(requests()).toBe(`get ${HOST}\nget other.example\n`);
  });

  it('returns an identity token as the user <token>', async () => {
    helper('all', `echo '{"Username":"<token>","Secret":"idt"}'`);
    dockerConfig({ credsStore: 'all' });
    expect((await find()).shown).toBe('idt');
  });

  it('without credentials for the registry is not an error', async () => {
    helper('all', `echo 'credentials not found in native keychain'; exit 1`);
    dockerConfig({ credsStore: 'all' });
    expect((await find()).source).toBe('none');
  });

  it('that fails is an error with its name and reason', async () => {
    helper('all', `echo 'gpg: decryption failed' >&2; exit 2`);
    dockerConfig({ credsStore: 'all' });
    await expect(find()).rejects.toMatchObject({
      code: 'CREDENTIAL_HELPER_FAILED',
      message: expect.stringMatching(/docker-credential-all.*gpg: decryption failed/),
    });
  });

  it('that is not installed is a warning, because the registry may need no login', async () => {
    dockerConfig({ credsStore: 'desktop' });
    expect(await find()).toMatchObject({
      source: 'none',
      warnings: [expect.stringContaining('docker-credential-desktop, which')],
    });
  });

  it('is never run from outside PATH', async () => {
    dockerConfig({ credsStore: '../../tmp/evil' });
    await expect(find()).rejects.toMatchObject({ code: 'CREDENTIAL_HELPER_FAILED' });
  });

  it('with an empty name means the file, like in docker', async () => {
    dockerConfig({ credHelpers: { [HOST]: '' }, credsStore: 'absent', auths: { [HOST]: { auth: encoded('f:f') } } });
    expect((await find()).shown).toBe('f:f');
  });
});
