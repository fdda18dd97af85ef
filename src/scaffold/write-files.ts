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
 * Fails when one of the files exists. A broken symbolic link counts as a file.
 *
 * @throws {ObjDockerError} FILE_EXISTS, with all existing files.
 */
export async function refuseExisting(folder: string, paths: readonly string[]): Promise<void> {
  const looked = await Promise.all(paths.map(async (path) => ((await isThere(join(folder, path))) ? [path] : [])));
  const existing = looked.flat();
  if (existing.length > 0) throw exists(existing);
}

/**
 * Writes new files and creates their folders: all of them, or none.
 *
 * @throws {ObjDockerError} FILE_EXISTS, OUTPUT_FAILED, CANCELLED. Everything that was created is removed first.
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
    // A folder stays when another process has created a file in it.
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
    // When the path is not a folder, opening a file in it fails.
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    // Such a path counts as absent. Writing the file fails with the reason.
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return false;
    throw failed(dirname(path), error);
  }
}

function exists(files: readonly string[]): ObjDockerError {
  const message = `${files.length === 1 ? 'this file exists' : 'these files exist'} already: ${files.join(', ')}; nothing was written`;
  return new ObjDockerError('FILE_EXISTS', message, {
    hint: 'Keep the existing files and run "objdocker config check", or move them away and run the command again.',
    details: { files },
  });
}

function failed(path: string, cause: unknown): ObjDockerError {
  const reason = codeOf(cause) ?? String(cause);
  return new ObjDockerError('OUTPUT_FAILED', `cannot write ${path}: ${reason}; all new files were removed`, {
    hint: 'Check the permissions of the folder and the free disk space.',
    cause,
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
