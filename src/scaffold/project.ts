import { access, readdir, readFile, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as names from '../config/schema/name-parsers.ts';
import { isObjDockerError } from '../errors.ts';
import type { Environment } from '../lib/environment.ts';
import { serviceName } from './answers.ts';
import { defaultEntryPoints, type EntryPoint, serviceModule } from './code/entry-points.ts';
import { type PythonSources, readPythonSources } from './code/python-sources.ts';
import { findDockerfiles } from './existing-dockerfile.ts';
import { type Pyproject, readPyproject } from './pyproject.ts';
import { findRequirements, PYPROJECT } from './requirements.ts';

/** The answers that were found in a project folder. */
export interface FoundProject {
  /** The name of the Git remote when the folder is the top of a repository, else that of the folder. Undefined when neither is valid. */
  readonly package: string | undefined;
  /** Undefined when there is no Python code. */
  readonly sources: PythonSources | undefined;
  /** All that can start a service. */
  readonly entryPoints: readonly NamedEntryPoint[];
  /** The names of those that are services by default. */
  readonly services: readonly string[];
  /** Paths of requirements files. */
  readonly requirements: readonly string[];
  /** Whether all folders in `packages/` are Python projects. */
  readonly hasPackages: boolean;
  /** `3.12`, from `.python-version`. */
  readonly pythonVersion: string | undefined;
  /** The path of the installed JSON Schema of ObjDocker, relative to the project. Undefined when it is not installed there. */
  readonly schema: string | undefined;
  /** The text of the existing `.dockerignore`. */
  readonly ignoreFile: string | undefined;
  readonly pyproject: Pyproject | undefined;
  /** Paths of Dockerfiles. */
  readonly dockerfiles: readonly string[];
}

export interface FindOptions {
  readonly environment: Environment;
  /** The Python source folder. @default `src` when it contains Python code and is not a package, else the project folder */
  readonly source?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const SCHEMA = 'node_modules/objdocker/schema/config.schema.json';

/** Finds answers in a project folder. It does not run code of the project. */
export async function findProject(folder: string, options: FindOptions): Promise<FoundProject> {
  const sources = await findSources(folder, options);
  const pyproject = await readPyproject(folder);
  const inCode = nameEntryPoints(sources, pyproject);
  const chosen = new Set<EntryPoint>(defaultEntryPoints(inCode));
  // A name means the first entry point of that name.
  const entryPoints = [...inCode.filter((entry) => chosen.has(entry)), ...inCode.filter((entry) => !chosen.has(entry))];
  const root = sources === undefined || sources.folder === '.' ? '' : `${sources.folder}/`;
  const runnable = entryPoints.filter(({ kind }) => kind === 'package');
  const requirements = await findRequirements(
    folder,
    runnable.map(({ module }) => `${root}${module.replaceAll('.', '/')}`),
  );
  const services = entryPoints.filter((entry) => chosen.has(entry)).map(({ name }) => name);
  return {
    package: await packageName(folder, options),
    sources,
    entryPoints,
    services: [...new Set(services.filter((name) => name !== undefined))],
    requirements: requirements.length === 0 && (pyproject?.dependencies.length ?? 0) > 0 ? [PYPROJECT] : requirements,
    hasPackages: await hasPackages(folder),
    pythonVersion: await pythonVersion(folder),
    schema: (await isThere(join(folder, SCHEMA))) ? SCHEMA : undefined,
    ignoreFile: await readFile(join(folder, '.dockerignore'), 'utf8').catch(() => undefined),
    pyproject,
    dockerfiles: await findDockerfiles(folder),
  };
}

/** An entry point with the default name of its service; undefined when that is not a valid name. */
export type NamedEntryPoint = EntryPoint & { readonly name: string | undefined };

function nameEntryPoints(
  sources: PythonSources | undefined,
  pyproject: Pyproject | undefined,
): readonly NamedEntryPoint[] {
  if (sources === undefined) return [];
  const inCode = sources.entryPoints.map((entry) => ({ ...entry, name: serviceName(serviceModule(entry)) }));
  const scripts = (pyproject?.scripts ?? []).flatMap(({ name, target }): NamedEntryPoint[] => {
    const module = target.split(':', 1)[0] ?? '';
    const path = module.replaceAll('.', '/');
    const file = [`${path}.py`, `${path}/__init__.py`].find((one) => sources.files.includes(one));
    if (file === undefined || inCode.some((entry) => entry.target === target)) return [];
    return [{ kind: 'function', target, module, file, name: serviceName(name) }];
  });
  return [...inCode, ...scripts];
}

async function findSources(folder: string, { source, signal }: FindOptions): Promise<PythonSources | undefined> {
  if (source !== undefined) return readPythonSources(folder, source, signal);
  const isPackage = await isThere(join(folder, 'src/__init__.py'));
  const below = isPackage ? undefined : await readPythonSources(folder, 'src', signal);
  return below ?? readPythonSources(folder, '.', signal);
}

async function packageName(folder: string, { environment, signal }: FindOptions): Promise<string | undefined> {
  const [top, remote] = await Promise.all([
    git(folder, environment, ['rev-parse', '--show-toplevel'], signal),
    git(folder, environment, ['remote', 'get-url', 'origin'], signal),
  ]);
  const own = await realpath(folder).catch(() => folder);
  const candidates = [...(top === own && remote !== undefined ? [remote.replace(/(\.git)?\/*$/, '')] : []), own];
  return candidates.map((text) => validName(basename(text.replaceAll(':', '/')))).find((name) => name !== undefined);
}

function validName(text: string): string | undefined {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return 'value' in names.service.parse(name) ? name : undefined;
}

async function git(
  folder: string,
  environment: Environment,
  args: readonly string[],
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    const { exitCode, stdout } = await environment.exec('git', ['-C', folder, ...args], {
      env: environment.env,
      signal,
    });
    return exitCode === 0 ? stdout.trim() : undefined;
  } catch (error) {
    if (isObjDockerError(error) && error.code === 'COMMAND_NOT_FOUND') return undefined;
    throw error;
  }
}

async function hasPackages(folder: string): Promise<boolean> {
  const entries = await readdir(join(folder, 'packages'), { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  const projects = await Promise.all(
    folders.map(async ({ name }) => {
      const root = join(folder, 'packages', name);
      return (await isThere(join(root, 'pyproject.toml'))) || (await isThere(join(root, 'setup.py')));
    }),
  );
  return projects.length > 0 && projects.every(Boolean);
}

async function pythonVersion(folder: string): Promise<string | undefined> {
  const text = await readFile(join(folder, '.python-version'), 'utf8').catch(() => '');
  return /^3\.\d{1,2}(?=\.|\s|$)/.exec(text.trim())?.[0];
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
