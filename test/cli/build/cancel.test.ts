import { randomInt } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliResult, objdocker } from '../../harness/cli.ts';
import { processesWith, until } from '../../harness/processes.ts';
import { configYaml, createProject, type Project } from '../../harness/project.ts';
import { serveRaw } from '../../harness/registry-server.ts';
import { docker, type SandboxRegistry, startRegistry } from '../../harness/sandbox.ts';

// A process that has to be ended, because its clean-up takes too long, has no exit code.
const SIGNALS = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const;

/** A command with its own temporary folder, which identifies its child processes. */
class Running {
  readonly temp: string;
  readonly ended: Promise<CliResult>;
  #pid = 0;

  constructor(args: readonly string[], project: Project, temp: string) {
    this.temp = temp;
    this.ended = objdocker(args, {
      cwd: project.directory,
      env: { TMPDIR: temp },
      onStart: (pid) => {
        this.#pid = pid;
      },
    });
  }

  static async start(args: readonly string[], project: Project): Promise<Running> {
    const temp = project.path(`tmp-${randomInt(1e9)}`);
    await mkdir(temp);
    return new Running(args, project, temp);
  }

  async cancel(signal: NodeJS.Signals): Promise<CliResult> {
    process.kill(this.#pid, signal);
    return await this.ended;
  }

  children(): Promise<string[]> {
    return processesWith(`TMPDIR=${this.temp}`, 'environ');
  }

  async expectNothingLeft(): Promise<void> {
    expect(await this.children()).toEqual([]);
    expect(await readdir(this.temp)).toEqual([]);
  }
}

/** A RUN command with a unique argument, and a function that lists its processes. */
function slowRun(): { readonly command: string; readonly running: () => Promise<string[]> } {
  const command = `sleep 4711${randomInt(1e6)}`;
  const running = async () => (await processesWith(command, 'cmdline')).filter((line) => / sleep \d+ $/.test(line));
  return { command, running };
}

describe.each(SIGNALS)('%s', (signal, code) => {
  it('ends a build during a RUN, also in the engine, and leaves nothing behind', async () => {
    const slow = slowRun();
    const dockerfile = (command: string) => `FROM localhost/busybox:bookworm\nRUN ${command}\n`;
    await using project = await createProject({
      Dockerfile: dockerfile(slow.command),
      'config.yaml': configYaml({ host: '127.0.0.1:9', repository: `cancel-${signal.toLowerCase()}` }),
    });
    const build = await Running.start(['build', '--json'], project);
    await until(slow.running, ({ length }) => length > 0);
    expect((await build.children()).join('\n')).toContain('buildx bake');
    expect(await readdir(build.temp)).not.toEqual([]);

    const { stdout, stderr, ...result } = await build.cancel(signal);
    expect(result).toEqual({ code });
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'CANCELLED', message: `cancelled by ${signal}` });
    expect(stderr).toMatch(new RegExp(`^objdocker: cancelled by ${signal}$`, 'm'));
    await build.expectNothingLeft();
    await until(slow.running, ({ length }) => length === 0);

    await writeFile(project.path('Dockerfile'), dockerfile('true'));
    const again = await objdocker(['build', '--json'], { cwd: project.directory });
    expect(again.code, again.stderr).toBe(0);
    await docker(['rmi', '--force', JSON.parse(again.stdout).images[0].reference]);
  });

  it('ends a push that the registry does not respond to', async () => {
    let connections = 0;
    await using registry = await serveRaw(() => connections++);
    await using project = await createProject({
      Dockerfile: 'FROM scratch\nCOPY config.yaml /\n',
      'config.yaml': configYaml({ host: registry.host }),
    });
    const built = await objdocker(['build', '--json'], { cwd: project.directory });
    expect(built.code, built.stderr).toBe(0);
    try {
      const push = await Running.start(['push'], project);
      await until(
        () => connections,
        (count) => count > 0,
      );
      const { stderr, ...result } = await push.cancel(signal);
      expect(result).toEqual({ code, stdout: '' });
      expect(stderr).toBe(`objdocker: cancelled by ${signal}\n`);
      await push.expectNothingLeft();
    } finally {
      await docker(['rmi', '--force', JSON.parse(built.stdout).images[0].reference]);
    }
  });
});

