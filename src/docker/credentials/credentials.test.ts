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

/** A credential helper on PATH: a shell script that notes what it was asked. */
function helper(name: string, script: string): void {
  const file = join(home, 'bin', `docker-credential-${name}`);
  writeFileSync(file, `#!/bin/sh\nread server; echo "$1 $server" >>${home}/asked\n${script}\n`);
  chmodSync(file, 0o755);
}

const asked = () => readFileSync(join(home, 'asked'), 'utf8');

async function find(config?: CredentialConfig, env: Record<string, string> = {}, registry = HOST) {
  const environment = { env: { PATH: `${join(home, 'bin')}:${process.env.PATH}`, ...env }, home, exec };
  const found = await findCredentials(registry, { environment, ...(config === undefined ? {} : { config }) });
  const { credentials, identityToken } = found;
  const shown = credentials ? `${credentials.username}:${credentials.password.reveal()}` : identityToken?.reveal();
  return { shown, source: found.source, warnings: found.warnings, fromConfig: found.fromConfig };
}

describe('the config', () => {
  it('wins over everything that docker knows', async () => {
    dockerConfig({ auths: { [HOST]: { auth: encoded('docker:d') } } });
    expect(await find({ username: 'conf', password: new Secret('c') })).toMatchObject({
      shown: 'conf:c',
      fromConfig: true,
    });
  });

  it('may keep the password in a file; one final newline is not part of it', async () => {
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

  it('fails on a password file that cannot be read', async () => {
    await expect(find({ username: 'u', passwordFile: '/nonexistent/p' })).rejects.toMatchObject({
      code: 'SECRET_FILE_UNREADABLE',
      message: expect.stringContaining('/nonexistent/p'),
    });
  });

  it('with a user alone takes the password of that very user from docker', async () => {
    dockerConfig({ auths: { [HOST]: { auth: encoded('robot$axion+ci:r') } } });
    expect(await find({ username: 'robot$axion+ci' })).toMatchObject({ shown: 'robot$axion+ci:r', fromConfig: false });
    const other = await find({ username: 'admin' });
    expect(other).toMatchObject({ shown: undefined, source: 'none' });
    expect(other.warnings[0]).toContain('another user');
  });
});

describe('auths', () => {
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

  it("know Docker Hub's own key, and identity tokens", async () => {
    dockerConfig({
      auths: { 'https://index.docker.io/v1/': { auth: encoded('hub:h') }, [HOST]: { identitytoken: 'idt' } },
    });
    expect((await find(undefined, {}, 'docker.io')).shown).toBe('hub:h');
    expect((await find()).shown).toBe('idt');
  });

  it('that a store has emptied are none', async () => {
    dockerConfig({ auths: { [HOST]: {} } });
    expect((await find()).source).toBe('none');
  });

  it('of DOCKER_AUTH_CONFIG come before the file', async () => {
    dockerConfig({ auths: { [HOST]: { auth: encoded('file:f') } } });
    const variable = JSON.stringify({ auths: { [HOST]: { auth: encoded('env:e') } } });
    expect(await find(undefined, { DOCKER_AUTH_CONFIG: variable })).toMatchObject({
      shown: 'env:e',
      source: 'DOCKER_AUTH_CONFIG',
    });
  });

  it('of a broken file are a warning', async () => {
    writeFileSync(join(home, '.docker', 'config.json'), '{');
    expect((await find()).warnings[0]).toContain('not a JSON object');
  });
});

describe('credential helpers', () => {
  it('are asked with the host on standard input, the one for the host before the one for all', async () => {
    helper('one', `echo '{"ServerURL":"x","Username":"one","Secret":"1"}'`);
    helper('all', `echo '{"Username":"all","Secret":"2"}'`);
    dockerConfig({ credHelpers: { [HOST]: 'one' }, credsStore: 'all' });
    expect(await find()).toMatchObject({ shown: 'one:1', source: 'docker-credential-one' });
    expect((await find(undefined, {}, 'other.example')).shown).toBe('all:2');
    expect(asked()).toBe(`get ${HOST}\nget other.example\n`);
  });

  it('hand out identity tokens as the user <token>', async () => {
    helper('all', `echo '{"Username":"<token>","Secret":"idt"}'`);
    dockerConfig({ credsStore: 'all' });
    expect((await find()).shown).toBe('idt');
  });

  it('that have nothing are no error', async () => {
    helper('all', `echo 'credentials not found in native keychain'; exit 1`);
    dockerConfig({ credsStore: 'all' });
    expect((await find()).source).toBe('none');
  });

  it('that fail are an error with their name and reason', async () => {
    helper('all', `echo 'gpg: decryption failed' >&2; exit 2`);
    dockerConfig({ credsStore: 'all' });
    await expect(find()).rejects.toMatchObject({
      code: 'CREDENTIAL_HELPER_FAILED',
      message: expect.stringMatching(/docker-credential-all.*gpg: decryption failed/),
    });
  });

  it('that are not installed are an error that says so', async () => {
    dockerConfig({ credsStore: 'desktop' });
    await expect(find()).rejects.toMatchObject({
      code: 'CREDENTIAL_HELPER_FAILED',
      message: expect.stringContaining('no such program'),
      hint: expect.stringContaining('Install docker-credential-desktop'),
    });
  });

  it('are never looked for outside PATH', async () => {
    dockerConfig({ credsStore: '../../tmp/evil' });
    await expect(find()).rejects.toMatchObject({ code: 'CREDENTIAL_HELPER_FAILED' });
  });

  it('with an empty name mean the file, as for docker', async () => {
    dockerConfig({ credHelpers: { [HOST]: '' }, credsStore: 'absent', auths: { [HOST]: { auth: encoded('f:f') } } });
    expect((await find()).shown).toBe('f:f');
  });
});
