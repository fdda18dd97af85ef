import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { link, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { EnvironmentVariables } from '../../src/lib/process/exec.ts';
import { configYaml, docker, makeShell, Project, sandboxEngine, sandboxEngineDown } from './harness.ts';

const PASSWORD = ', username: me, password: "tiger-and-tulip"';
const OLD_ENGINE = { version: '20.10.24', os: 'linux', arch: 'amd64', containerdStore: false };
// Unique for each run, so that the build cache of an earlier run is not used.
const DOCKERFILE = `FROM scratch AS shell
COPY sh /bin/sh
FROM shell AS common
ARG PACKAGE
RUN echo "common for $PACKAGE"; : ${randomUUID()}; cat /proc/sys/kernel/random/uuid > /common
FROM common AS api
ARG VERSION
LABEL version=$VERSION
COPY . /all
FROM common AS worker
RUN echo worker
`;

let shell: string;
let projects: Project[] = [];
beforeAll(async () => {
  shell = await makeShell(process.env);
});
afterEach(async () => {
  await Promise.all(projects.map((project) => project.remove()));
  projects = [];
});
afterAll(() => rm(shell, { recursive: true }));

async function project(env: EnvironmentVariables, files: Record<string, string>): Promise<Project> {
  const made = await Project.create(files, { env, shell });
  projects.push(made);
  return made;
}

async function expectShared(env: EnvironmentVariables, references: readonly string[]): Promise<void> {
  const common = await Promise.all(
    references.map((reference) => docker(env, 'run', '--rm', reference, '/bin/sh', '-c', 'cat /common')),
  );
  expect(common[0]).toMatch(/^[0-9a-f-]{36}$/);
  expect(new Set(common).size).toBe(1);
}

describe('Docker 20.10, whose CLI has BuildKit inside and no buildx', () => {
  let env: EnvironmentVariables;
  beforeAll(async () => {
    env = await sandboxEngine('build-old20', '--flavour', 'bookworm');
  });
  afterAll(async () => {
    await sandboxEngineDown('build-old20');
  });

  it('builds one target after the other, shared stages from the cache', async () => {
    const demo = await project(env, {
      'config.yaml': configYaml('', PASSWORD),
      'axion.dockerfile': DOCKERFILE,
      '.dockerignore': '!config.yaml\n',
    });
    const { result, error, events } = await demo.build({ engine: OLD_ENGINE });
    expect(error).toBeUndefined();
    expect(result?.method).toBe('build');
    expect(result?.images).toMatchObject([{ target: 'api', pushed: false }, { target: 'worker' }]);
    for (const image of result?.images ?? []) {
      expect(image.digest).toBeUndefined();
      expect(await docker(env, 'inspect', '--format', '{{.Id}}', image.reference)).toBe(image.imageId);
    }
    await expectShared(
      env,
      (result?.images ?? []).map(({ reference }) => reference),
    );
    const all = await docker(env, 'run', '--rm', result?.images[0]?.reference ?? '', '/bin/sh', '-c', 'ls -A /all');
    expect(all.split('\n').sort()).toEqual(['.dockerignore', 'axion.dockerfile', 'sh']);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'step', target: 'worker', stage: 'common', state: 'cached' }),
    );
    expect(events).toContainEqual(expect.objectContaining({ type: 'log', line: 'common for demo' }));
    expect(await demo.leftBehind()).toEqual([]);
  });

  it('passes build secrets', async () => {
    const demo = await project(
      { ...env, THE_TOKEN: 'crocus-1234' },
      {
        'config.yaml': configYaml(', secrets: {token: {env: THE_TOKEN}}'),
        'axion.dockerfile':
          'FROM scratch\nCOPY sh /bin/sh\nRUN --mount=type=secret,id=token cat /run/secrets/token | wc -c > /size\n',
      },
    );
    const { result, error } = await demo.build({ engine: OLD_ENGINE });
    expect(error).toBeUndefined();
    const reference = result?.images[0]?.reference ?? '';
    expect(await docker(env, 'run', '--rm', reference, '/bin/sh', '-c', 'cat /size')).toBe('11');
    expect(await docker(env, 'history', '--no-trunc', reference)).not.toContain('crocus-1234');
  });

  it('reports a failing step with its line, which this client does not print', async () => {
    const demo = await project(env, {
      'config.yaml': configYaml('', PASSWORD),
      'axion.dockerfile': `FROM scratch AS shell
COPY sh /bin/sh
FROM shell AS unnamed-follows
FROM unnamed-follows

RUN echo one
RUN echo two; \\
    echo three >&2; exit 9
`,
    });
    const { error } = await demo.build({ engine: OLD_ENGINE });
    // BuildKit reads the two streams apart: either can be first.
    const logTail = expect.toSatisfy((lines: string[]) => lines.toSorted().join() === 'three,two');
    expect(error).toMatchObject({ code: 'BUILD_FAILED', details: { line: 7, logTail } });
    expect(error?.message).toMatch(/axion\.dockerfile:7: RUN echo two; .*exit code 9$/);
  });

  it('reports what a heredoc needs', async () => {
    const demo = await project(env, {
      'config.yaml': configYaml(''),
      'axion.dockerfile': 'FROM scratch\nCOPY sh /bin/sh\nRUN <<EOF\necho hi\nEOF\n',
    });
    const { error } = await demo.build({ engine: OLD_ENGINE });
    expect(error).toMatchObject({ code: 'BUILDER_INCAPABLE', message: expect.stringContaining('axion.dockerfile:3') });
  });

  it('reports that another platform needs buildx', async () => {
    const demo = await project(env, { 'config.yaml': configYaml(''), 'axion.dockerfile': 'FROM scratch\nCOPY sh /\n' });
    const { error } = await demo.build({ engine: OLD_ENGINE, platforms: ['linux/arm64'] });
    expect(error).toMatchObject({ code: 'BUILDER_INCAPABLE', hint: expect.stringContaining('docker-buildx') });
    expect(error?.message).toContain('a build for linux/arm64 needs');
  });

  it("ends with the caller's signal", async () => {
    const demo = await project(env, {
      'config.yaml': configYaml('', PASSWORD),
      'axion.dockerfile': 'FROM scratch\nCOPY sh /bin/sh\nRUN echo started; sleep 62.5\n',
    });
    const controller = new AbortController();
    const { error } = await demo.build({
      engine: OLD_ENGINE,
      signal: controller.signal,
      onEvent: (event) => event.type === 'log' && controller.abort(),
    });
    expect(error?.code).toBe('CANCELLED');
    expect(await demo.leftBehind()).toEqual([]);
    await expect
      .poll(async () => (await demo.environment.exec('ps', ['-eo', 'args'], { env })).stdout, { timeout: 120_000 })
      .not.toContain('sleep 62.5');
  });
});

