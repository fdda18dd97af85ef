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

/** Six small services: a change to the file of one changes one image. */
export const SERVICES = ['api', 'exporter', 'gateway', 'report', 'scheduler', 'worker'] as const;

export const PACKAGE = 'shop';

/** Without the project. */
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
  /** What the images are made from: `scratch` for several platforms. @default BusyBox */
  readonly base?: string;
  /** On top of the test's own: another engine. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface PipelineResult extends CliResult {
  /** The document on stdout. */
  readonly run: PipelineRun;
  /** What of the run lies in the engine still: names with this registry's host. */
  readonly inEngine: readonly string[];
}

/** A working copy of the package on a machine of its own: with a home and a folder for temporary files that no other has. */
export interface Workspace extends AsyncDisposable {
  readonly directory: string;
  readonly services: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  path(name: string): string;
  /** Changes the source of services: each gets an image that nobody has seen. @default all of them */
  change(...services: readonly string[]): Promise<void>;
  /** Writes the config anew, with other options. */
  configure(options: Partial<WorkspaceOptions>): Promise<void>;
  /** Another machine with a working copy of the same source. */
  copy(): Promise<Workspace>;
  /** `objdocker pipeline --json …`; its document must be one. */
  pipeline(args?: readonly string[], options?: CliOptions): Promise<PipelineResult>;
  /** Any command, as it is. */
  cli(args: readonly string[], options?: CliOptions): Promise<CliResult>;
  /** The same through the library. */
  library(options?: PipelineOptions): Promise<{ readonly report: PipelineReport; readonly events: PipelineEvent[] }>;
  /** Names of this registry that the engine has. */
  imagesInEngine(): Promise<string[]>;
  /** What the public tags stand for when this source is released, as {@link RegistryView.contents} reads it. */
  contents(): Promise<Tags>;
  /** What is left in the folder for temporary files. */
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
  // BuildKit knows a context again by its folder's own name, and takes a file of the same size and time for the same.
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
      // The whole list of Engine 26 fails when an image goes while it is made: another run's staging names do.
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
    async library(more = {}) {
      const machine = systemEnvironment();
      const environment: Environment = { ...machine, cwd: directory, home, temp, env: { ...process.env, ...env } };
      const config = await loadConfig(path('config.yaml'), { env: environment.env });
      const substrate = new ObjDocker({ environment });
      const events: PipelineEvent[] = [];
      try {
        const run = new ObjBuild(substrate, { environment }).run(config.selectPackage(), more);
        for await (const event of run) events.push(event);
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

/** The run in what `--json` printed, also when it was an error that ended it. */
export function readRun({ stdout, stderr }: Pick<CliResult, 'stdout' | 'stderr'>): PipelineRun {
  let document: PipelineRun & { readonly error?: { readonly run?: PipelineRun } };
  try {
    document = JSON.parse(stdout);
  } catch {
    throw new Error(`no document on stdout: ${stdout}\n${stderr}`);
  }
  const { error } = document;
  return error === undefined ? document : { ...(error.run ?? document), error };
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
  // Named, for a single one would be the package's only image, under another name.
  const image = { repository: PACKAGE, tag, dockerfile: 'Dockerfile', services, ...more.image };
  const sections = { ...(more.scan ? { scan: more.scan } : {}), ...(more.k3s ? { k3s: more.k3s } : {}) };
  return JSON.stringify({ [more.package ?? PACKAGE]: { deployment: { registry, image, ...sections } } }, null, 2);
}

/** The events that `--events` wrote, as far as there are any. */
export async function readEvents(file: string): Promise<PipelineEvent[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as PipelineEvent);
}
