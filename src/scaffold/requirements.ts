import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';

/** A file of requirements, with those that it includes. */
export interface RequirementFile {
  /** Relative to the project. */
  readonly path: string;
  /** Itself and what it includes. */
  readonly files: readonly string[];
  /** Lines that a build in a container cannot follow, as a message says them. */
  readonly problems: readonly string[];
}

const FOLDER = 'requirements';
const FILE = /^requirements([-_.][\w.-]+)?\.txt$/;
/** Requirements of people and of CI, not of services. */
const NOT_SHIPPED = /(^|[-_./])(dev|develop|development|tests?|testing|docs?|lint|ci|tools?)\.txt$/;
const INCLUDE = /^\s*(?:-r|-c|--requirement|--constraint)(?:\s+|=|(?=[^\s-]))(\S+)/;
const LOCAL = /^\s*(?:(?:-e|--editable)[\s=]|\.{1,2}(?:\/|\s*$)|\/|file:)/;

/** The project's files of requirements that services may have: `requirements.txt`, `requirements/web.txt`. */
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
 * The file of a service's own among those that were found, else the one that all share. Nothing is said of several of which
 * none is for all.
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

/** Reads a file of requirements and what it includes. */
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
        else problems.push(`${file} includes ${included}, which the build context does not hold`);
      } else if (LOCAL.test(line)) {
        problems.push(`${file} names "${line.trim()}", a folder that this Dockerfile does not copy before pip runs`);
      }
    }
  };
  await read(path);
  return { path, files, problems };
}

/** Whether a path stays in the project and may stand in a Dockerfile as it is. */
export function isProjectPath(path: string): boolean {
  return (
    path.length <= 1_000 &&
    /^[A-Za-z0-9_.][\w./+-]*$/.test(path) &&
    !path.split('/').includes('..') &&
    !path.includes('//')
  );
}
