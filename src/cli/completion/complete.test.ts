import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Environment, systemEnvironment } from '../../lib/environment.ts';
import { COMMANDS } from '../commands.ts';
import { complete } from './complete.ts';
import { cachedNames } from './name-cache.ts';

const CONFIG = `homechoice:
  deployment:
    registry: { type: harbor, host: "127.0.0.1:9", project: axion }
    image: { repository: shop, tag: latest, dockerfile: Dockerfile }
retail:
  deployment:
    registry: { type: harbor, host: "127.0.0.1:9", project: axion }
    image: { repository: retail, tag: latest, dockerfile: Dockerfile }
`;
const DOCKERFILE = `FROM scratch AS base
FROM base AS api
FROM base AS report
`;

let folder: string;
let environment: Environment;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'objdocker-complete-'));
  await writeFile(join(folder, 'config.yaml'), CONFIG);
  await writeFile(join(folder, 'Dockerfile'), DOCKERFILE);
  await mkdir(join(folder, '.docker/contexts/meta/1234'), { recursive: true });
  await writeFile(join(folder, '.docker/contexts/meta/1234/meta.json'), JSON.stringify({ Name: 'build-farm' }));
  const env = { PATH: process.env.PATH, DOCKER_HOST: `unix://${folder}/no.sock` };
  environment = { ...systemEnvironment(), cwd: folder, home: folder, env };
});
afterAll(() => rm(folder, { recursive: true }));

/** The candidates after these words, and `:4` or `:0`. */
async function offered(...words: string[]): Promise<string[]> {
  const options = { commands: COMMANDS, environment, lookupLimitMs: 60_000 };
  const lines = (await complete(words, options)).trimEnd().split('\n');
  return lines.map((line) => line.split('\t', 1).join());
}

describe('complete', () => {
  it('offers every command by its first word', async () => {
    const words = COMMANDS.flatMap(({ name, aliases = [] }) => [name.replace(/ .*/, ''), ...aliases]);
    expect(await offered('')).toEqual([...new Set(words), 'help', ':4']);
  });

  it('describes what it offers', async () => {
    expect(await complete(['pus'], { commands: COMMANDS, environment })).toBe(
      "push\tpush the package's images, each shared layer once\n:4\n",
    );
  });

  it.each([
    [['bu'], ['build', ':4']],
    [
      ['config', ''],
      ['check', 'show', 'schema', ':4'],
    ],
    [
      ['config', 'ch'],
      ['check', ':4'],
    ],
    [
      ['help', 'config', 'ch'],
      ['check', ':4'],
    ],
    [
      ['harbor', 'de'],
      ['delete', ':4'],
    ],
    [
      ['help', 'bu'],
      ['build', ':4'],
    ],
    [
      ['-c', 'config.yaml', 'config', 'sh'],
      ['show', ':4'],
    ],
    [
      ['-c', 'build', 'push', '--ser'],
      ['--service', ':4'],
    ],
    [
      ['--json', 'build', 'homechoice', '--pl'],
      ['--platform', ':4'],
    ],
    [['push', '--pl'], [':4']],
    [
      ['build', '--progress', ''],
      ['auto', 'tty', 'plain', 'quiet', ':4'],
    ],
    [
      ['build', '--progress=t'],
      ['--progress=tty', ':4'],
    ],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish', ':4'],
    ],
    // An option may take a value with one command and none with another.
    [
      ['build', '-t', 'exec', '--pl'],
      ['--platform', ':4'],
    ],
    [
      ['stop', '-t', '5', '--fo'],
      ['--force', ':4'],
    ],
    [
      ['exec', '-t', '--work'],
      ['--workdir', ':4'],
    ],
    // What belongs to another program, and options with files, get files.
    [['exec', '-it', 'web', '--ver'], [':0']],
    [['exec', 'web', 'ls', '--quiet', '--js'], [':0']],
    [['--config', ''], [':0']],
    [['build', '--config='], [':0']],
    [['biuld', ''], [':4']],
  ] as const)('offers after %j: %j', async (words, expected) => expect(await offered(...words)).toEqual(expected));

  it('offers the packages and services of the project', async () => {
    expect(await offered('build', '')).toEqual(['homechoice', 'retail', ':4']);
    expect(await offered('--package', 'r')).toEqual(['retail', ':4']);
    expect(await offered('build', 'homechoice', '--service', '')).toEqual(['api', 'report', ':4']);
    expect(await offered('push', '--package=retail', '--service=r')).toEqual(['--service=report', ':4']);
    expect(await offered('-c', '~/config.yaml', 'push', 'h')).toEqual(['homechoice', ':4']);
  });

  it('offers the services of the package where a repository is named, also when Harbor is away', async () => {
    for (const command of ['harbor-scan', 'gate', 'harbor-delete'])
      expect(await offered(command, '--package', 'homechoice', '')).toEqual(['api', 'report', ':4']);
  });

  it('offers docker contexts', async () => {
    expect(await offered('--context', '')).toEqual(['default', 'build-farm', ':4']);
  });

  it('offers nothing, without an error, when the engine or Harbor is away or there is no project', async () => {
    expect(await offered('logs', '')).toEqual([':4']);
    const elsewhere = { ...environment, cwd: tmpdir() };
    expect(await complete(['build', ''], { commands: COMMANDS, environment: elsewhere })).toBe(':4\n');
  });

  it('ends a lookup that takes too long', async () => {
    const hangs = { ...environment, env: { ...environment.env, DOCKER_HOST: 'tcp://192.0.2.1:2375' } };
    const options = { commands: COMMANDS, environment: hangs, lookupLimitMs: 50 };
    expect(await complete(['logs', ''], options)).toBe(':4\n');
  });
});

describe('cachedNames', () => {
  it('keeps names for minutes in a file for its owner only, and failures for seconds', async () => {
    let now = 0;
    let loads = 0;
    const env = { XDG_CACHE_HOME: join(folder, 'cache') };
    const options = { environment: { ...environment, env, now: () => new Date(now) } };
    const names = (load: () => Promise<string[]>) =>
      cachedNames(['registry.example.com', 'axion', 'robot'], options, () => {
        loads++;
        return load();
      });
    const fails = () => Promise.reject(new Error('away'));
    expect(await names(async () => ['api'])).toEqual(['api']);
    expect(await names(fails)).toEqual(['api']);
    expect(loads).toBe(1);
    now += 10 * 60_000;
    expect(await names(fails)).toEqual(['api']);
    expect(await names(async () => ['new'])).toEqual(['api']);
    expect(loads).toBe(2);
    now += 60_000;
    expect(await names(async () => ['new'])).toEqual(['new']);

    const cache = join(folder, 'cache/objdocker/completion');
    const [file = '', ...others] = await readdir(cache);
    expect(others).toEqual([]);
    expect((await stat(cache)).mode & 0o777).toBe(0o700);
    expect((await stat(join(cache, file))).mode & 0o777).toBe(0o600);
  });
});
