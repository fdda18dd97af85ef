import { createHash, randomBytes } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { JSON_OUTPUTS, type JsonOutputs } from '../../../src/cli/json-output.ts';
import { type CliOptions, objdocker } from '../../harness/cli.ts';
import { configYaml, createProject, type Project, TWO_SERVICES } from '../../harness/project.ts';
import { docker } from '../../harness/sandbox.ts';

const REGISTRY = process.env.OBJDOCKER_SANDBOX_REGISTRY ?? '';
/** Part of all names: other tests use the same engine and registry. */
const RUN = randomBytes(4).toString('hex');
const FILES = { 'shared.txt': 's', 'web.txt': 'w', 'worker.txt': 'k' };

const built = new Set<string>();

afterAll(async () => {
  if (built.size > 0) await docker(['rmi', '--force', ...built]);
});

type Image = Readonly<Record<string, unknown>>;

function project(dockerfile: string, image: Image = {}, files: Readonly<Record<string, string>> = {}) {
  const config = configYaml({ host: REGISTRY, repository: `single-${RUN}`, tag: RUN, image });
  return createProject({ ...FILES, ...files, Dockerfile: dockerfile, 'config.yaml': config });
}

/** Runs a command with --json. Returns its JSON output, which must match its schema. */
async function ask<Name extends keyof JsonOutputs>(
  name: Name,
  { directory }: Project,
  args: readonly string[],
  { code = 0, env = {} }: { code?: number; env?: CliOptions['env'] } = {},
): Promise<{ document: JsonOutputs[Name]; stderr: string }> {
  const result = await objdocker([...args, '--json'], { cwd: directory, env: { ...env } });
  expect(result.code, result.stderr).toBe(code);
  const parsed: unknown = JSON.parse(result.stdout);
  JSON_OUTPUTS[name].parse(parsed);
  if (name === 'build') for (const { reference } of (parsed as JsonOutputs['build']).images) built.add(reference);
  return { document: parsed as JsonOutputs[Name], stderr: result.stderr };
}

describe('objdocker build', () => {
  it('builds all services, or those of --service, with the tag of --tag', async () => {
    await using shop = await project(`${TWO_SERVICES}\nFROM shared AS cron\nCMD ["/cron"]\n`);
    const some = ['--service', 'worker', '--service', 'web', '--tag', `${RUN}-2`];
    const { document } = await ask('build', shop, ['build', ...some]);
    expect(document.images.map(({ service, reference }) => [service, reference])).toEqual([
      ['web', `${REGISTRY}/web-shop:${RUN}-2`],
      ['worker', `${REGISTRY}/worker-shop:${RUN}-2`],
    ]);
    const inspect = ['image', 'inspect', '--format', '{{json .Config.Labels}}', `${REGISTRY}/web-shop:${RUN}-2`];
    expect(JSON.parse(await docker(inspect))).toMatchObject({ version: `${RUN}-2` });

    const all = await ask('build', shop, ['build']);
    expect(all.document.images.map(({ service }) => service)).toEqual(['web', 'worker', 'cron']);
    expect(all.stderr).toMatch(/^built 3 images in .+ steps from the cache$/m);
  });

  it.each([
    ['named', 'FROM scratch AS shop\nCOPY web.txt /\n'],
    ['unnamed', 'FROM scratch AS assets\nCOPY shared.txt /\nFROM scratch\nCOPY --from=assets /shared.txt /\n'],
  ])('builds the single image of a Dockerfile whose last stage is %s', async (_what, dockerfile) => {
    await using shop = await project(dockerfile);
    const { document } = await ask('build', shop, ['build']);
    expect(document.images.map(({ reference }) => reference)).toEqual([`${REGISTRY}/single-${RUN}:${RUN}`]);
    expect(document.images[0]).not.toHaveProperty('service');
    expect(await docker(['image', 'inspect', '--format', '{{.Id}}', `${REGISTRY}/single-${RUN}:${RUN}`])).toMatch(
      /^sha256:/,
    );
  });

  it('builds only the services in image.services', async () => {
    await using shop = await project(`${TWO_SERVICES}\nFROM localhost/busybox:bookworm AS test\nRUN exit 1\n`, {
      services: ['web', 'worker'],
    });
    const { document } = await ask('build', shop, ['build']);
    expect(document.images.map(({ service }) => service)).toEqual(['web', 'worker']);
    const plan = await ask('build-plan', shop, ['build', '--dry-run']);
    expect(plan.document.excludedStages).toEqual([
      { stage: 'test', line: 14, reason: expect.stringContaining('image.services') },
    ]);
  });

  it('names images with the project of Harbor', async () => {
    await using shop = await createProject({
      ...FILES,
      Dockerfile: TWO_SERVICES,
      'config.yaml': configYaml({ host: 'harbor.example.com', type: 'harbor', project: 'axion', tag: '1.0' }),
    });
    // A dry run needs no engine and no network.
    const env = { DOCKER_HOST: 'unix:///nonexistent/docker.sock' };
    const { document } = await ask('build-plan', shop, ['build', '--dry-run'], { env });
    expect(document.images.map(({ reference }) => reference)).toEqual([
      'harbor.example.com/axion/web-shop:1.0',
      'harbor.example.com/axion/worker-shop:1.0',
    ]);
    const shown = await objdocker(['build', '--dry-run'], { cwd: shop.directory, env });
    expect(shown.stdout).toContain('--tag harbor.example.com/axion/worker-shop:1.0');
  });
});