describe('a docker CLI from 23 on without its buildx plugin', () => {
  let env: EnvironmentVariables;
  let folder: string;
  beforeAll(async () => {
    // The sandbox's own CLI, with a configuration that names no folder of plugins.
    folder = await mkdtemp(join(tmpdir(), 'build-no-plugin-'));
    env = { ...process.env, DOCKER_CONFIG: folder };
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('falls back to the legacy builder, and excludes files there, too', async () => {
    const demo = await project(env, {
      'config.yaml': configYaml('', PASSWORD),
      'axion.dockerfile': DOCKERFILE,
      '.dockerignore': 'ignored\n!config.yaml\n',
      'ignored/file.txt': 'x',
      'kept/file.txt': 'x',
    });
    await symlink('kept', join(demo.folder, 'link'));
    // A hard link to the excluded file, and a pipe, which cannot be copied.
    await link(join(demo.folder, 'config.yaml'), join(demo.folder, 'config-backup.yaml'));
    await promisify(execFile)('mkfifo', [join(demo.folder, 'pipe')]);
    const { result, error, events } = await demo.build({ noCache: false });
    expect(error).toBeUndefined();
    expect(result?.method).toBe('legacy');
    await expectShared(
      env,
      (result?.images ?? []).map(({ reference }) => reference),
    );
    const all = await docker(env, 'run', '--rm', result?.images[0]?.reference ?? '', '/bin/sh', '-c', 'ls -A /all');
    expect(all.split('\n').sort()).toEqual(['.dockerignore', 'axion.dockerfile', 'kept', 'link', 'sh']);
    expect(events).toContainEqual(expect.objectContaining({ type: 'log', line: 'common for demo' }));
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'step', instruction: 'RUN echo worker', state: 'done' }),
    );
    expect(await demo.leftBehind()).toEqual([]);
  });

  it('reports a failing step', async () => {
    const demo = await project(env, {
      'config.yaml': configYaml(''),
      'axion.dockerfile': 'FROM scratch\nCOPY sh /bin/sh\n\nRUN echo two; exit 9\n',
    });
    const { error } = await demo.build();
    expect(error).toMatchObject({ code: 'BUILD_FAILED', details: { line: 4, logTail: ['two'] } });
    expect(error?.message).toMatch(/axion\.dockerfile:4: RUN echo two; exit 9 failed: exit code 9$/);
    expect(await docker(env, 'ps', '--all', '--no-trunc', '--format', '{{.Command}}')).not.toContain(
      'echo two; exit 9',
    );
  });

  it('excludes files from a context that is a link', async () => {
    const real = await project(env, { 'secret.txt': 'x', 'axion.dockerfile': DOCKERFILE });
    const demo = await project(env, {
      'config.yaml': configYaml('', ', username: me, passwordFile: "link/secret.txt"').replace(
        'dockerfile: axion.dockerfile',
        'dockerfile: link/axion.dockerfile, context: link',
      ),
    });
    await symlink(real.folder, join(demo.folder, 'link'));
    const { result, error } = await demo.build({ services: ['api'] });
    expect(error).toBeUndefined();
    const all = await docker(env, 'run', '--rm', result?.images[0]?.reference ?? '', '/bin/sh', '-c', 'ls -A /all');
    expect(all.split('\n').sort()).toEqual(['.dockerignore', 'axion.dockerfile', 'sh']);
  });

  it("ends with the caller's signal and leaves no container", async () => {
    const demo = await project(env, {
      'config.yaml': configYaml('', PASSWORD),
      'axion.dockerfile': 'FROM scratch\nCOPY sh /bin/sh\nRUN echo started; sleep 64.5\n',
    });
    const controller = new AbortController();
    const { error } = await demo.build({
      signal: controller.signal,
      onEvent: (event) => event.type === 'log' && controller.abort(),
    });
    expect(error?.code).toBe('CANCELLED');
    expect(await demo.leftBehind()).toEqual([]);
    const containers = () => docker(env, 'ps', '--all', '--no-trunc', '--format', '{{.Command}}');
    await expect.poll(containers, { timeout: 120_000 }).not.toContain('sleep 64.5');
  });

  it('reports what needs buildx', async () => {
    const demo = await project(env, {
      'config.yaml': configYaml(''),
      'axion.dockerfile': 'FROM scratch\nCOPY sh /bin/sh\nRUN --mount=type=cache,target=/c echo hi\n',
    });
    const { error } = await demo.build();
    expect(error).toMatchObject({ code: 'BUILDER_INCAPABLE', message: expect.stringContaining('RUN --mount at') });
  });

  it('reports a missing docker command', async () => {
    const bare = {
      ...env,
      PATH: (env.PATH ?? '')
        .split(delimiter)
        .filter((part) => part === '/nowhere')
        .join(delimiter),
    };
    const demo = await project(bare, {
      'config.yaml': configYaml(''),
      'axion.dockerfile': 'FROM scratch\nCOPY sh /\n',
    });
    const { error } = await demo.build();
    expect(error).toMatchObject({ code: 'COMMAND_NOT_FOUND', hint: expect.stringContaining('docker') });
  });
});
