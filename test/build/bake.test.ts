import { rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { configYaml, docker, IMAGES, makeShell, Project, REGISTRY } from './harness.ts';

const SHELL = `FROM scratch AS shell
COPY sh /bin/sh
`;
const PASSWORD = ', username: me, password: "tiger-and-tulip"';
const env = process.env;

let shell: string;
let projects: Project[] = [];
beforeAll(async () => {
  shell = await makeShell(env);
});
afterEach(async () => {
  await Promise.all(projects.map((project) => project.remove()));
  projects = [];
});
afterAll(async () => {
  await rm(shell, { recursive: true });
  const images = await docker(env, 'images', '--quiet', '--filter', `reference=*/${IMAGES}/*`);
  if (images !== '') await docker(env, 'rmi', '--force', ...new Set(images.split('\n')));
});

async function project(files: Record<string, string>): Promise<Project> {
  const made = await Project.create(files, { env, shell });
  projects.push(made);
  return made;
}

describe('all images in one bake', () => {
  const dockerfile = `ARG BASE_IMAGE=scratch
${SHELL}FROM shell AS common
ARG PACKAGE
RUN echo "common for $PACKAGE at $(cat /proc/sys/kernel/random/uuid)" > /common
FROM common AS api
ARG VERSION
ARG REVISION
LABEL version=$VERSION revision=$REVISION
RUN echo api; echo problem >&2
FROM common AS worker.v2
ARG LEFT='\${default}'
RUN echo "worker \${LEFT}"
`;

  it('runs shared stages once, and loads each image under its name', async () => {
    const demo = await project({
      'config.yaml': configYaml(', buildArgs: {LEFT: "a$${X} %{Y} \\"q\\"", UNUSED: "1"}'),
      'axion.dockerfile': dockerfile,
    });
    const { result, events, error } = await demo.build({ noCache: true });
    expect(error).toBeUndefined();
    expect(result?.method).toBe('bake');
    expect(events.filter(({ type }) => type === 'invocation')).toHaveLength(1);
    expect(result?.images).toMatchObject([
      {
        target: 'api',
        service: 'api',
        reference: `${REGISTRY}/${IMAGES}/api-demo:t1`,
        platforms: ['linux/amd64'],
        pushed: false,
      },
      { target: 'worker.v2', reference: `${REGISTRY}/${IMAGES}/worker.v2-demo:t1` },
    ]);
    for (const image of result?.images ?? []) {
      expect(await docker(env, 'inspect', '--format', '{{.Id}}', image.reference)).toBe(image.imageId);
      expect(image.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(image.durationMs).toBeGreaterThan(0);
    }
    const common = await Promise.all(
      (result?.images ?? []).map(({ reference }) =>
        docker(env, 'run', '--rm', reference, '/bin/sh', '-c', 'cat /common'),
      ),
    );
    expect(common[0]).toMatch(/^common for demo at [0-9a-f-]{36}$/);
    expect(common[1]).toBe(common[0]);

    const lines = events.flatMap((event) => (event.type === 'log' ? [`${event.stream} ${event.line}`] : []));
    expect(lines).toEqual(expect.arrayContaining(['stdout api', 'stderr problem', 'stdout worker a${X} %{Y} "q"']));
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'step',
        state: 'done',
        stage: 'api',
        target: 'api',
        position: '1/1',
        internal: false,
      }),
    );
    expect(await demo.leftBehind()).toEqual([]);
  });

  it('counts cached steps', async () => {
    const demo = await project({ 'config.yaml': configYaml(''), 'axion.dockerfile': dockerfile });
    await demo.build();
    const { result } = await demo.build();
    // A FROM scratch is no step; COPY sh, RUN common, RUN api, RUN worker are.
    expect(result?.steps).toEqual({ total: 4, cached: 4 });
  });

  it('passes an argument only to the targets that declare it', async () => {
    const demo = await project({ 'config.yaml': configYaml(''), 'axion.dockerfile': dockerfile });
    const { plan, result } = await demo.build({ tag: 'v7', services: ['API'] });
    expect(plan.images.map(({ args }) => args)).toEqual([{ PACKAGE: 'demo', VERSION: 'v7' }]);
    expect(result?.images.map(({ reference }) => reference)).toEqual([`${REGISTRY}/${IMAGES}/api-demo:v7`]);
    const labels = await docker(
      env,
      'inspect',
      '--format',
      '{{json .Config.Labels}}',
      `${REGISTRY}/${IMAGES}/api-demo:v7`,
    );
    expect(JSON.parse(labels)).toEqual({ version: 'v7', revision: '' });
  });
});

