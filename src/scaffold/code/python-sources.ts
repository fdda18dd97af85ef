import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfCancelled } from '../../lib/operation.ts';
import { type EntryPoint, findEntryPoints } from './entry-points.ts';
import { importedModules, type PythonFile } from './python-imports.ts';

/** The Python code in a source folder. */
export interface PythonSources {
  /** Relative to the project. `.` when the packages are in the project folder. */
  readonly folder: string;
  /** The packages and modules directly in it. */
  readonly entries: readonly string[];
  /** Its Python files, relative to it. */
  readonly files: readonly string[];
  readonly entryPoints: readonly EntryPoint[];
  /** Whether code outside the package imports it. */
  readonly isImported: (module: string) => boolean;
  /** The files that import one of the packages. */
  readonly importersOf: (packages: readonly string[]) => readonly string[];
}

/** Names that are no code of the project. */
export const NOT_CODE =
  /^(\..*|__pycache__|node_modules|venv|env|site-packages|build|dist|resource\.docker|.*\.egg-info)$/;
/** Names in a project folder that are not part of an image. */
const NOT_SHIPPED =
  /^(tests?|docs?|examples?|scripts?|tools?|bench(marks)?|packages|(setup|conftest|noxfile|tasks|test_.*|.*_test)\.py)$/;
/** Folders beside flat modules that web frameworks read. */
const DATA_FOLDERS = ['templates', 'static', 'locale'];
const IMPORTABLE = /^[A-Za-z_]\w*(\.py)?$/;
const FILES_LIMIT = 20_000;
const DEPTH_LIMIT = 12;

/** Reads a source folder. Returns undefined when it has no Python code. */
export async function readPythonSources(
  project: string,
  folder: string,
  signal?: AbortSignal,
): Promise<PythonSources | undefined> {
  const root = join(project, folder);
  const isOwnFolder = folder === '.';
  const paths: string[] = [];
  const walk = async (relative: string, depth: number): Promise<void> => {
    throwIfCancelled(signal);
    const entries = await readdir(join(root, relative), { withFileTypes: true }).catch(() => []);
    if (entries.some(({ name }) => name === 'pyvenv.cfg')) return;
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (paths.length >= FILES_LIMIT) return;
      const path = relative === '' ? entry.name : `${relative}/${entry.name}`;
      const isExcluded = NOT_CODE.test(entry.name) || (isOwnFolder && depth === 0 && NOT_SHIPPED.test(entry.name));
      if (isExcluded) continue;
      if (entry.isDirectory() && depth < DEPTH_LIMIT) await walk(path, depth + 1);
      else if (entry.isFile() && entry.name.endsWith('.py')) paths.push(path);
    }
  };
  await walk('', 0);
  if (paths.length === 0) return undefined;
  const files = await readAll(root, paths);
  const imports = files.map((file) => ({ path: file.path, modules: [...importedModules(file)] }));
  return {
    folder,
    entries: [
      ...[...new Set(paths.map((path) => path.split('/')[0] ?? path))].filter((entry) => IMPORTABLE.test(entry)),
      ...(await dataFolders(root, paths)),
    ],
    files: paths,
    entryPoints: findEntryPoints(files),
    isImported: (module) => {
      const own = `${module.replaceAll('.', '/')}/`;
      return imports.some(
        ({ path, modules }) =>
          !path.startsWith(own) && modules.some((name) => name === module || name.startsWith(`${module}.`)),
      );
    },
    importersOf: (packages) =>
      imports
        .filter(({ modules }) => modules.some((name) => packages.includes(name.split('.', 1)[0] ?? '')))
        .map(({ path }) => path),
  };
}

async function dataFolders(root: string, paths: readonly string[]): Promise<readonly string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return DATA_FOLDERS.filter((name) => names.includes(name) && !paths.some((path) => path.startsWith(`${name}/`)));
}

async function readAll(root: string, paths: readonly string[]): Promise<PythonFile[]> {
  const files: PythonFile[] = [];
  // An unreadable file counts as empty. The build reports it.
  for (const path of paths) files.push({ path, text: await readFile(join(root, path), 'utf8').catch(() => '') });
  return files;
}
