import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfig } from '../../src/config/load.ts';
import { type Environment, systemEnvironment } from '../../src/lib/environment.ts';
import type { PipelineReport, PipelineRun } from '../../src/model/pipeline-run.ts';
import { ObjDocker } from '../../src/obj-docker/obj-docker.ts';
import type { PipelineEvent } from '../../src/pipeline/events.ts';
import { ObjBuild } from '../../src/pipeline/obj-build.ts';
import type { PipelineOptions } from '../../src/pipeline/options.ts';
import { type CliOptions, type CliResult, objdocker } from '../harness/cli.ts';
import type { Account } from '../harness/harbor-server.ts';
import { docker } from '../harness/sandbox.ts';
import type { Tags } from './registry-view.ts';

/** Six small services. Changing the file of one changes its image. */
export const SERVICES = ['api', 'exporter', 'gateway', 'report', 'scheduler', 'worker'] as const;

export const PACKAGE = 'shop';

/** The repository of a service, without the project. */
export const repositoryOf = (service: string, name = PACKAGE) => `${service}-${name}`;

export interface WorkspaceOptions {
  /** `localhost:PORT` */
  readonly host: string;
  readonly login?: Account;
  readonly services?: readonly string[];
  /** @default {@link PACKAGE} */
  readonly package?: string;
  /** @default '1.0' */
  readonly tag?: string;
  /** @default 'harbor' */
  readonly type?: string;
  /** More of `deployment.registry`, `deployment.image`, and `deployment.scan`. */
  readonly registry?: Readonly<Record<string, unknown>>;
  readonly image?: Readonly<Record<string, unknown>>;
  readonly scan?: Readonly<Record<string, unknown>>;
  readonly k3s?: Readonly<Record<string, unknown>>;
  readonly release?: Readonly<Record<string, unknown>>;
  /** The base image: `scratch` for several platforms. @default BusyBox */
  readonly base?: string;
  /** Added to the test's own variables, for example to use another engine. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface PipelineResult extends CliResult {
  /** The JSON output. */
  readonly run: PipelineRun;
  /** The names with this registry's host that the engine has after the run. */
  readonly inEngine: readonly string[];
}

/** A working copy of the package with a home folder and a temporary folder of its own, as on another machine. */
export interface Workspace extends AsyncDisposable {
  readonly directory: string;
  readonly services: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  path(name: string): string;
  /** Changes the source of services, so that each gets a new image. @default all of them */
  change(...services: readonly string[]): Promise<void>;
  /** Writes the config with other options. */
  configure(options: Partial<WorkspaceOptions>): Promise<void>;
  /** Another workspace with the same source. */
  copy(): Promise<Workspace>;
  /** Runs `objdocker pipeline --json …` and parses its JSON output. */
  pipeline(args?: readonly string[], options?: CliOptions): Promise<PipelineResult>;
  /** Runs any command. */
  cli(args: readonly string[], options?: CliOptions): Promise<CliResult>;
  /** Runs the pipeline through the library. */
  library(
    options?: PipelineOptions,
    environment?: Partial<Environment>,
    onEvent?: (event: PipelineEvent) => unknown,
  ): Promise<{ readonly report: PipelineReport; readonly events: PipelineEvent[] }>;
  /** The names with this registry's host that the engine has. */
  imagesInEngine(): Promise<string[]>;
  /** The contents of the public tags once this source is released, as {@link RegistryView.contents} reads them. */
  contents(): Promise<Tags>;
  /** The files in the temporary folder. */
  temporaryFiles(): Promise<string[]>;
}

export async function createWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const root = await mkdtemp(join(tmpdir(), 'objdocker-pipeline-'));
  const services = options.services ?? SERVICES;
  const workspace = await openWorkspace(root, options);
  await writeFile(workspace.path('Dockerfile'), dockerfile(services, options.base));
  await workspace.change(...services);
  await workspace.configure({});
  return workspace;
}

