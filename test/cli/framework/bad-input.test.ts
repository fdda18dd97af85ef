import { describe, expect, it } from 'vitest';
import { type CliOptions, objdocker } from '../../harness/cli.ts';
import { configYaml, createProject, TWO_SERVICES } from '../../harness/project.ts';

const FILES = { Dockerfile: TWO_SERVICES, 'shared.txt': 's', 'web.txt': 'w', 'worker.txt': 'k' };
const HOST = '127.0.0.1:9';
const CONFIG = configYaml({ host: HOST });
const LONG = 'a'.repeat(300);

interface Case {
  readonly what: string;
  readonly files: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly code: number;
  readonly error: string;
  /** Parts of the message. */
  readonly says: readonly (string | RegExp)[];
  readonly env?: CliOptions['env'];
}

const dryRun = ['build', '--dry-run'];
const withConfig = (text: string) => ({ ...FILES, 'config.yaml': text });
const image = (changes: Readonly<Record<string, unknown>>) => withConfig(configYaml({ host: HOST, image: changes }));

const CASES: readonly Case[] = [
  {
    what: 'a missing config.yaml',
    files: {},
    args: dryRun,
    code: 2,
    error: 'CONFIG_NOT_FOUND',
    says: ['config.yaml', '--config'],
  },
  {
    what: 'a missing file in --config',
    files: {},
    args: ['-c', 'nope.yaml', ...dryRun],
    code: 2,
    error: 'CONFIG_NOT_FOUND',
    says: ['nope.yaml'],
  },
  {
    what: 'invalid YAML',
    files: withConfig('shop: [unclosed\nother: }'),
    args: dryRun,
    code: 2,
    error: 'CONFIG_INVALID',
    says: [/config\.yaml:\d+:\d+/],
  },
  {
    what: 'tabs in YAML',
    files: withConfig('shop:\n\tdeployment:\n\t\timage: {}\n'),
    args: dryRun,
    code: 2,
    error: 'CONFIG_INVALID',
    says: [/config\.yaml:2:1/, /tab/i],
  },
  {
    what: 'duplicate keys',
    files: withConfig(CONFIG.replace('"tag": "test",', '"tag": "test",\n"tag": "other",')),
    args: dryRun,
    code: 2,
    error: 'CONFIG_INVALID',
    says: [/config\.yaml:11:1/, 'tag', /twice|again|duplicate|more than once/i],
  },
  {
    what: 'an unknown package',
    files: withConfig(CONFIG),
    args: [...dryRun, 'shpo'],
    code: 2,
    error: 'PACKAGE_UNKNOWN',
    says: ['shpo', 'did you mean "shop"?'],
  },
  {
    what: 'two packages at once',
    files: withConfig(CONFIG),
    args: ['--package', 'shop', ...dryRun, 'other'],
    code: 2,
    error: 'USAGE',
    says: ['shop', 'other', '--package'],
  },
  {
    what: 'an invalid IP address',
    files: withConfig(CONFIG),
    args: ['registry', '10.0.10.999'],
    code: 2,
    error: 'USAGE',
    says: ['10.0.10.999'],
  },
  {
    what: 'several packages without an active one',
    files: withConfig(`{"one": ${deploymentOf(CONFIG)}, "two": ${deploymentOf(CONFIG)}}`),
    args: dryRun,
    code: 2,
    error: 'PACKAGE_AMBIGUOUS',
    says: ['one', 'two', 'active'],
  },
  {
    what: 'several values of wrong types',
    files: withConfig(
      CONFIG.replace('"tag": "test"', '"tag": ["a"],\n"platforms": 7').replace('"type": "registry"', '"type": {}'),
    ),
    args: dryRun,
    code: 2,
    error: 'CONFIG_INVALID',
    says: ['deployment.image.tag', 'deployment.image.platforms', 'deployment.registry.type', /config\.yaml:\d+:\d+/],
  },
  {
    what: 'an unset variable',
    files: withConfig(configYaml({ host: HOST, tag: '${RELEASE_TAG}' })),
    args: dryRun,
    code: 2,
    error: 'VARIABLE_UNSET',
    says: ['RELEASE_TAG', 'deployment.image.tag'],
  },
  {
    what: 'a missing Dockerfile',
    files: { 'config.yaml': CONFIG },
    args: dryRun,
    code: 2,
    error: 'DOCKERFILE_NOT_FOUND',
    says: ['Dockerfile', 'deployment.image.dockerfile'],
  },
  {
    what: 'an unknown service',
    files: withConfig(CONFIG),
    args: [...dryRun, '--service', 'workr'],
    code: 2,
    error: 'SERVICE_UNKNOWN',
    says: ['workr', 'did you mean "worker"?'],
  },
  ...['Upper', 'a//b', '/a', LONG].map(
    (repository): Case => ({
      what: `the repository ${repository.slice(0, 12)}`,
      files: withConfig(configYaml({ host: HOST, repository })),
      args: dryRun,
      code: 2,
      error: 'CONFIG_INVALID',
      says: ['deployment.image.repository', /config\.yaml:\d+:\d+/],
    }),
  ),
  ...['a/b', '-x', 'a b', LONG].map(
    (tag): Case => ({
      what: `the tag ${tag.slice(0, 12)}`,
      files: withConfig(configYaml({ host: HOST, tag })),
      args: dryRun,
      code: 2,
      error: 'CONFIG_INVALID',
      says: ['deployment.image.tag', /config\.yaml:\d+:\d+/],
    }),
  ),
  ...['Upper', 'a/b', LONG].map(
    (project): Case => ({
      what: `the project ${project.slice(0, 12)}`,
      files: withConfig(configYaml({ host: HOST, type: 'harbor', project })),
      args: dryRun,
      code: 2,
      error: 'CONFIG_INVALID',
      says: ['deployment.registry.project', /config\.yaml:\d+:\d+/],
    }),
  ),
  {
    what: 'an invalid --tag',
    files: withConfig(CONFIG),
    args: [...dryRun, '--tag', 'a b'],
    code: 2,
    error: 'REFERENCE_INVALID',
    says: ['"a b" is not a tag'],
  },
  {
    what: 'an invalid --platform',
    files: withConfig(CONFIG),
    args: [...dryRun, '--platform', 'linux'],
    code: 2,
    error: 'PLATFORM_INVALID',
    says: ['linux'],
  },
  {
    what: 'a build argument with credentials in a URL',
    files: image({ buildArgs: { PIP_INDEX_URL: 'https://user:hunter22@pypi.example/simple' } }),
    args: dryRun,
    code: 2,
    error: 'CONFIG_INVALID',
    says: ['PIP_INDEX_URL', 'image.secrets'],
  },
  {
    what: 'a COPY of an excluded file',
    files: {
      ...FILES,
      Dockerfile: 'FROM scratch\nCOPY config.yaml /config.yaml\n',
      'config.yaml': configYaml({ host: HOST, username: 'u', password: 'hunter22' }),
    },
    args: dryRun,
    code: 2,
    error: 'SECRET_IN_CONTEXT',
    says: ['Dockerfile:2', 'config.yaml', 'password'],
  },
  {
    what: 'an invalid value in a Dockerfile',
    files: { ...withConfig(CONFIG), Dockerfile: 'FROM scratch\nHEALTHCHECK --interval=soon CMD true\n' },
    args: ['build'],
    code: 2,
    error: 'DOCKERFILE_INVALID',
    says: ['Dockerfile:2', '"soon"'],
  },
  {
    what: 'an instruction before FROM',
    files: { ...withConfig(CONFIG), Dockerfile: 'COPY a b\n' },
    args: dryRun,
    code: 2,
    error: 'DOCKERFILE_INVALID',
    says: ['Dockerfile:1'],
  },
  {
    what: 'an unreachable engine',
    files: withConfig(CONFIG),
    args: ['push'],
    env: { DOCKER_HOST: 'unix:///nonexistent/docker.sock' },
    code: 3,
    error: 'ENGINE_UNREACHABLE',
    says: ['/nonexistent/docker.sock'],
  },
  {
    what: 'an unknown context',
    files: withConfig(CONFIG),
    args: ['--context', 'nope', 'push'],
    env: { DOCKER_HOST: undefined },
    code: 2,
    error: 'ENGINE_CONTEXT_INVALID',
    says: ['nope'],
  },
  {
    what: 'an unreachable registry',
    files: withConfig(CONFIG),
    args: ['registry'],
    code: 3,
    error: 'REGISTRY_UNREACHABLE',
    says: [HOST],
  },
];

describe('invalid input is reported with its place and a hint', () => {
  it.each(CASES)('$what: exit $code', async ({ files, args, code, error, says, env }) => {
    await using project = await createProject(files);
    const options = { cwd: project.directory, env: { ...env } };
    const shown = await objdocker(args, options);
    expect(shown).toMatchObject({ code });
    expect(shown.stderr).not.toMatch(/\n\s+at .+:\d+/);
    for (const part of says) expect(shown.stdout + shown.stderr).toMatch(part instanceof RegExp ? part : literal(part));
    expect(shown.stderr).not.toContain('hunter22');

    const document = await objdocker([...args, '--json'], options);
    expect(document.code).toBe(code);
    expect(errorCodes(JSON.parse(document.stdout))).toContain(error);
    expect(document.stdout).not.toContain('hunter22');
  });
});

/** The code of a JSON error, or those of the findings in a report. */
function errorCodes(document: { error?: { code: string }; findings?: { code: string }[] }): string[] {
  return [document.error?.code ?? '', ...(document.findings ?? []).map(({ code }) => code)];
}

function literal(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
}

function deploymentOf(config: string): string {
  return JSON.stringify(JSON.parse(config).shop);
}
