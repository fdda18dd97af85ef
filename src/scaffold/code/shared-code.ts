import { readdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { NOT_CODE, type PythonSources } from './python-sources.ts';

/** What one COPY takes from the source folder: a folder, or files in one folder. Relative to the source folder. */
export interface CodeCopy {
  readonly from: readonly string[];
  readonly to: string;
}

/** Names that need no quotes in a COPY. */
const PLAIN = /^[\w.+@-]+$/;

/**
 * Lists the code that all services share, which is everything except their own parts. A Dockerfile can copy "everything except" only
 * with a newer BuildKit, so each folder that contains an own part is listed by its content.
 *
 * @param own files and folders, relative to the source folder
 * @returns one copy of the whole source folder when no service has a part of its own
 */
export async function listSharedCode(
  project: string,
  { folder, entries }: Pick<PythonSources, 'folder' | 'entries'>,
  own: readonly string[],
): Promise<readonly CodeCopy[]> {
  const root = join(project, folder);
  const contains = (path: string) => own.some((one) => one.startsWith(path === '.' ? '' : `${path}/`));
  const list = async (parent: string): Promise<readonly CodeCopy[]> => {
    const found = await readdir(join(root, parent), { withFileTypes: true }).catch(() => []);
    const isCode = (name: string) =>
      folder === '.' && parent === '.' ? entries.includes(name) : PLAIN.test(name) && !NOT_CODE.test(name);
    const children = found
      .filter(({ name }) => isCode(name))
      .map((entry) => ({ entry, path: posix.join(parent, entry.name) }))
      .filter(({ path }) => !own.includes(path))
      .sort((a, b) => (a.path < b.path ? -1 : 1));
    const files = children.filter(({ entry }) => entry.isFile()).map(({ path }) => path);
    const folders = children.filter(({ entry }) => entry.isDirectory()).map(({ path }) => path);
    // A pattern takes later modules, too. It must not take the own file of a service, or tests in the project folder.
    const pattern = posix.join(parent, '*.py');
    const isOpen = !own.some((path) => posix.dirname(path) === parent && path.endsWith('.py')) && folder !== parent;
    const named = files.filter((path) => !isOpen || !path.endsWith('.py'));
    const from = named.length < files.length ? [pattern, ...named] : named;
    const below = await Promise.all(
      folders.map(async (path) => {
        if (contains(path)) return list(path);
        return (await hasFiles(join(root, path))) ? [{ from: [path], to: path }] : [];
      }),
    );
    return [...(from.length === 0 ? [] : [{ from, to: parent === '.' ? '' : `${parent}/` }]), ...below.flat()];
  };
  if (folder !== '.' && !contains('.')) return [{ from: ['.'], to: '.' }];
  return list('.');
}

/** Whether a folder has a file that Git and the build context keep. */
async function hasFiles(folder: string): Promise<boolean> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries.some((entry) => !entry.isDirectory() && !entry.name.endsWith('.pyc'));
}
