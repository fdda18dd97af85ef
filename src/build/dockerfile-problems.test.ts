// Dockerfiles of public bug reports, and what ObjDocker plans for them.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FRONTEND_EXAMPLES } from '../../test/build/frontend-examples.ts';
import type { BuildPlan } from '../buildx/plan.ts';
import { loadConfig } from '../config/load.ts';
import { systemEnvironment } from '../lib/environment.ts';
import type { TargetFinder } from './find-targets.ts';
import { prepareBuild } from './prepare.ts';

const REPORTS = new URL('../../test/fixtures/dockerfile-reports/', import.meta.url);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dockerfile-problems-'));
});
afterAll(() => rm(folder, { recursive: true }));

const report = (path: string) => readFile(new URL(path, REPORTS), 'utf8');

async function plan(dockerfile: string, image = '', findTargets?: TargetFinder): Promise<BuildPlan> {
  const config = `demo:
  deployment:
    registry: { type: plain, host: "localhost:5050" }
    image: { repository: demo, tag: "1.0", dockerfile: Dockerfile${image} }
`;
  await writeFile(join(folder, 'config.yaml'), config);
  await writeFile(join(folder, 'Dockerfile'), dockerfile);
  const loaded = await loadConfig(join(folder, 'config.yaml'), { env: {} });
  return prepareBuild(
    loaded.selectPackage(),
    {},
    {
      environment: systemEnvironment(),
      withRevision: false,
      ...(findTargets === undefined ? {} : { findTargets }),
    },
  );
}

const targets = ({ images }: BuildPlan) => images.map(({ target }) => target);
const messages = ({ warnings }: BuildPlan) =>
  warnings.map(({ message }) => message.replace(/^.*\/Dockerfile/, 'Dockerfile'));

describe('a stage or image that is named by the platform', () => {
  it('takes no image from a name that is a stage', async () => {
    const { baseImages, ...rest } = await plan(await report('targetarch-in-from/Dockerfile'));
    expect(baseImages).toEqual(['localhost/python:3.11-slim-bookworm']);
    expect(targets({ ...rest, baseImages })).toEqual(['web']);
  });

  it('follows the platform through the default of a global ARG', async () => {
    const built = await plan(await report('targetarch-in-from/global-arg.Dockerfile'));
    expect(targets(built)).toEqual(['web']);
    expect(built.baseImages).toEqual(['localhost/python:3.11-slim-bookworm']);
  });

  it('names the images of the platforms that are built for', async () => {
    const dockerfile = await report('targetarch-in-from/image-with-arch.Dockerfile');
    expect((await plan(dockerfile)).baseImages).toEqual([]);
    expect((await plan(dockerfile, ', platforms: [linux/amd64, linux/arm64]')).baseImages).toEqual([
      'localhost/bugs-py:1-amd64',
      'localhost/bugs-py:1-arm64',
    ]);
  });
});

describe('heredocs', () => {
  it('closes a heredoc whose last line ends in a backslash and a semicolon', async () => {
    expect(targets(await plan(await report('heredoc-ends-in-backslash/Dockerfile')))).toEqual(['web']);
  });

  it.each(['Dockerfile', 'cmd-json.Dockerfile'])('takes << in quotes and in JSON for text: %s', async (name) => {
    expect(targets(await plan(await report(`shift-or-heredoc-in-quotes/${name}`)))).toEqual(['web']);
  });

  it('warns of an arithmetic shift with spaces, which only frontends before 1.16 take', async () => {
    const built = await plan(await report('shift-or-heredoc-in-quotes/arithmetic.Dockerfile'));
    expect(targets(built)).toEqual(['web']);
    expect(messages(built)).toEqual([
      'Dockerfile:2: a "<<" with a space behind it opens a heredoc that is not closed, as Dockerfile 1.16 and newer read it',
    ]);
  });

  it('rejects a heredoc with a space that is never closed', async () => {
    await expect(plan('FROM scratch AS web\nRUN cat << EOF > /x\nhello\n')).rejects.toMatchObject({
      code: 'DOCKERFILE_INVALID',
      message: expect.stringContaining('Dockerfile:2: the heredoc <<EOF is not closed by a line "EOF"'),
      hint: expect.stringContaining('BuildKit 0.22'),
    });
  });

  it('takes a space before the name of a heredoc', async () => {
    expect(targets(await plan(await report('heredoc-with-a-space/Dockerfile')))).toEqual(['web']);
  });
});

