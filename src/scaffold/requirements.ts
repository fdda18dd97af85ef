import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';

/** A requirements file, with the files that it includes. */
export interface RequirementFile {
  /** Relative to the project. */
  readonly path: string;
  /** The file itself and all included files. */
  readonly files: readonly string[];
  /** Messages about lines that do not work in a container build. */
  readonly problems: readonly string[];
}

const FOLDER = 'requirements';
const FILE = /^requirements([-_.][\w.-]+)?\.txt$/;
/** Requirements files for development and CI. */
const NOT_SHIPPED = /(^|[-_./])(dev|develop|development|tests?|testing|docs?|lint|ci|tools?)\.txt$/;
const INCLUDE = /^\s*(?:-r|-c|--requirement|--constraint)(?:\s+|=|(?=[^\s-]))(\S+)/;
const LOCAL = /^\s*(?:(?:-e|--editable)[\s=]|\.{1,2}(?:\/|\s*$)|\/|file:)/;

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

/** Reads a requirements file and all included files. */
export async function readRequirements(project: string, path: string): Promise<RequirementFile> {
  const files: string[] = [];
  const problems: string[] = [];
  const read = async (file: string): Promise<void> => {
    if (files.includes(file)) return;
    const text = await readFile(join(project, file), 'utf8').catch(() => undefined);
    if (text === undefined) {
      problems.push(`${path} includes ${file}, which cannot be read`);
      return;
    }
    files.push(file);
    for (const line of text.split('\n')) {
      const included = INCLUDE.exec(line)?.[1];
      if (included !== undefined && !/^[a-z]+:\/\//i.test(included)) {
        const target = posix.join(posix.dirname(file), included);
        if (isProjectPath(target)) await read(target);
        else problems.push(`${file} includes ${included}, which is not in the build context`);
      } else if (LOCAL.test(line)) {
        problems.push(`${file} needs "${line.trim()}", which the Dockerfile does not copy before pip runs`);
      }
    }
  };
  await read(path);
  return { path, files, problems };
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
