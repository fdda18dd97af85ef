import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClientAuth } from '../../src/docker/credentials/client-auth.ts';
import { Secret } from '../../src/lib/secret.ts';
import { docker, type SandboxEngine, type SandboxRegistry, startEngine, startRegistry } from '../harness/sandbox.ts';

const PASSWORD = 'pa ss/w:ord"1';
const auth = { credentials: { username: 'robot$axion+ci', password: new Secret(PASSWORD) } };

describe.each(['trixie', 'bookworm'])('the docker program of %s', (flavour) => {
  let own: SandboxEngine;
  let registry: SandboxRegistry;
  let home: string;
  let image: string;

  beforeAll(async () => {
    own = await startEngine('--flavour', flavour);
    registry = await startRegistry({ username: 'robot$axion+ci', password: PASSWORD });
    home = mkdtempSync(join(tmpdir(), 'objdocker-home-'));
    image = `${registry.host}/base:1.0`;
    writeFileSync(join(home, 'Dockerfile'), `FROM ${image}\nLABEL made=here\n`);
    mkdirSync(join(home, 'empty'));
    writeFileSync(join(home, 'empty', 'Dockerfile'), 'FROM scratch\nLABEL base=here\n');
    await docker(['build', '-q', '-t', image, join(home, 'empty')], { ...own.env, DOCKER_BUILDKIT: '1' });
    // The user's credential store. It has no credentials for the registry, and records its requests.
    mkdirSync(join(home, 'bin'));
    const helper = join(home, 'bin', 'docker-credential-notes');
    writeFileSync(
      helper,
      `#!/bin/sh\nread -r server; echo "$1 $server" >>${home}/asked\necho 'credentials not found in native keychain'; exit 1\n`,
    );
    chmodSync(helper, 0o755);
    writeFileSync(join(home, 'asked'), '');
  });
  afterAll(async () => {
    rmSync(home, { recursive: true, force: true });
    await registry[Symbol.asyncDispose]();
    await own[Symbol.asyncDispose]();
  });

  /** The user's docker folder: what the engine's own client has, and a credential store. */
  function userConfig(): string {
    const folder = join(home, 'docker');
    mkdirSync(folder, { recursive: true });
    const theirs = readFileSync(join(own.env.DOCKER_CONFIG ?? '', 'config.json'), 'utf8');
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...JSON.parse(theirs), credsStore: 'notes' }));
    return folder;
  }

  it('pushes, and builds from a private base image, without leftovers', async () => {
    const env = {
      ...process.env,
      ...own.env,
      DOCKER_CONFIG: userConfig(),
      PATH: `${home}/bin:${own.env.PATH ?? process.env.PATH}`,
    };
    const temp = join(home, 'temp');
    mkdirSync(temp);
    await expect(docker(['push', image], env)).rejects.toThrow(/no basic auth credentials/);
    {
      await using given = await createClientAuth({
        environment: { env, home, temp, cwd: home },
        env,
        registryHost: registry.host,
        auth,
      });
      expect(given.env.DOCKER_CONFIG).toContain(temp);
      await docker(['push', image], given.env);
      await docker(['rmi', '--force', image], given.env);
      await docker(['build', '-q', '--pull', '-t', 'objdocker-test/on-private', home], {
        ...given.env,
        DOCKER_BUILDKIT: '1',
      });
      const label = await docker(
        ['inspect', '--format', '{{.Config.Labels.base}}', 'objdocker-test/on-private'],
        given.env,
      );
      expect(label).toBe('here');
      // The user's store still serves every other registry.
      await docker(['pull', 'other.invalid/x'], given.env).catch(() => undefined);
      expect(readFileSync(join(home, 'asked'), 'utf8')).toContain('get other.invalid');
    }
    expect(readdirSync(temp)).toEqual([]);
  });
});
