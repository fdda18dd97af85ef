import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BuildPlan } from '../buildx/plan.ts';
import { loadConfig } from '../config/load.ts';
import type { Package } from '../config/package.ts';
import { systemEnvironment } from '../lib/environment.ts';
import type { PlanOptions } from './build-plan.ts';
import { prepareBuild } from './prepare.ts';
import { serviceRepositories } from './service-repositories.ts';

const SERVICES = `ARG BASE_IMAGE
FROM \${BASE_IMAGE} AS builder
ARG PACKAGE
ARG COMPILE_JOBS
RUN make
FROM builder AS test
RUN make test
FROM builder AS api
ARG VERSION
ARG INDEX_URL
FROM builder AS worker
`;

let root: string;
let count = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'build-plan-'));
});
afterAll(() => rm(root, { recursive: true }));

interface Setup {
  /** Beside repository, tag and dockerfile: `, services: [api]`. */
  readonly image?: string;
  readonly registry?: string;
  readonly compile?: string;
  readonly tag?: string;
  readonly env?: Record<string, string>;
  readonly files?: Record<string, string>;
  readonly links?: Record<string, string>;
  readonly options?: PlanOptions;
}

async function plan(dockerfile: string, setup: Setup = {}): Promise<BuildPlan> {
  const { env = {}, options = {} } = setup;
  const environment = { ...systemEnvironment(), env: { PATH: process.env.PATH, ...env } };
  return prepareBuild(await readPackage(dockerfile, setup), options, { environment });
}

async function readPackage(dockerfile: string, setup: Setup): Promise<Package> {
  const folder = join(root, String(count++));
  const { image = '', registry = '', compile = '', tag = '"1.0"', env = {}, files = {}, links = {} } = setup;
  const all = {
    'config.yaml': `shop:
  deployment:
    registry: {type: harbor, host: "registry.example.com", project: axion${registry}}
    image: {repository: axion-shop, tag: ${tag}, dockerfile: axion.dockerfile, baseImage: "python:3.12"${image}}
    compile: {${compile}}
`,
    'axion.dockerfile': dockerfile,
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  for (const [path, target] of Object.entries(links)) await symlink(target, join(folder, path));
  return (await loadConfig(join(folder, 'config.yaml'), { env })).selectPackage();
}

const references = ({ images }: BuildPlan) => images.map(({ reference }) => reference);
const messages = ({ warnings }: BuildPlan) => warnings.map(({ message }) => message);

describe('the tag', () => {
  it('may be missing in the config when it is given', async () => {
    const { images } = await plan(SERVICES, { tag: '""', options: { tag: '2.0' } });
    expect(images[1]).toMatchObject({ reference: 'registry.example.com/axion/api-shop:2.0', args: { VERSION: '2.0' } });
  });

  it('is named by the error when it is missing, with what sets it', async () => {
    await expect(plan(SERVICES, { tag: '""' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/^the package shop has no tag: .*config\.yaml does not set image\.tag$/),
      hint: expect.stringContaining('--tag TAG'),
    });
  });

  it('is not needed, nor its variable, for the repositories of the services', async () => {
    for (const tag of ['""', '"${UNSET}"']) {
      expect(
        await serviceRepositories(await readPackage(SERVICES, { tag }), { environment: systemEnvironment() }),
      ).toEqual([
        { service: 'test', repository: 'axion/test-shop' },
        { service: 'api', repository: 'axion/api-shop' },
        { service: 'worker', repository: 'axion/worker-shop' },
      ]);
    }
    const single = await readPackage('FROM scratch\n', { tag: '""' });
    expect(await serviceRepositories(single, { environment: systemEnvironment() })).toEqual([
      { repository: 'axion/axion-shop' },
    ]);
  });
});

describe('build caches', () => {
  const caches = ({ images }: BuildPlan) => images.map(({ cacheFrom, cacheTo }) => ({ cacheFrom, cacheTo }));
  const TWO = 'FROM scratch AS api\nFROM scratch AS worker\n';

  it('are none by default', async () => {
    expect(caches(await plan(TWO))).toEqual([{}, {}]);
  });

  it('are in the repository of each image with cache: registry, beside those of the config', async () => {
    const image = ', cache: registry, cacheFrom: ["type=registry,ref=other.example.com/{package}-{service}"]';
    const own = (service: string) => `type=registry,ref=registry.example.com/axion/${service}-shop:buildcache`;
    const of = (service: string) => ({
      cacheFrom: [`type=registry,ref=other.example.com/shop-${service}`, own(service)],
      cacheTo: [`${own(service)},mode=max,image-manifest=true,ignore-error=true`],
    });
    expect(caches(await plan(TWO, { image }))).toEqual([of('api'), of('worker')]);
    const single = await plan('FROM scratch\n', { image: ', cache: registry' });
    expect(single.images[0]?.cacheFrom).toEqual(['type=registry,ref=registry.example.com/axion/axion-shop:buildcache']);
  });

  it('are written to one place for each service', async () => {
    const cacheTo = (text: string) => `, cacheTo: ["${text}"]`;
    const to = (text: string, options = {}) => plan(TWO, { image: cacheTo(text), options });
    expect((await to('type=local,dest=cache/{service}')).images.map((each) => each.cacheTo)).toEqual([
      ['type=local,dest=cache/api'],
      ['type=local,dest=cache/worker'],
    ]);
    expect((await to('type=inline')).images[1]?.cacheTo).toEqual(['type=inline']);
    const rejection = {
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/^shop\.deployment\.image\.cacheTo: 2 services would write .* "type=gha"/),
      hint: expect.stringContaining('{service}'),
    };
    await expect(to('type=gha')).rejects.toMatchObject(rejection);
    // The next build of the other service would replace it.
    await expect(to('type=gha', { services: ['api'] })).rejects.toMatchObject(rejection);
    const single = await plan('FROM scratch\n', { image: cacheTo('type=gha') });
    expect(single.images[0]?.cacheTo).toEqual(['type=gha']);
  });
});

