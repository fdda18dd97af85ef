import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { objdocker } from '../../harness/cli.ts';
import { configYaml, createProject, type Project } from '../../harness/project.ts';
import { docker } from '../../harness/sandbox.ts';

const HOST = 'surroundings.example.com';
const IMAGE = `${HOST}/axion-shop:test`;
const DOCKERFILE = `FROM localhost/busybox:bookworm
ARG REVISION
LABEL org.opencontainers.image.revision=\${REVISION}
`;

const run = promisify(execFile);
let project: Project;

beforeAll(async () => {
  project = await createProject({ Dockerfile: DOCKERFILE, 'config.yaml': configYaml({ host: HOST }) });
});

afterAll(async () => {
  await docker(['rmi', '--force', IMAGE]);
  await project[Symbol.asyncDispose]();
});

const build = (args: readonly string[], env: Readonly<Record<string, string>>) =>
  objdocker(['build', ...args], { cwd: project.directory, env });

const inspect = async (format: string) => (await docker(['image', 'inspect', '--format', format, IMAGE])).trim();

describe('variables that docker and buildx read', () => {
  it('change nothing that the plan does not say: platform and labels', async () => {
    await run('git', ['init', '--quiet'], { cwd: project.directory });
    const variables = { DOCKER_DEFAULT_PLATFORM: 'linux/s390x', BUILDX_GIT_LABELS: 'full' };
    const plan = await build(['--dry-run'], variables);
    expect(plan.stdout).toContain("platforms the engine's own, loaded");
    const { code, stderr } = await build([], variables);
    expect(code).toBe(0);
    const engine = await docker(['version', '--format', '{{.Server.Arch}}']);
    expect(await inspect('{{.Architecture}}')).toBe(engine.trim());
    expect(await inspect('{{json .Config.Labels}}')).not.toContain('vcs');
    for (const text of [plan.stdout, stderr])
      expect(text.match(/^warning: DOCKER_DEFAULT_PLATFORM=linux\/s390x has no effect/gm)).toHaveLength(1);
    expect((await build(['--dry-run', '--platform', 'linux/arm64'], variables)).stdout).not.toContain('no effect');
  });

  it('name the builder and the time of the build, as the plan says', async () => {
    const { stdout } = await build(['--dry-run', '--json'], { BUILDX_BUILDER: 'theirs', SOURCE_DATE_EPOCH: '86400' });
    const [image] = JSON.parse(stdout).images;
    expect(image.args).toMatchObject({ SOURCE_DATE_EPOCH: '86400' });
    expect(image.command).toContain('--builder theirs');
    expect((await build([], { SOURCE_DATE_EPOCH: '86400' })).code).toBe(0);
    expect(await inspect('{{.Created}}')).toBe('1970-01-02T00:00:00Z');
    const unknown = await build([], { BUILDX_BUILDER: 'theirs' });
    expect(unknown.stderr).toContain('cannot use the buildx builder "theirs"');
  });
});

describe('a commit that is not known', () => {
  const others = '65534:65534';

  it('is told when Git refuses a repository of another owner', async () => {
    await using theirs = await createProject({ Dockerfile: DOCKERFILE, 'config.yaml': configYaml({ host: HOST }) });
    const { directory } = theirs;
    await run('git', ['init', '--quiet'], { cwd: directory });
    await run('git', ['add', '.'], { cwd: directory });
    await run('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', 'commit', '--quiet', '-m', 'first'], {
      cwd: directory,
    });
    await run('chown', ['-R', others, directory]);
    const env = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
    const { code, stdout } = await objdocker(['build', '--dry-run'], { cwd: directory, env });
    expect(code).toBe(0);
    expect(stdout).toContain('warning: REVISION is not set: ');
    expect(stdout).toContain('Git refuses a repository of another owner ("dubious ownership")');
    expect(stdout).toContain(`git config --global --add safe.directory ${directory}`);
  });

  it('is a note of the dry run without a commit, and no warning of a build', async () => {
    expect((await build(['--dry-run', '--json'], {})).stdout).toContain('its Git repository has no commit yet');
    expect((await build([], {})).stderr).not.toContain('REVISION');
  });
});

it('names a secret that the build does not get before the step that needs it fails', async () => {
  await using needy = await createProject({
    Dockerfile: `FROM localhost/busybox:bookworm AS api
RUN --mount=type=secret,id=pip,required=true cat /run/secrets/pip
RUN --mount=type=secret,id=optional true
FROM localhost/busybox:bookworm AS web
RUN --mount=type=ssh,required true
`,
    'config.yaml': configYaml({ host: HOST }),
  });
  const { code, stderr } = await objdocker(['build', '--progress', 'plain'], { cwd: needy.directory });
  expect(code).toBe(3);
  const lines = stderr.split('\n');
  const warned = lines.findIndex((line) => line.includes('Dockerfile:2: RUN mounts the secret "pip"'));
  expect(lines[warned]).toMatch(/^warning: .*the build fails at that step.*image\.secrets: \{pip: /);
  expect(stderr).toMatch(/^warning: .*Dockerfile:5: RUN mounts the SSH agent "default"/m);
  expect(stderr).not.toContain('"optional"');
  const failed = lines.findIndex((line) => /^objdocker: .* failed/.test(line));
  expect(failed).toBeGreaterThan(warned);
  const preflight = await objdocker(['preflight', '--json'], { cwd: needy.directory });
  const check = JSON.parse(preflight.stdout).checks.find(({ id }: { id: string }) => id === 'dockerfile');
  expect(check).toMatchObject({ status: 'warning', detail: expect.stringContaining('the secret "pip"') });
});