describe('an excluded file', () => {
  const dockerfile = `${SHELL}FROM shell
COPY . /all
`;
  const listing = async (demo: Project) => {
    const { result, error } = await demo.build({ noCache: true });
    expect(error).toBeUndefined();
    return docker(env, 'run', '--rm', result?.images[0]?.reference ?? '', '/bin/sh', '-c', 'cd /all && find . | sort');
  };

  it('is not copied by COPY . ., even when the ignore file re-includes it', async () => {
    const demo = await project({
      'config.yaml': configYaml('', PASSWORD),
      'axion.dockerfile': dockerfile,
      '.dockerignore': 'ignored.txt\n!config.yaml\n!**/*.yaml',
      'ignored.txt': 'x',
      'kept.txt': 'x',
      'other/config.yaml': 'x',
    });
    expect((await listing(demo)).split('\n')).toEqual([
      '.',
      './.dockerignore',
      './axion.dockerfile',
      './kept.txt',
      './other',
      './other/config.yaml',
      './sh',
    ]);
  });

  it('is not copied when the Dockerfile has its own ignore file', async () => {
    const demo = await project({
      'config.yaml': configYaml('', PASSWORD),
      'axion.dockerfile': dockerfile,
      'axion.dockerfile.dockerignore': '*\n!sh\n!config.yaml\n!wanted.txt\n',
      '.dockerignore': 'wanted.txt',
      'wanted.txt': 'x',
    });
    expect((await listing(demo)).split('\n')).toEqual(['.', './sh', './wanted.txt']);
  });

  it('is not copied through a linked context, or with pattern characters in its name', async () => {
    const real = await project({
      'config.yaml': 'x',
      'secret [1]!*.txt': 'tiger-and-tulip',
      'axion.dockerfile': dockerfile,
      'fine.txt': 'x',
    });
    const demo = await project({});
    await symlink(real.folder, join(demo.folder, 'link'));
    await writeFile(
      join(demo.folder, 'config.yaml'),
      configYaml('', `, username: me, passwordFile: "link/secret [1]!*.txt"`).replace(
        'dockerfile: axion.dockerfile',
        'dockerfile: link/axion.dockerfile, context: link',
      ),
    );
    expect((await listing(demo)).split('\n')).toEqual([
      '.',
      './axion.dockerfile',
      './config.yaml',
      './fine.txt',
      './sh',
    ]);
  });

  it('fails a COPY that names it, also through a link', async () => {
    const demo = await project({
      'config.yaml': configYaml('', PASSWORD),
      'axion.dockerfile': `${SHELL}FROM shell\nRUN true\nCOPY kept.txt conf/../alias.yaml /x/\n`,
      'kept.txt': 'x',
    });
    await symlink('config.yaml', join(demo.folder, 'alias.yaml'));
    await expect(demo.plan()).rejects.toMatchObject({
      code: 'SECRET_IN_CONTEXT',
      message: expect.stringMatching(
        /axion\.dockerfile:5: COPY puts "conf\/\.\.\/alias\.yaml" into the image, which .*registry\.password/,
      ),
    });
  });
});

describe('build secrets', () => {
  it('are passed by name and leave no trace in the image', async () => {
    const demo = await project({
      'config.yaml': configYaml(', secrets: {from_env: {env: THE_TOKEN}, from_file: {file: "a, b.txt"}}'),
      'axion.dockerfile': `${SHELL}FROM shell
RUN --mount=type=secret,id=from_env --mount=type=secret,id=from_file cat /run/secrets/from_env | wc -c > /size
`,
      'a, b.txt': 'from-a-file',
    });
    Object.assign(demo.environment, { env: { ...env, THE_TOKEN: 'crocus-1234' } });
    const { result, error, events } = await demo.build({ noCache: true });
    expect(error).toBeUndefined();
    const reference = result?.images[0]?.reference ?? '';
    expect(await docker(env, 'run', '--rm', reference, '/bin/sh', '-c', 'cat /size')).toBe('11');
    const traces = `${await docker(env, 'history', '--no-trunc', reference)}${await docker(env, 'inspect', reference)}${JSON.stringify(events)}`;
    expect(traces).not.toContain('crocus-1234');
    expect(traces).not.toContain('from-a-file');
  });

  it('that do not exist fail the build before it runs', async () => {
    const files = (secret: string) => ({
      'config.yaml': configYaml(`, secrets: {pip: ${secret}}`),
      'axion.dockerfile': 'FROM scratch\nCOPY config.yaml /\n',
    });
    const unset = await (await project(files('{env: NOT_SET_ANYWHERE}'))).build();
    expect(unset.error).toMatchObject({ code: 'VARIABLE_UNSET', message: expect.stringContaining('NOT_SET_ANYWHERE') });
    const missing = await (await project(files('{file: nowhere.txt}'))).build();
    expect(missing.error).toMatchObject({
      code: 'SECRET_FILE_UNREADABLE',
      message: expect.stringContaining('nowhere.txt'),
    });
    expect(missing.events).toEqual([]);
  });
});