describe('which stages are images', () => {
  it.each([
    ['named', 'FROM scratch AS app\n', 'app'],
    ['unnamed', 'FROM scratch AS base\nFROM base\n', undefined],
  ])('takes one final stage, %s, as the single image', async (_which, dockerfile, target) => {
    const single = await plan(dockerfile);
    expect(references(single)).toEqual(['registry.example.com/axion/axion-shop:1.0']);
    expect(single.images[0]?.target).toBe(target);
    expect(single.images[0]?.service).toBeUndefined();
  });

  it('takes several named final stages as services, also a test stage', async () => {
    const several = await plan(SERVICES);
    expect(references(several)).toEqual([
      'registry.example.com/axion/test-shop:1.0',
      'registry.example.com/axion/api-shop:1.0',
      'registry.example.com/axion/worker-shop:1.0',
    ]);
    expect(several.selection).toContain('several named final stages');
  });

  it('takes the stages in image.services, and lists the others as excluded stages', async () => {
    const named = await plan(SERVICES, { image: ', services: [api, builder]' });
    expect(named.images.map(({ service, target }) => [service, target])).toEqual([
      ['api', 'api'],
      ['builder', 'builder'],
    ]);
    expect(named.excludedStages.map(({ stage, line }) => [stage, line])).toEqual([
      ['test', 6],
      ['worker', 11],
    ]);
  });

  it('takes an unnamed last stage as the image next to one named final stage, not next to several', async () => {
    const one = await plan('FROM scratch AS base\nFROM base AS test\nFROM base\n');
    expect(references(one)).toEqual(['registry.example.com/axion/axion-shop:1.0']);
    expect(one.excludedStages).toMatchObject([{ stage: 'test' }]);
    const several = await plan('FROM scratch AS a\nFROM scratch AS b\nFROM scratch\n');
    expect(several.images.map(({ service }) => service)).toEqual(['a', 'b']);
    expect(several.excludedStages).toMatchObject([
      { stage: 'stage 2', reason: expect.stringContaining('only a named stage') },
    ]);
  });

  it('selects services, and suggests a name for an unknown one', async () => {
    const narrowed = await plan(SERVICES, { options: { services: ['Worker', 'api'] } });
    expect(narrowed.images.map(({ service }) => service)).toEqual(['api', 'worker']);
    await expect(plan(SERVICES, { options: { services: ['api', 'wrker'] } })).rejects.toMatchObject({
      code: 'SERVICE_UNKNOWN',
      message: 'package "shop" has no service "wrker" (did you mean "worker"?)',
      hint: 'The services are test, api and worker.',
    });
    await expect(plan(SERVICES, { options: { services: ['builder'] } })).rejects.toMatchObject({
      hint: expect.stringContaining('image.services'),
    });
    await expect(plan(SERVICES, { image: ', services: [apii]' })).rejects.toMatchObject({
      code: 'SERVICE_UNKNOWN',
      message: expect.stringContaining('(did you mean "api"?)'),
    });
    await expect(plan('FROM scratch\n', { options: { services: ['x'] } })).rejects.toMatchObject({
      hint: expect.stringContaining('single image'),
    });
  });
});

