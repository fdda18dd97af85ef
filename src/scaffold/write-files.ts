import { lstat, mkdir, open, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ObjDockerError } from '../errors.ts';
import { throwIfCancelled } from '../lib/operation.ts';

export interface NewFile {
  /** Relative to the project, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/**
 * Ends when one of the files is there, whatever it is: a link that leads nowhere, too.
 *
 * @throws {ObjDockerError} FILE_EXISTS, with all of them.
 */
export async function refuseExisting(folder: string, paths: readonly string[]): Promise<void> {
  const looked = await Promise.all(paths.map(async (path) => ((await isThere(join(folder, path))) ? [path] : [])));
  const existing = looked.flat();
  if (existing.length > 0) throw exists(existing);
}

/**
 * Writes files that are not there yet, and the folders that they need: all of them, or none.
 *
 * @throws {ObjDockerError} FILE_EXISTS, OUTPUT_FAILED, CANCELLED; what was made is removed again then.
 */
export async function writeNewFiles(folder: string, files: readonly NewFile[], signal?: AbortSignal): Promise<void> {
  await refuseExisting(
    folder,
    files.map(({ path }) => path),
  );
  const made: (() => Promise<void>)[] = [];
  let current = '';
  try {
    for (const { path, text } of files) {
      throwIfCancelled(signal);
      current = path;
      const parents = path.split('/').slice(0, -1);
      for (const [index] of parents.entries()) {
        const parent = join(folder, ...parents.slice(0, index + 1));
        if (await makeFolder(parent)) made.push(() => rmdir(parent));
      }
      const target = join(folder, path);
      const file = await open(target, 'wx');
      made.push(() => rm(target, { force: true }));
      try {
        await file.writeFile(text);
      } finally {
        await file.close();
      }
    }
    throwIfCancelled(signal);
  } catch (error) {
    // A folder in which somebody else has put something meanwhile stays.
    for (const undo of made.reverse()) await undo().catch(() => {});
    if (error instanceof ObjDockerError) throw error;
    throw codeOf(error) === 'EEXIST' ? exists([current]) : failed(join(folder, current), error);
  }
}

async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    // What is there and no folder fails when a file is opened in it.
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    // What cannot be looked at cannot be written either, and writing says why.
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return false;
    throw failed(dirname(path), error);
  }
}

function exists(files: readonly string[]): ObjDockerError {
  const message = `${files.length === 1 ? 'this file is' : 'these files are'} there already: ${files.join(', ')}; nothing was written`;
  return new ObjDockerError('FILE_EXISTS', message, {
    hint: 'Nothing is ever overwritten. Go on with what is there (objdocker config check), or move it away.',
    details: { files },
  });
}

function failed(path: string, cause: unknown): ObjDockerError {
  const reason = codeOf(cause) ?? String(cause);
  return new ObjDockerError('OUTPUT_FAILED', `cannot write ${path}: ${reason}; nothing was kept`, {
    hint: 'Go to a folder that you may write to and that has room.',
    cause,
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
