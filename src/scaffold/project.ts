import { access, readdir, readFile, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as names from '../config/schema/name-parsers.ts';
import { isObjDockerError } from '../errors.ts';
import type { Environment } from '../lib/environment.ts';
import { serviceName } from './answers.ts';
import { type PythonSources, readPythonSources } from './python-sources.ts';
import { findRequirements } from './requirements.ts';

/** The answers that were found in a project folder. */
export interface FoundProject {
  /** The name of the Git remote when the folder is the top of a repository, else that of the folder. Undefined when neither is valid. */
  readonly package: string | undefined;
  /** Undefined when there is no Python code. */
  readonly sources: PythonSources | undefined;
  /** A service for each package with a `__main__.py` and a valid name. */
  readonly services: readonly string[];
  /** Paths of requirements files. */
  readonly requirements: readonly string[];
  /** Whether all folders in `packages/` are Python projects. */
  readonly hasPackages: boolean;
  /** `3.12` */
  readonly pythonVersion: string;
  /** The path of the installed JSON Schema of ObjDocker, relative to the project. Undefined when it is not installed there. */
  readonly schema: string | undefined;
  /** The text of the existing `.dockerignore`. */
  readonly ignoreFile: string | undefined;
  readonly hasPyproject: boolean;
}

export interface FindOptions {
  readonly environment: Environment;
  /** The Python source folder. @default `src` when it contains Python code and is not a package, else the project folder */
  readonly source?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const PYTHON_VERSION = '3.12';
const SCHEMA = 'node_modules/objdocker/schema/config.schema.json';

/** Finds answers in a project folder. It does not run code of the project. */
export async function findProject(folder: string, options: FindOptions): Promise<FoundProject> {
  const sources = await findSources(folder, options);
  const root = sources === undefined || sources.folder === '.' ? '' : `${sources.folder}/`;
  const runnable = sources?.runnable ?? [];
  const services = new Set(runnable.map(serviceName).filter((name) => name !== undefined));
  return {
    package: await packageName(folder, options),
    sources,
    services: [...services],
    requirements: await findRequirements(
      folder,
      runnable.map((module) => `${root}${module.replaceAll('.', '/')}`),
    ),
    hasPackages: await hasPackages(folder),
    pythonVersion: await pythonVersion(folder),
    schema: (await isThere(join(folder, SCHEMA))) ? SCHEMA : undefined,
    ignoreFile: await readFile(join(folder, '.dockerignore'), 'utf8').catch(() => undefined),
    hasPyproject: await isThere(join(folder, 'pyproject.toml')),
  };
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

async function pythonVersion(folder: string): Promise<string> {
  const text = await readFile(join(folder, '.python-version'), 'utf8').catch(() => '');
  return /^3\.\d{1,2}(?=\.|\s|$)/.exec(text.trim())?.[0] ?? PYTHON_VERSION;
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