describe('build arguments', () => {
  it('go to the targets whose stages declare them', async () => {
    const { images } = await plan(SERVICES, { compile: 'jobs: 2, include: ["app/*.py"]' });
    expect(images.map(({ args }) => args)).toEqual([
      { BASE_IMAGE: 'python:3.12', PACKAGE: 'shop', COMPILE_JOBS: '2' },
      { BASE_IMAGE: 'python:3.12', PACKAGE: 'shop', COMPILE_JOBS: '2', VERSION: '1.0' },
      { BASE_IMAGE: 'python:3.12', PACKAGE: 'shop', COMPILE_JOBS: '2' },
    ]);
  });

  it('that nothing declares give a warning with a suggestion', async () => {
    const warned = await plan(SERVICES, {
      image: ', baseRuntimeImage: "x:1", buildArgs: {INDEX_URLS: "x", PACKAGE: "other"}, services: [worker]',
      compile: 'jobs: 2, exclude: ["x.py"]',
    });
    expect(warned.images[0]?.args).toEqual({ BASE_IMAGE: 'python:3.12', PACKAGE: 'other', COMPILE_JOBS: '2' });
    expect(messages(warned)).toEqual([
      expect.stringMatching(
        /^image\.baseRuntimeImage has no effect: .*axion\.dockerfile declares no ARG BASE_RUNTIME_IMAGE/,
      ),
      expect.stringMatching(/^compile\.exclude has no effect/),
      expect.stringMatching(/^image\.buildArgs\.INDEX_URLS has no effect: .*\(did you mean "INDEX_URL"\?\)$/),
    ]);
  });

  it('that only unbuilt stages use give a warning, except with --service', async () => {
    const image = ', buildArgs: {INDEX_URL: "x"}, services: [worker, api]';
    expect(messages(await plan(SERVICES, { image: image.replace(', api', '') }))).toEqual([
      'image.buildArgs.INDEX_URL has no effect: no stage that is built uses ARG INDEX_URL',
    ]);
    expect(messages(await plan(SERVICES, { image, options: { services: ['worker'] } }))).toEqual([]);
  });

  it('are read only when they are used', async () => {
    const unused = await plan(SERVICES, { image: ', buildArgs: {OTHER: "${NOT_SET}"}' });
    expect(messages(unused)).toHaveLength(1);
    await expect(plan(SERVICES, { image: ', buildArgs: {INDEX_URL: "${NOT_SET}"}' })).rejects.toMatchObject({
      code: 'VARIABLE_UNSET',
    });
  });

  it('that BuildKit predefines are passed without a declaration', async () => {
    const { images, warnings } = await plan('FROM scratch\n', {
      image: ', buildArgs: {http_proxy: "http://proxy:3128"}',
    });
    expect(images[0]?.args).toEqual({ http_proxy: 'http://proxy:3128' });
    expect(warnings).toMatchObject([{ message: expect.stringContaining('image.baseImage') }]);
  });

  it.each([
    'https://user:pass@pypi.example.com/simple',
    '--extra-index-url https://token@pypi.example.com/x',
    'postgres://u:p@db/x',
  ])('with credentials in a URL are rejected: %s', async (value) => {
    const refused = plan(SERVICES, {
      image: ', buildArgs: {INDEX_URL: "${FROM_OUTSIDE}"}',
      env: { FROM_OUTSIDE: value },
    });
    const error: unknown = await refused.catch((it: unknown) => it);
    // What has the form user:password@ the config's own rule refuses already, with its line.
    expect(error).toMatchObject({ code: expect.stringMatching(/^(SECRET_IN_BUILD_ARG|CONFIG_INVALID)$/) });
    expect(JSON.stringify(error)).toContain('image.secrets');
    expect(JSON.stringify(error)).not.toMatch(/pass|token@|u:p@/);
  });

  it.each(['https://pypi.example.com/a@b', 'ssh://git@github.com/x', 'a@b.c', 'http://host:80/x@y'])(
    'without are fine: %s',
    async (value) => {
      const { images } = await plan(SERVICES, { image: `, buildArgs: {INDEX_URL: "${value}"}` });
      expect(images[1]?.args.INDEX_URL).toBe(value);
    },
  );

  it('are expanded in FROM before the stages are read', async () => {
    const chosen = await plan('ARG KIND=one\nFROM scratch AS one\nFROM scratch AS two\nFROM ${KIND}\n', {
      image: ', buildArgs: {KIND: two}',
    });
    expect(chosen.excludedStages).toMatchObject([{ stage: 'one' }]);
  });
});