async function openWorkspace(root: string, given: WorkspaceOptions): Promise<Workspace> {
  let options = given;
  // BuildKit identifies a context by the name of its folder, and treats files of equal size and time as equal.
  const directory = join(root, `source-${basename(root)}`);
  const temp = join(root, 'tmp');
  const home = join(root, 'home');
  for (const folder of [directory, temp, home]) await mkdir(folder, { recursive: true });
  const env = { HOME: home, TMPDIR: temp, XDG_RUNTIME_DIR: undefined, ...options.env };
  const services = options.services ?? SERVICES;
  const path = (name: string) => join(directory, name);
  const cli: Workspace['cli'] = (args, more = {}) =>
    objdocker(args, { cwd: directory, ...more, env: { ...env, ...more.env } });
  const filters = ['*', '*/*'].flatMap((name) => ['--filter', `reference=${options.host}/${name}`]);
  const listImages = async (attempt = 1): Promise<string> => {
    try {
      return await docker(['images', '--format', '{{.Repository}}:{{.Tag}}', ...filters], env);
    } catch (error) {
      // Listing images fails in Engine 26 when another run removes a staging tag at the same time.
      if (attempt === 10 || !/not found/.test(String(error))) throw error;
      await sleep(200);
      return listImages(attempt + 1);
    }
  };
  const imagesInEngine = async () =>
    (await listImages())
      .split('\n')
      .filter(Boolean)
      .map((name) => name.slice(options.host.length + 1))
      .toSorted();

  return {
    directory,
    services,
    env,
    path,
    cli,
    imagesInEngine,
    async change(...changed) {
      for (const service of changed.length === 0 ? services : changed) {
        await writeFile(path(`${service}.txt`), `${service} ${randomBytes(8).toString('hex')}\n`);
      }
    },
    async configure(more) {
      options = { ...options, ...more };
      await writeFile(path('config.yaml'), configOf(options));
    },
    async copy() {
      const other = await mkdtemp(join(tmpdir(), 'objdocker-pipeline-'));
      await cp(directory, join(other, `source-${basename(other)}`), { recursive: true, preserveTimestamps: true });
      return openWorkspace(other, options);
    },
    async pipeline(args = [], more = {}) {
      const result = await cli(['pipeline', '--json', ...args], more);
      return { ...result, run: readRun(result), inEngine: await imagesInEngine() };
    },
    async library(more = {}, changed = {}, onEvent = () => {}) {
      const system = systemEnvironment();
      const environment: Environment = {
        ...system,
        cwd: directory,
        home,
        temp,
        env: { ...process.env, ...env },
        ...changed,
      };
      const config = await loadConfig(path('config.yaml'), { env: environment.env });
      const substrate = new ObjDocker({ environment });
      const events: PipelineEvent[] = [];
      try {
        const run = new ObjBuild(substrate, { environment }).run(config.selectPackage(), more);
        for await (const event of run) {
          events.push(event);
          await onEvent(event);
        }
        return { report: await run.result, events };
      } finally {
        substrate.close();
      }
    },
    async contents() {
      const read = services.map(async (service) => [
        `${repositoryOf(service, options.package)}:${options.tag ?? '1.0'}`,
        (await readFile(path(`${service}.txt`), 'utf8')).trim(),
      ]);
      return Object.fromEntries(await Promise.all(read));
    },
    temporaryFiles: () => readdir(temp),
    async [Symbol.asyncDispose]() {
      const names = await imagesInEngine().catch(() => []);
      const references = names.map((name) => `${options.host}/${name}`);
      if (references.length > 0) await docker(['rmi', '--force', ...references], env).catch(() => {});
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** The run in the JSON output, also when it ended with an error. */
export function readRun({ stdout, stderr }: Pick<CliResult, 'stdout' | 'stderr'>): PipelineRun {
  let output: PipelineRun & { readonly error?: { readonly run?: PipelineRun } };
  try {
    output = JSON.parse(stdout);
  } catch {
    throw new Error(`no JSON on stdout: ${stdout}\n${stderr}`);
  }
  const { error } = output;
  return error === undefined ? output : { ...(error.run ?? output), error };
}

function dockerfile(services: readonly string[], base = 'localhost/busybox:bookworm'): string {
  const stages = services.map((service) => `FROM base AS ${service}\nCOPY ${service}.txt /service.txt\n`);
  return [`FROM ${base} AS base\nARG VERSION\nLABEL version=$VERSION\n`, ...stages].join('\n');
}

/** JSON is YAML. */
function configOf({
  host,
  login,
  type = 'harbor',
  tag = '1.0',
  services = SERVICES,
  ...more
}: WorkspaceOptions): string {
  const registry = { type, host, ...(type === 'harbor' ? { project: 'axion' } : {}), ...login, ...more.registry };
  // Name the services: a single one would otherwise be the package's only image, with another name.
  const image = { repository: PACKAGE, tag, dockerfile: 'Dockerfile', services, ...more.image };
  const { scan, k3s, release } = more;
  const sections = { ...(scan ? { scan } : {}), ...(k3s ? { k3s } : {}), ...(release ? { release } : {}) };
  return JSON.stringify({ [more.package ?? PACKAGE]: { deployment: { registry, image, ...sections } } }, null, 2);
}

/** The complete lines of an `--events` file; none when it does not exist yet. */
export async function readEvents(file: string): Promise<PipelineEvent[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as PipelineEvent);
}
