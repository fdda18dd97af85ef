import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ObjDockerError } from '../../errors.ts';
import { throwIfCancelled } from '../operation.ts';
import { temporaryNameFor } from './leftovers.ts';

export interface AtomicFileOptions {
  /** The mode of a new file, before the process's umask. @default 0o666 */
  readonly mode?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a file as a whole or not at all: to a temporary file in the same folder, which is then renamed. The folder is created when
 * it is missing.
 *
 * @throws {ObjDockerError} OUTPUT_FAILED or CANCELLED. An existing file is unchanged then.
 */
export async function writeAtomically(
  path: string,
  pieces: Iterable<string>,
  { mode = 0o666, signal }: AtomicFileOptions = {},
): Promise<void> {
  const beside = await temporaryNameFor(path);
  try {
    await makeFolders(dirname(path));
    const file = await open(beside, 'wx', mode);
    try {
      for (const piece of joinPieces(pieces)) {
        throwIfCancelled(signal);
        await file.writeFile(piece);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {});
    throw error instanceof ObjDockerError ? error : failed(path, error);
  }
}

/** Joins small pieces of text into pieces of 64 KiB or more, each worth a write. */
export function* joinPieces(pieces: Iterable<string>): Generator<string> {
  let text = '';
  for (const piece of pieces) {
    text += piece;
    if (text.length < 64 * 1024) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}

function failed(path: string, cause: unknown): ObjDockerError {
  const reason = codeOf(cause) ?? String(cause);
  return new ObjDockerError('OUTPUT_FAILED', `cannot write ${path}: ${reason}`, {
    hint: 'Choose a file in a folder that you may write to and that has free space.',
    cause,
  });
}

/**
 * Creates a folder and its parents, as far as they are missing. Node's own recursive `mkdir` never returns for a path in /proc
 * (Node 20).
 *
 * @throws the error of the system, with its `code`
 */
export async function makeFolders(path: string, options: { readonly mode?: number } = {}): Promise<void> {
  try {
    await mkdir(path, options);
  } catch (error) {
    if (await isFolder(path)) return;
    const parent = dirname(path);
    if (codeOf(error) !== 'ENOENT' || parent === path) throw error;
    await makeFolders(parent, options);
    await mkdir(path, options).catch(async (reason) => {
      // Another process may have created it.
      if (!(await isFolder(path))) throw reason;
    });
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