it('keeps the service behind a line that ends in an escaped backslash', async () => {
  const built = await plan(await report('service-lost-behind-double-backslash/Dockerfile'));
  expect(targets(built)).toEqual(['api', 'worker', 'mailer']);
});

it('reads a comment with a backslash between continued lines', async () => {
  const built = await plan(await report('crash-comment-with-backslash/Dockerfile'));
  expect(targets(built)).toEqual(['web']);
});

it('builds the last of two stages of one name, and warns of both lines', async () => {
  const built = await plan(await report('two-stages-of-one-name/Dockerfile'));
  expect(targets(built)).toEqual(['api', 'web']);
  expect(built.excludedStages).toMatchObject([{ stage: 'api', line: 2 }]);
  expect(messages(built)).toEqual(['Dockerfile: 2 stages are named "api" (lines 2 and 4); the last one is built']);
});

it('warns of an image that looks like the mistyped name of a stage', async () => {
  const built = await plan(`FROM scratch AS builder
FROM scratch AS api
COPY --from=buidler /x /x
RUN --mount=from=bilder,target=/y true
COPY --from=nginx /z /z
COPY --from=builder:1 /z /z
FROM buildr AS web
`);
  const names = [
    [3, 'buidler'],
    [4, 'bilder'],
    [7, 'buildr'],
  ];
  expect(messages(built)).toEqual(
    names.map(
      ([line, name]) =>
        `Dockerfile:${line}: no stage above is named "${name}", so the builder looks for an image of that name`,
    ),
  );
  expect(built.warnings.map(({ hint }) => hint)).toEqual(
    names.map(([, name]) => `Did you mean the stage "builder"? For the image, write ${name}:latest.`),
  );
});

it('warns of a secret and an SSH agent that a build needs and does not get', async () => {
  const dockerfile = await report('required-secret-not-named/Dockerfile');
  expect(messages(await plan(dockerfile))).toEqual([
    'Dockerfile:2: RUN mounts the secret "pip", which the build does not get: the build fails at that step',
    'Dockerfile:5: RUN mounts the SSH agent "default", which the build does not get: the build fails at that step',
  ]);
  const [first] = (await plan(dockerfile)).warnings;
  expect(first?.hint).toContain('image.secrets: {pip: {env: VARIABLE}}');
  expect(messages(await plan(dockerfile, ', secrets: {pip: {env: PIP}}'))).toHaveLength(1);
  const optional = await plan(dockerfile.replace(',required=true', ''));
  expect(messages(optional)).toHaveLength(1);
  expect(optional.remarks.map(({ message }) => message)).toEqual([expect.stringContaining('the step runs without it')]);
});

describe('a service that cannot be built', () => {
  const BROKEN =
    'FROM scratch AS good\nFROM scratch AS bad\nCOPY --from=late /x /x\nFROM scratch AS late\nFROM scratch AS other\n';

  it('is rejected before the build with its stage and line', async () => {
    await expect(plan(BROKEN)).rejects.toMatchObject({
      code: 'DOCKERFILE_INVALID',
      message: expect.stringMatching(
        /Dockerfile:3: the service "bad" cannot be built: COPY --from=late names a stage that begins below, in line 4$/,
      ),
      hint: 'Move that stage above this one.',
    });
  });

  it('does no harm when image.services leaves it out', async () => {
    expect(targets(await plan(BROKEN, ', services: [good, other]'))).toEqual(['good', 'other']);
  });
});