describe('tag, platforms and builder', () => {
  it('come from the options first, then from the config', async () => {
    const own = await plan(SERVICES, { image: ', platforms: ["linux/aarch64"], builder: multi' });
    expect(own).toMatchObject({ platforms: ['linux/arm64'], builder: 'multi' });
    const other = await plan(SERVICES, {
      image: ', platforms: ["linux/arm64"], builder: multi',
      options: { tag: 'v2', platforms: ['linux/amd64,arm64'], builder: 'mine', noCache: true, pull: true },
    });
    expect(other).toMatchObject({
      platforms: ['linux/amd64', 'linux/arm64'],
      builder: 'mine',
      noCache: true,
      pull: true,
    });
    expect(references(other)[1]).toBe('registry.example.com/axion/api-shop:v2');
    expect(other.images[1]?.args.VERSION).toBe('v2');
  });

  it('allow an image tag that differs from VERSION', async () => {
    const staged = await plan(SERVICES, { options: { tag: 'v2', imageTag: 'staging' } });
    expect(references(staged)[1]).toBe('registry.example.com/axion/api-shop:staging');
    expect(staged.images[1]?.args.VERSION).toBe('v2');
  });

  it('are rejected when they are invalid', async () => {
    await expect(plan(SERVICES, { options: { tag: 'no spaces' } })).rejects.toMatchObject({
      code: 'REFERENCE_INVALID',
      message: expect.stringContaining('"no spaces" is not a tag'),
    });
    await expect(plan(SERVICES, { options: { tag: 'x'.repeat(10_000) } })).rejects.toMatchObject({
      code: 'REFERENCE_INVALID',
    });
    await expect(plan(SERVICES, { options: { platforms: ['$(id)'] } })).rejects.toMatchObject({
      code: 'PLATFORM_INVALID',
    });
  });

  it("do not read the config's tag when --tag is set", async () => {
    const tagged = await plan('FROM scratch\n', { image: ', repository: x', options: { tag: 'v2' } }).catch(
      () => undefined,
    );
    expect(tagged).toBeUndefined();
    const unset = await plan('ARG VERSION\nFROM scratch\n', { options: { tag: 'v3' } });
    expect(references(unset)).toEqual(['registry.example.com/axion/axion-shop:v3']);
  });

  it('tell whether a RUN needs the target platform', async () => {
    const [first] = (
      await plan(
        'FROM --platform=$BUILDPLATFORM x AS b\nRUN make\nFROM b AS c\nRUN more\nFROM scratch\nCOPY --from=c /a /a\n',
      )
    ).images;
    expect(first?.firstRun).toBeUndefined();
    const [second] = (await plan('FROM --platform=$TARGETPLATFORM x\nUSER me\nRUN make\n')).images;
    expect(second?.firstRun).toEqual({ line: 3 });
  });
});

