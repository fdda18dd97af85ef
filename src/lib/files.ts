import { randomUUID } from 'node:crypto';
import { mkdtemp, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ObjDockerError } from '../errors.ts';
import { throwIfCancelled } from './operation.ts';

export interface AtomicFileOptions {
  /** Of a new file; the process's umask takes away from it. @default 0o666 */
  readonly mode?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a file that is there as a whole or not at all: beside it under another name first, then moved.
 *
 * @throws {ObjDockerError} OUTPUT_FAILED; CANCELLED. A file of that name is as it was then.
 */
export async function writeAtomically(
  path: string,
  pieces: Iterable<string>,
  { mode = 0o666, signal }: AtomicFileOptions = {},
): Promise<void> {
  const beside = join(dirname(path), `.${basename(path).slice(0, 200)}.${randomUUID()}`);
  try {
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

/** Text in pieces that are worth a write each. */
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
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  return new ObjDockerError('OUTPUT_FAILED', `cannot write ${path}: ${reason}`, {
    hint: 'Name a file in a folder that is there, that you may write to, and that has room.',
    cause,
  });
}

/**
 * Makes a folder of mode 0700 for a build's short-lived files.
 *
 * @param temp the folder to make it in
 * @throws {ObjDockerError} BUILD_FAILED when it cannot be made, with what to set.
 */
export async function makeTempFolder(temp: string, prefix: string): Promise<string> {
  try {
    return await mkdtemp(join(temp, prefix));
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
    throw new ObjDockerError('BUILD_FAILED', `cannot make a folder for the build's own files in ${temp}: ${reason}`, {
      hint: 'Make room there, or set TMPDIR to a folder that you may write to.',
      cause,
    });
  }
}