it.each(['registry', 'preflight'])('SIGINT ends %s while a registry does not respond', async (command) => {
  let connections = 0;
  await using registry = await serveRaw(() => connections++);
  await using project = await createProject({
    Dockerfile: 'FROM scratch\nCOPY config.yaml /\n',
    'config.yaml': configYaml({ host: registry.host }),
  });
  const probe = await Running.start([command], project);
  await until(
    () => connections,
    (count) => count > 0,
  );
  const { code } = await probe.cancel('SIGINT');
  expect(code).toBe(130);
  await probe.expectNothingLeft();
});

it('SIGTERM at any moment leaves nothing behind', async () => {
  await using project = await createProject({
    Dockerfile: `FROM localhost/busybox:bookworm\nRUN ${slowRun().command}\n`,
    'config.yaml': configYaml({ host: '127.0.0.1:9', username: 'user', password: 'hunter22' }),
  });
  for (const milliseconds of [150, 300, 450, 600, 900, 1300]) {
    const build = await Running.start(['build', '--no-cache'], project);
    await sleep(milliseconds);
    const { code } = await build.cancel('SIGTERM');
    // Null: the signal came while Node was starting, and ended the process itself.
    expect([143, null]).toContain(code);
    await build.expectNothingLeft();
  }
});

describe('with credentials for the registry of a base image', () => {
  const account = { username: 'builder', password: 'correct horse' };
  let registry: SandboxRegistry;
  let base: Project;
  let image: string;

  beforeAll(async () => {
    registry = await startRegistry(account);
    base = await createProject({
      Dockerfile: 'FROM localhost/busybox:bookworm\nLABEL base=yes\n',
      'config.yaml': configYaml({ host: registry.host, ...account, repository: 'cancel-base' }),
    });
    image = `${registry.host}/cancel-base:test`;
    for (const command of ['build', 'push']) {
      const { code, stderr } = await objdocker([command], { cwd: base.directory });
      expect(code, stderr).toBe(0);
    }
    await docker(['rmi', '--force', image]);
  });

  afterAll(async () => {
    await base?.[Symbol.asyncDispose]();
    await registry?.[Symbol.asyncDispose]();
  });

  it.each(SIGNALS)('%s removes the temporary Docker configuration', async (signal, code) => {
    const slow = slowRun();
    await using project = await createProject({
      Dockerfile: `FROM ${image}\nRUN ${slow.command}\n`,
      'config.yaml': configYaml({ host: registry.host, ...account }),
    });
    const build = await Running.start(['build'], project);
    await until(slow.running, ({ length }) => length > 0);
    expect((await readdir(build.temp)).map((name) => name.split('-', 2).join('-')).sort()).toEqual([
      'objdocker-build',
      'objdocker-docker',
    ]);
    expect(await build.cancel(signal)).toMatchObject({ code });
    await build.expectNothingLeft();
    await until(slow.running, ({ length }) => length === 0);
  });

  it('SIGKILL leaves it, and the next build removes it', async () => {
    const slow = slowRun();
    await using project = await createProject({
      Dockerfile: `FROM ${image}\nRUN ${slow.command}\n`,
      'config.yaml': configYaml({ host: registry.host, ...account }),
    });
    const build = await Running.start(['build'], project);
    await until(slow.running, ({ length }) => length > 0);
    const left = await readdir(build.temp);
    expect(left).toContainEqual(expect.stringMatching(/^objdocker-docker-/));
    await build.cancel('SIGKILL');
    // The docker client continues without objdocker.
    for (const line of await build.children()) process.kill(Number.parseInt(line, 10), 'SIGKILL');
    expect((await readdir(build.temp)).sort()).toEqual(left.sort());
    await writeFile(project.path('Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n');
    const next = new Running(['build'], project, build.temp);
    expect(await next.ended).toMatchObject({ code: 0 });
    await next.expectNothingLeft();
  });
});