describe('a build that fails', () => {
  it("reports the step, its last lines and the line in the user's Dockerfile", async () => {
    const demo = await project({
      'config.yaml': configYaml('', PASSWORD),
      'axion.dockerfile': `${SHELL}FROM shell AS api
RUN echo fine
FROM shell AS worker

RUN for i in $(seq 1 30); do \\
      echo "line $i"; \\
    done; \\
    echo last words >&2; exit 7
`,
    });
    const { error } = await demo.build();
    expect(error).toMatchObject({
      code: 'BUILD_FAILED',
      details: { target: 'worker', stage: 'worker', dockerfile: join(demo.folder, 'axion.dockerfile'), line: 7 },
    });
    expect(error?.message).toMatch(
      /^\/.*\/axion\.dockerfile:7: RUN for i in .* failed \(stage "worker"\): exit code 7$/,
    );
    const tail = error?.details.logTail;
    expect(tail).toHaveLength(20);
    expect(tail).toEqual(expect.arrayContaining(['line 30', 'last words']));
    expect(await demo.leftBehind()).toEqual([]);
  });

  it('reports the step that failed first with its own line and stage, when several fail at once', async () => {
    const demo = await project({
      'config.yaml': configYaml('', PASSWORD),
      'axion.dockerfile': `${SHELL}FROM shell AS api
RUN echo of api >&2; exit 4
FROM shell AS worker
RUN echo of worker >&2; exit 5
FROM shell AS web
RUN echo of web >&2; exit 6
`,
    });
    const lines: Record<string, number> = { api: 4, worker: 6, web: 8 };
    for (let round = 0; round < 5; round++) {
      const { error } = await demo.build();
      const { stage, line, logTail } = error?.details ?? {};
      expect([line, logTail], error?.message).toEqual([lines[String(stage)], [`of ${stage}`]]);
      expect(error?.message).toContain(`axion.dockerfile:${line}: RUN echo of ${stage}`);
      for (const other of (error?.details.alsoFailed ?? []) as { stage: string; line: number }[])
        expect(other.line, other.stage).toBe(lines[other.stage]);
    }
  });

  it('reports a base image that cannot be pulled, with a hint', async () => {
    const demo = await project({
      'config.yaml': configYaml(''),
      'axion.dockerfile': 'FROM localhost:9/nothing/here:1\n',
    });
    const { error } = await demo.build();
    expect(error).toMatchObject({
      code: 'BUILD_FAILED',
      details: { line: 1 },
      hint: expect.stringContaining('image.baseImage'),
    });
    expect(error?.message).toContain('localhost:9/nothing/here:1');
  });

  it('reports the missing file of a COPY', async () => {
    const demo = await project({
      'config.yaml': configYaml(''),
      'axion.dockerfile': 'FROM scratch\nCOPY nowhere.txt /\n',
    });
    const { error } = await demo.build();
    expect(error).toMatchObject({
      code: 'BUILD_FAILED',
      details: { line: 2 },
      hint: expect.stringContaining('context'),
    });
    expect(error?.message).toContain('nowhere.txt');
  });
});

it('a cancelled build ends and leaves nothing behind', async () => {
  const demo = await project({
    'config.yaml': configYaml('', PASSWORD),
    'axion.dockerfile': `${SHELL}FROM shell\nRUN echo started; sleep 61.5\n`,
  });
  const controller = new AbortController();
  const { error } = await demo.build({
    noCache: true,
    signal: controller.signal,
    onEvent: (event) => {
      if (event.type !== 'log' || event.line !== 'started') return;
      controller.abort();
    },
  });
  expect(error?.code).toBe('CANCELLED');
  expect(await demo.leftBehind()).toEqual([]);
  const processes = await demo.environment.exec('ps', ['-eo', 'args'], { env });
  expect(processes.stdout).not.toContain('sleep 61.5');
  // Other test files build side by side, each in a folder of its own.
  expect(processes.stdout).not.toContain(demo.environment.temp);
  await expect(docker(env, 'inspect', `${REGISTRY}/${IMAGES}/objbuild-demo:t1`)).resolves.toBeDefined();
});
