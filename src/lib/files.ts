import { randomUUID } from 'node:crypto';
import { mkdtemp, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ObjDockerError } from '../errors.ts';
import { throwIfCancelled } from './operation.ts';

export interface AtomicFileOptions {
  /** The mode of a new file, before the process's umask. @default 0o666 */
  readonly mode?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a file as a whole or not at all: to a temporary file in the same folder, which is then renamed.
 *
 * @throws {ObjDockerError} OUTPUT_FAILED or CANCELLED. An existing file is unchanged then.
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
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  return new ObjDockerError('OUTPUT_FAILED', `cannot write ${path}: ${reason}`, {
    hint: 'Choose a file in a folder that exists, that you may write to, and that has free space.',
    cause,
  });
}

/**
 * Makes a folder of mode 0700 for a build's temporary files.
 *
 * @param temp the parent folder
 * @throws {ObjDockerError} BUILD_FAILED
 */
export async function makeTempFolder(temp: string, prefix: string): Promise<string> {
  try {
    return await mkdtemp(join(temp, prefix));
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
    throw new ObjDockerError('BUILD_FAILED', `cannot create a folder for temporary files in ${temp}: ${reason}`, {
      hint: 'Free space there, or set TMPDIR to a folder that you may write to.',
      cause,
    });
  }
}