describe('build arguments and secrets', () => {
  const echo = (words: string) => `FROM localhost/busybox:bookworm\n${words}\n`;

  it('passes declared arguments, and warns of an undeclared one', async () => {
    await using shop = await project(echo('ARG GREETING\nRUN echo "$GREETING, ${GRETING:-nobody}" > /said'), {
      buildArgs: { GREETING: 'good day', GRETING: 'somebody' },
    });
    const { document, stderr } = await ask('build', shop, ['build', '--verbose']);
    const warning =
      /image\.buildArgs\.GRETING has no effect: .+Dockerfile declares no ARG GRETING \(did you mean "GREETING"\?\)/;
    expect(stderr).toMatch(new RegExp(`^warning: ${warning.source}\\. Add "ARG GRETING" `, 'm'));
    expect(document.warnings).toEqual([expect.stringMatching(warning)]);
    expect(await inImage('cat', '/said')).toBe('good day, nobody');
    const plan = await ask('build-plan', shop, ['build', '--dry-run']);
    expect(plan.document.images[0]?.args).toEqual({ GREETING: 'good day' });
  });

  it('passes secrets from a variable and a file to the step that mounts them', async () => {
    // The cache key does not contain the secret: without RUN, the build would use the result of an earlier run.
    const mounts = '--mount=type=secret,id=token --mount=type=secret,id=pip,target=/etc/pip.conf';
    await using shop = await project(
      echo(
        `RUN ${mounts} cat /run/secrets/token /etc/pip.conf | sha256sum > /sum # ${RUN}\nRUN ! test -e /run/secrets/token`,
      ),
      { secrets: { token: { env: 'OBJDOCKER_TEST_TOKEN' }, pip: { file: 'private/pip.conf' } } },
      { 'private/pip.conf': `index-url = ${RUN}\n` },
    );
    await ask('build', shop, ['build'], { env: { OBJDOCKER_TEST_TOKEN: `token ${RUN}\n` } });
    const digest = createHash('sha256').update(`token ${RUN}\nindex-url = ${RUN}\n`).digest('hex');
    expect(await inImage('cat', '/sum')).toBe(`${digest}  -`);
  });

  it.each([
    [{ env: 'OBJDOCKER_TEST_TOKEN' }, 'VARIABLE_UNSET', /OBJDOCKER_TEST_TOKEN/],
    [{ file: 'private/token' }, 'SECRET_FILE_UNREADABLE', /private\/token/],
  ])('rejects a missing secret: %o', async (secret, errorCode, message) => {
    await using shop = await project(echo('RUN --mount=type=secret,id=token true'), { secrets: { token: secret } });
    const { document } = await ask('error', shop, ['build'], { code: 2, env: { OBJDOCKER_TEST_TOKEN: undefined } });
    expect(document.error).toMatchObject({ code: errorCode, message: expect.stringMatching(message) });
  });

  async function inImage(...command: string[]): Promise<string> {
    return docker(['run', '--rm', `${REGISTRY}/single-${RUN}:${RUN}`, ...command]);
  }
});

it('every command prints one JSON object that matches its schema', async () => {
  await using shop = await project(TWO_SERVICES);
  await ask('build', shop, ['build', '--progress', 'plain']);
  const push = await ask('push', shop, ['push', '--service', 'web']);
  expect(push.document.images).toEqual([
    {
      reference: `${REGISTRY}/web-shop:${RUN}`,
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      durationMs: expect.any(Number),
    },
  ]);
  expect((await ask('registry', shop, ['registry'])).document).toMatchObject({ host: REGISTRY, status: 'healthy' });
  expect((await ask('preflight', shop, ['preflight'])).document.ok).toBe(true);
  expect((await ask('config-check', shop, ['config', 'check'])).document).toEqual({ items: [], total: 0 });
  const usage = await ask('error', shop, ['bild'], { code: 2 });
  expect(usage.document.error).toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining('did you mean "build"?'),
  });
});
