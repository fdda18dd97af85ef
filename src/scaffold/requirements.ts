import { access, readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { readPyproject } from './pyproject.ts';
import {
  decodeRequirements,
  type LocalRequirement,
  readRequirementLines,
  requirementName,
} from './requirement-lines.ts';

/** What pip installs for a service: a requirements file with the files that it includes, or the dependencies in pyproject.toml. */
export interface RequirementFile {
  /** Relative to the project. */
  readonly path: string;
  /** The file itself and all included files. */
  readonly files: readonly string[];
  /** Local projects, wheels, and folders of wheels that the files name. */
  readonly localPaths: readonly string[];
  /** The names of the requirements in lower case, with their extras: `fastapi[standard]`. */
  readonly names: readonly string[];
  /** Messages about lines that do not work in a container build. */
  readonly problems: readonly string[];
}

export const PYPROJECT = 'pyproject.toml';

const FOLDER = 'requirements';
const FILE = /^requirements([-_.][\w.-]+)?\.txt$/;
/** Requirements files for development and CI. */
const NOT_SHIPPED = /(^|[-_./])(dev|develop|development|tests?|testing|docs?|lint|ci|tools?)\.txt$/;

/** Returns the requirements files for services: `requirements.txt`, `requirements/web.txt`. `folders` are those of the services. */
export async function findRequirements(project: string, folders: readonly string[]): Promise<readonly string[]> {
  const list = async (folder: string) => (await readdir(join(project, folder)).catch(() => [])).sort();
  const top = (await list('.')).filter((name) => FILE.test(name));
  const below = (await list(FOLDER)).filter((name) => name.endsWith('.txt')).map((name) => `${FOLDER}/${name}`);
  const own: string[] = [];
  for (const folder of folders) {
    if ((await list(folder)).includes('requirements.txt')) own.push(posix.join(folder, 'requirements.txt'));
  }
  return [...top, ...below, ...own].filter((path) => !NOT_SHIPPED.test(path) && isProjectPath(path));
}

/**
 * Selects the requirements file of a service: its own, else the shared one. Returns undefined when there are several candidates.
 */
export function requirementsOf(
  service: { readonly name: string; readonly folder: string },
  found: readonly string[],
): { readonly path: string | undefined } | undefined {
  const last = posix.basename(service.folder);
  const own = [
    `${service.folder}/requirements.txt`,
    ...[service.name, last].flatMap((name) => [`${FOLDER}/${name}.txt`, `requirements-${name}.txt`]),
  ];
  const shared = ['requirements.txt', `${FOLDER}/requirements.txt`];
  const path = [...own, ...shared].find((candidate) => found.includes(candidate));
  if (path !== undefined) return { path };
  const forAll = found.filter((candidate) => !candidate.endsWith('/requirements.txt'));
  return forAll.length < 2 ? { path: forAll[0] } : undefined;
}

/** Reads a requirements file and all included files. The paths in it are those that pip finds from the project's folder. */
export async function readRequirements(project: string, path: string): Promise<RequirementFile> {
  if (path === PYPROJECT) {
    const dependencies = (await readPyproject(project))?.dependencies ?? [];
    const names = dependencies.map(requirementName).filter((name) => name !== undefined);
    return { path, files: [path], localPaths: [], names, problems: [] };
  }
  const files: string[] = [];
  const localPaths = new Set<string>();
  const names: string[] = [];
  const problems: string[] = [];
  const include = async (file: string, included: string): Promise<void> => {
    const target = posix.join(posix.dirname(file), included);
    if (isProjectPath(target)) await read(target);
    else problems.push(`${file} includes ${included}, which is not in the build context`);
  };
  const copy = async (file: string, { path: local, isEditable, text }: LocalRequirement): Promise<void> => {
    const target = posix.normalize(local).replace(/(?<=.)\/+$/, '');
    const says = `${file} needs "${text}"`;
    if (target === '.') {
      problems.push(
        `${says}, which is the project itself: remove the line, because the images get its code from the source folder, and write its dependencies to ${file}`,
      );
    } else if (!isProjectPath(target)) {
      problems.push(
        `${says}, which is not in the build context: copy it into the project, and name it by a path like ./libs/NAME`,
      );
    } else if (isEditable) {
      problems.push(`${says}, and an editable install is not in the image: write ./${target} instead`);
    } else if (await isThere(join(project, target))) localPaths.add(target);
    else problems.push(`${says}, and there is no ${target}`);
  };
  const read = async (file: string): Promise<void> => {
    if (files.includes(file)) return;
    const bytes = await readFile(join(project, file)).catch(() => undefined);
    if (bytes === undefined) {
      problems.push(`${path} includes ${file}, which cannot be read`);
      return;
    }
    files.push(file);
    for (const line of readRequirementLines(decodeRequirements(bytes))) {
      if (line.variable !== undefined) {
        problems.push(`${file} needs "${line.text}", and ${line.variable} is not set in the build`);
      } else if (line.included !== undefined) await include(file, line.included);
      else if (line.local !== undefined) await copy(file, line.local);
      else if (line.name !== undefined) names.push(line.name);
    }
  };
  await read(path);
  return { path, files, localPaths: [...localPaths], names, problems };
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Whether a path is inside the project and needs no quoting in a Dockerfile. */
export function isProjectPath(path: string): boolean {
  return (
    path.length <= 1_000 &&
    /^[A-Za-z0-9_.][\w./+-]*$/.test(path) &&
    !path.split('/').includes('..') &&
    !path.includes('//')
  );
}
