import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { PlanOptions } from '../../src/build/build-plan.ts';
import { prepareBuild } from '../../src/build/prepare.ts';
import {
  type BuildCapabilities,
  type EngineCapabilities,
  findClientCapabilities,
} from '../../src/buildx/capabilities.ts';
import type { BuildPlan } from '../../src/buildx/plan.ts';
import type { BuildEvent, BuildResult } from '../../src/buildx/progress/events.ts';
import { runBuild } from '../../src/buildx/run/run.ts';
import { loadConfig } from '../../src/config/load.ts';
import { isObjDockerError, type ObjDockerError } from '../../src/errors.ts';
import { type Environment, systemEnvironment } from '../../src/lib/environment.ts';
import type { EnvironmentVariables } from '../../src/lib/process/exec.ts';

const run = promisify(execFile);

/** Runs docker and returns its output, both streams. */
export async function docker(env: EnvironmentVariables, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await run('docker', args, { env: { ...env }, maxBuffer: 1 << 26 });
  return `${stdout}${stderr}`.trim();
}

/** A folder with a static busybox as `sh`, so that images in tests need no base image. */
export async function makeShell(env: EnvironmentVariables): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'build-shell-'));
  const id = (await docker(env, 'create', 'localhost/busybox:bookworm', 'true')).split('\n').at(-1) ?? '';
  try {
    await docker(env, 'cp', '--follow-link', `${id}:/bin/busybox`, join(folder, 'sh'));
  } finally {
    await docker(env, 'rm', id);
  }
  await chmod(join(folder, 'sh'), 0o755);
  return folder;
}

/** A package on disk. */
export class Project {
  readonly folder: string;
  readonly environment: Environment;
  readonly #temp: string;

  private constructor(folder: string, temp: string, env: EnvironmentVariables) {
    this.folder = folder;
    this.#temp = temp;
    this.environment = { ...systemEnvironment(), env, temp, cwd: folder };
  }

  static async create(
    files: Readonly<Record<string, string>>,
    { env, shell }: { env: EnvironmentVariables; shell?: string },
  ): Promise<Project> {
    const folder = await mkdtemp(join(tmpdir(), 'build-project-'));
    const temp = await mkdtemp(join(tmpdir(), 'build-temp-'));
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    if (shell !== undefined) await cp(join(shell, 'sh'), join(folder, 'sh'));
    return new Project(folder, temp, env);
  }

  async plan(options: PlanOptions = {}): Promise<BuildPlan> {
    const config = await loadConfig(join(this.folder, 'config.yaml'), { env: this.environment.env });
    return prepareBuild(config.selectPackage(), options, { environment: this.environment });
  }

  /** Plans and builds. Returns the events, and the result or the error. */
  async build(
    options: PlanOptions & {
      capabilities?: Partial<BuildCapabilities>;
      engine?: EngineCapabilities;
      signal?: AbortSignal;
      onEvent?: (event: BuildEvent) => void;
    } = {},
  ): Promise<{
    plan: BuildPlan;
    events: BuildEvent[];
    result: BuildResult | undefined;
    error: ObjDockerError | undefined;
  }> {
    const plan = await this.plan(options);
    const client = await findClientCapabilities({ environment: this.environment, env: this.environment.env });
    const engine = options.engine ?? { version: '26.1.5', os: 'linux', arch: 'amd64', containerdStore: true };
    const events: BuildEvent[] = [];
    const operation = runBuild(
      plan,
      { ...client, engine, ...options.capabilities },
      { environment: this.environment, env: this.environment.env, signal: options.signal },
    );
    try {
      for await (const event of operation) {
        events.push(event);
        options.onEvent?.(event);
      }
      return { plan, events, result: await operation.result, error: undefined };
    } catch (error) {
      if (!isObjDockerError(error)) throw error;
      return { plan, events, result: undefined, error };
    }
  }

  /** Files that the build left in its temporary directory. */
  async leftBehind(): Promise<string[]> {
    return readdir(this.#temp);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
    await rm(this.#temp, { recursive: true, force: true });
  }
}

/** The sandbox's registry. */
export const REGISTRY = process.env.OBJDOCKER_SANDBOX_REGISTRY ?? 'localhost:5050';

/** Where the images of a test file are: other files build side by side on the same engine. */
export const IMAGES = `objbuild-${randomUUID().slice(0, 8)}`;

/** A config.yaml of one package, with images in {@link IMAGES}. */
export function configYaml(image: string, registry = ''): string {
  return `demo:
  deployment:
    registry: {type: harbor, host: "${REGISTRY}", project: ${IMAGES}${registry}}
    image: {repository: objbuild-demo, tag: t1, dockerfile: axion.dockerfile${image}}
`;
}

/** Starts a sandbox engine and returns its environment variables. */
export async function sandboxEngine(name: string, ...up: string[]): Promise<EnvironmentVariables> {
  await run('script/sandbox', ['engine', 'up', name, ...up]);
  const { stdout } = await run('bash', ['-c', `eval "$(script/sandbox engine env "$1")" && env -0`, '-', name]);
  return Object.fromEntries(
    stdout
      .split('\0')
      .filter((entry) => entry.includes('='))
      .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
}

/** Removes an engine of {@link sandboxEngine} with its data. */
export async function sandboxEngineDown(name: string): Promise<void> {
  await run('script/sandbox', ['engine', 'down', name]);
}