describe('excluded files', () => {
  const registry = ', username: me, password: "tiger-and-tulip"';

  it('are the config with a literal secret, and every password file', async () => {
    const kept = await plan('FROM scratch\nCOPY . /\n', {
      registry: ', username: me, passwordFile: "conf/password"',
      files: { 'conf/password': 'x' },
    });
    expect(kept.excluded).toMatchObject([{ path: 'conf/password' }]);
    expect((await plan('FROM scratch\n', { registry })).excluded).toMatchObject([{ path: 'config.yaml' }]);
    expect((await plan('FROM scratch\n')).excluded).toEqual([]);
    expect(
      (await plan('FROM scratch\n', { registry, image: ', context: sub', files: { 'sub/x': '' } })).excluded,
    ).toEqual([]);
  });

  it('include the target of a link', async () => {
    const kept = await plan('FROM scratch\n', {
      registry: ', username: me, passwordFile: "password"',
      files: { 'real/password': 'x' },
      links: { password: 'real/password' },
    });
    expect(kept.excluded.map(({ path }) => path).sort()).toEqual(['password', 'real/password']);
  });

  it.each([
    ['COPY config.yaml /x', 2, 'COPY puts "config.yaml"'],
    ['COPY ["a", "./sub/../config.yaml", "/x"]', 2, 'COPY puts'],
    ['ADD --chown=1 /config.yaml /x', 2, 'ADD puts'],
    ['RUN --mount=type=bind,source=config.yaml,target=/c true', 2, 'RUN --mount puts'],
    ['ARG F=config\nCOPY ${F}.yaml /x', 3, 'COPY puts "${F}.yaml"'],
    ['COPY other-name /x', 2, 'COPY puts "other-name"'],
  ])('cannot be copied or mounted: %s', async (instruction, line, message) => {
    await expect(
      plan(`FROM scratch\n${instruction}\n`, { registry, links: { 'other-name': 'config.yaml' } }),
    ).rejects.toMatchObject({
      code: 'SECRET_IN_CONTEXT',
      message: expect.stringMatching(
        new RegExp(`axion\\.dockerfile:${line}: ${message.replace(/[${}.]/g, '\\$&')}.*registry\\.password`),
      ),
    });
  });

  it.each([
    'COPY . /x',
    'COPY --from=busybox config.yaml /x',
    'COPY sub/config.yaml /x',
    'COPY *.yaml /x',
    'ADD https://x/config.yaml /x',
  ])('do not block other files: %s', async (instruction) => {
    await expect(plan(`FROM scratch\n${instruction}\n`, { registry })).resolves.toBeDefined();
  });
});

it('reports a missing context or Dockerfile', async () => {
  await expect(plan('FROM scratch\n', { image: ', context: nowhere' })).rejects.toMatchObject({
    code: 'CONTEXT_INVALID',
  });
  await expect(plan('FROM scratch\n', { image: ', context: axion.dockerfile' })).rejects.toMatchObject({
    code: 'CONTEXT_INVALID',
    message: expect.stringContaining('is not a directory'),
  });
});

describe('what the caller writes', () => {
  it('is excluded from the context', async () => {
    const { excluded } = await plan('FROM scratch\nCOPY . /x\n', {
      options: { outputs: [join(root, String(count), 'reports'), '/elsewhere'] },
    });
    expect(excluded).toEqual([{ path: 'reports', reason: 'is written by this run', isOutput: true }]);
  });

  it('cannot be copied by name', async () => {
    const outputs = [join(root, String(count), 'reports')];
    await expect(plan('FROM scratch\nCOPY reports /x\n', { options: { outputs } })).rejects.toMatchObject({
      code: 'CONTEXT_INVALID',
      message: expect.stringContaining(
        'axion.dockerfile:2: COPY puts "reports" into the image, which is written by this run',
      ),
      hint: expect.stringContaining('somewhere else'),
    });
  });

  it('cannot be the context itself', async () => {
    const outputs = [join(root, String(count))];
    await expect(plan('FROM scratch\n', { options: { outputs } })).rejects.toMatchObject({ code: 'USAGE' });
  });
});