describe('a release of the frontend that "# syntax=" names', () => {
  const withSyntax = (tag: string, lines: string) =>
    plan(`# syntax=docker/dockerfile:${tag}\nFROM scratch AS web\n${lines}\n`);

  it.each(FRONTEND_EXAMPLES)('needs $since for $text', async ({ text, since, labs, ignoredBefore, lines }) => {
    const minor = Number(since.slice(2));
    expect(targets(await withSyntax(since, lines))).toEqual(['web']);
    expect(targets(await withSyntax('1', lines))).toEqual(['web']);
    const older = withSyntax(`1.${minor - 1}`, lines);
    if (ignoredBefore === since) {
      expect(messages(await older)).toEqual([
        `Dockerfile:4: ${text} needs Dockerfile ${since}; the frontend docker/dockerfile:1.${minor - 1} is older and ignores it`,
      ]);
      return;
    }
    // An older frontend may refuse another construct of that line first.
    await expect(older).rejects.toMatchObject({
      code: 'DOCKERFILE_INVALID',
      message: expect.stringMatching(
        /Dockerfile:[34]: .* needs Dockerfile 1\.\d+, and the frontend docker\/dockerfile:1\.\d+ is older$/,
      ),
      hint: expect.stringContaining('docker/dockerfile:1 as the frontend'),
    });
    if (labs !== undefined) expect(targets(await withSyntax(`${labs}-labs`, lines))).toEqual(['web']);
  });

  it('is told with the version that takes the construct, and its labs channel', async () => {
    await expect(withSyntax('1.9', 'COPY --parents a /')).rejects.toMatchObject({
      message: expect.stringMatching(
        /Dockerfile:3: COPY --parents needs Dockerfile 1\.20, and the frontend docker\/dockerfile:1\.9 is older$/,
      ),
      hint: 'Name docker/dockerfile:1 as the frontend, or docker/dockerfile:1.7-labs.',
    });
  });

  it('does not matter for a stage that is not built', async () => {
    const dockerfile = `# syntax=docker/dockerfile:1.6
FROM scratch AS web
FROM scratch AS other
ENV A=\${B#c}
`;
    await expect(plan(dockerfile)).rejects.toMatchObject({ code: 'DOCKERFILE_INVALID' });
    expect(targets(await plan(dockerfile, ', services: [web]'))).toEqual(['web']);
  });

  it('counts less than the argument BUILDKIT_SYNTAX', async () => {
    const image = ', buildArgs: {BUILDKIT_SYNTAX: "docker/dockerfile:1.3"}';
    await expect(
      plan('# syntax=docker/dockerfile:1\nFROM scratch AS web\nCOPY --link a /\n', image),
    ).rejects.toMatchObject({
      message: expect.stringContaining('the frontend docker/dockerfile:1.3 is older'),
    });
  });

  it('decides how a "<<" with a space is read', async () => {
    const shift = 'RUN echo $(( 1 << 4 ))';
    expect(messages(await withSyntax('1.15', shift))).toEqual([]);
    await expect(withSyntax('1.16', shift)).rejects.toMatchObject({
      message: expect.stringContaining('is not closed'),
    });
    await expect(withSyntax('1', shift)).rejects.toMatchObject({ message: expect.stringContaining('is not closed') });
  });

  it('decides whether "# check=error=true" has an effect', async () => {
    const dockerfile = (first: string) => `${first}# check=error=true\nFROM scratch AS web\nMAINTAINER me\n`;
    await expect(plan(dockerfile('# syntax=docker/dockerfile:1.8\n'))).rejects.toMatchObject({
      message: expect.stringContaining('makes violations of these rules an error: MaintainerDeprecated'),
    });
    expect(messages(await plan(dockerfile('# syntax=docker/dockerfile:1.7\n')))).toEqual([
      'Dockerfile:2: "# check=" needs Dockerfile 1.8; the frontend docker/dockerfile:1.7 is older and ignores it',
    ]);
    const unknown = await plan(dockerfile(''));
    expect(messages(unknown)).toEqual([
      'Dockerfile:3: the stage "web" cannot be built: "# check=error=true" makes violations of these rules an error: MaintainerDeprecated, as Dockerfile 1.8 and newer read it',
    ]);
    expect(unknown.features.at(-1)).toMatchObject({ until: '1.8', line: 3 });
  });

  it('knows when a rule came', async () => {
    const dockerfile = (tag: string) =>
      `# syntax=docker/dockerfile:${tag}\n# check=error=true\nFROM scratch AS web\nENV TOKEN=x\n`;
    expect(targets(await plan(dockerfile('1.8')))).toEqual(['web']);
    await expect(plan(dockerfile('1.9'))).rejects.toMatchObject({
      message: expect.stringContaining('SecretsUsedInArgOrEnv'),
    });
  });
});

