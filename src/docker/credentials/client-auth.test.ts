import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../lib/secret.ts';
import { type ClientAuthOptions, createClientAuth } from './client-auth.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'objdocker-home-'));
  mkdirSync(join(home, '.docker', 'cli-plugins'), { recursive: true });
  mkdirSync(join(home, 'tmp'));
  writeFileSync(
    join(home, '.docker', 'config.json'),
    JSON.stringify({
      auths: { other: { auth: 'b3RoZXI6eA==' }, 'https://r:5000/v1/': { auth: 'b2xkOm9sZA==' } },
      credsStore: 'pass',
      credHelpers: { gcr: 'gcloud' },
      proxies: { default: { httpProxy: 'http://p' } },
      currentContext: 'prod',
      cliPluginsExtraDirs: ['/plugins'],
    }),
  );
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const auth = { credentials: { username: 'robot$axion+ci', password: new Secret('p:w') } };
const expected = Buffer.from('robot$axion+ci:p:w').toString('base64');

function create(options: Partial<ClientAuthOptions> = {}) {
  const env = { PATH: '/bin' };
  return createClientAuth({
    environment: { env, home, temp: join(home, 'tmp'), cwd: home },
    env,
    registryHost: 'r:5000',
    auth,
    ...options,
  });
}

describe('createClientAuth', () => {
  it('keeps the environment when the config has no credentials', async () => {
    await using given = await create({ auth: {} });
    expect(given.env).toEqual({ PATH: '/bin' });
  });

  it("keeps the user's directory of builders", async () => {
    await using usual = await create();
    expect(usual.env.BUILDX_CONFIG).toBe(join(home, '.docker', 'buildx'));
    await using own = await create({ env: { PATH: '/bin', BUILDX_CONFIG: '/builders' } });
    expect(own.env.BUILDX_CONFIG).toBe('/builders');
  });

  it('uses only the environment when all programs support the variable', async () => {
    const env = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { mine: { auth: 'x' } } }) };
    await using given = await create({ env, cliVersion: '28.3.0', buildxVersion: 'v0.26.1' });
    expect(JSON.parse(given.env.DOCKER_AUTH_CONFIG ?? '')).toEqual({
      auths: { mine: { auth: 'x' }, 'r:5000': { auth: expected } },
    });
    expect(given.env.DOCKER_CONFIG).toBeUndefined();
    expect(readdirSync(join(home, 'tmp'))).toEqual([]);
  });

  it.each([[{ cliVersion: '28.2.2' }], [{ cliVersion: '29.0.0', buildxVersion: '0.13.1' }], [{}]])(
    'makes a private DOCKER_CONFIG when a program does not support it: %j',
    async (versions) => {
      await using given = await create(versions);
      const directory = given.env.DOCKER_CONFIG ?? '';
      expect(statSync(directory).mode & 0o777).toBe(0o700);
      expect(statSync(join(directory, 'config.json')).mode & 0o777).toBe(0o600);
    },
  );

  it("keeps the user's plugins, proxies, context, builders, helpers and other logins", async () => {
    await using given = await create();
    const directory = given.env.DOCKER_CONFIG ?? '';
    expect(JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8'))).toEqual({
      auths: { other: { auth: 'b3RoZXI6eA==' }, 'r:5000': { auth: expected } },
      credsStore: 'pass',
      // An empty helper makes docker read `auths` for this registry, in spite of credsStore.
      credHelpers: { gcr: 'gcloud', 'r:5000': '' },
      proxies: { default: { httpProxy: 'http://p' } },
      currentContext: 'prod',
      cliPluginsExtraDirs: ['/plugins'],
    });
    expect(realpathSync(join(directory, 'cli-plugins'))).toBe(realpathSync(join(home, '.docker', 'cli-plugins')));
    expect(given.env.BUILDX_CONFIG).toBe(join(home, '.docker', 'buildx'));
  });

  it("removes its directory afterwards, and keeps the user's files", async () => {
    let directory = '';
    await expect(
      (async () => {
        await using given = await create();
        directory = given.env.DOCKER_CONFIG ?? '';
        throw new Error('the build failed');
      })(),
    ).rejects.toThrow('the build failed');
    expect(existsSync(directory)).toBe(false);
    expect(existsSync(join(home, '.docker', 'cli-plugins'))).toBe(true);
  });

  it('removes the registry from a DOCKER_AUTH_CONFIG that would take precedence', async () => {
    const env = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { 'r:5000': { auth: 'old' }, mine: { auth: 'x' } } }) };
    await using given = await create({ env, cliVersion: '28.2.2' });
    expect(JSON.parse(given.env.DOCKER_AUTH_CONFIG ?? '')).toEqual({ auths: { mine: { auth: 'x' } } });
  });
});