describe('a frontend that ObjDocker does not know', () => {
  const FOREIGN = '# syntax=example.com/team/frontend:1\nthis is: no Dockerfile\n';

  it('gets the file as it is when the config names the services', async () => {
    const built = await plan(FOREIGN, ', services: [api], buildArgs: {A: "1"}');
    expect(targets(built)).toEqual(['api']);
    expect(built.images[0]?.args).toMatchObject({ A: '1' });
    expect(messages(built)).toEqual([
      'Dockerfile: the frontend example.com/team/frontend:1 reads this file; ObjDocker cannot check it',
    ]);
  });

  it('is asked for its targets, with all build arguments, when the config names no services', async () => {
    const asked: unknown[] = [];
    const findTargets: TargetFinder = async (...question) => {
      asked.push(question);
      return [{ name: 'base' }, { name: 'api', base: 'base' }, { name: 'web', base: 'base' }];
    };
    const built = await plan(FOREIGN, ', buildArgs: {A: "1"}', findTargets);
    expect(asked).toEqual([['example.com/team/frontend:1', { PACKAGE: 'demo', VERSION: '1.0', A: '1' }]]);
    expect(built.images.map(({ target, service }) => [target, service])).toEqual([
      ['api', 'api'],
      ['web', 'web'],
    ]);
    expect(built.images[0]?.args).toMatchObject({ A: '1' });
    expect(built.selection).toBe('the frontend example.com/team/frontend:1 names these targets: each is a service');
    expect(built.warnings[0]?.hint).toContain('Name its services in config.yaml');
  });

  it('is not asked when the config names the services, or when the file is a Dockerfile', async () => {
    const findTargets: TargetFinder = async () => {
      throw new Error('asked');
    };
    expect(targets(await plan(FOREIGN, ', services: [api]', findTargets))).toEqual(['api']);
    const dockerfile = '# syntax=example.com/team/frontend:1\nFROM scratch AS web\n';
    expect(targets(await plan(dockerfile, '', findTargets))).toEqual(['web']);
  });

  it.each([[[]], [[{}]], [[{ name: 'only' }]]])(
    'builds one image when it names no several targets: %j',
    async (found) => {
      const built = await plan(FOREIGN, '', async () => found);
      expect(built.images.map(({ service, reference }) => [service, reference])).toEqual([
        [undefined, 'localhost:5050/demo:1.0'],
      ]);
      expect(built.selection).toBe('the frontend example.com/team/frontend:1 has one target');
    },
  );

  it('needs the services in the config when it does not name its targets', async () => {
    await expect(plan(FOREIGN)).rejects.toMatchObject({
      code: 'DOCKERFILE_INVALID',
      message: expect.stringMatching(/Dockerfile:1: the frontend \S+ reads this file, and its services are not known$/),
      hint: expect.stringContaining('deployment.image.services'),
    });
    await expect(plan(FOREIGN, '', async () => 'the frontend gives no target names')).rejects.toMatchObject({
      message: expect.stringMatching(/its services are not known: the frontend gives no target names$/),
    });
  });

  it('may build what the frontend of Docker refuses', async () => {
    const dockerfile =
      '# syntax=example.com/team/frontend:1\nFROM scratch AS web\nCOPY --from=late / /\nFROM scratch AS late\n';
    expect(targets(await plan(dockerfile, ', services: [web]'))).toEqual(['web']);
    await expect(plan(dockerfile.replace(/.*\n/, ''), ', services: [web]')).rejects.toMatchObject({
      code: 'DOCKERFILE_INVALID',
    });
  });

  it('is another one than a copy of the frontend of Docker', async () => {
    await expect(plan(FOREIGN.replace('team/frontend', 'docker/dockerfile'))).rejects.toMatchObject({
      message: expect.stringContaining('Dockerfile:2: unknown instruction "this"'),
    });
  });

  it('may be named by the argument BUILDKIT_SYNTAX', async () => {
    const image = ', services: [api], buildArgs: {BUILDKIT_SYNTAX: "example.com/team/frontend:1"}';
    expect(targets(await plan('this is: no Dockerfile\n', image))).toEqual(['api']);
  });
});

it('describes stages, arguments, bases, secrets and context paths of each image', async () => {
  const dockerfile = `ARG BASE=python:3.12
FROM \${BASE} AS base
ARG MODE=fast
ARG NONE
COPY \${MODE}.txt src/ /x/
FROM base AS web
RUN --mount=type=secret,id=pip true
COPY --from=busybox /bin/sh /sh
`;
  const [image] = (await plan(dockerfile, ', buildArgs: {MODE: slow}')).images;
  expect(image?.contents).toEqual({
    stages: [
      { index: 0, name: 'base', line: 2 },
      { index: 1, name: 'web', line: 6 },
    ],
    arguments: [
      { name: 'MODE', value: 'slow', source: 'image.buildArgs.MODE' },
      { name: 'NONE', source: 'unset' },
      { name: 'BASE', value: 'python:3.12', source: 'dockerfile' },
    ],
    bases: [
      { image: 'python:3.12', line: 2 },
      { image: 'busybox', line: 8 },
    ],
    mounts: [{ type: 'secret', id: 'pip', line: 7, required: false }],
    contextPaths: [
      { path: 'slow.txt', line: 5, instruction: 'COPY' },
      { path: 'src', line: 5, instruction: 'COPY' },
    ],
  });
});
