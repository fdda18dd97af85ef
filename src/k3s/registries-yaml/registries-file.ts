import { chmod, lstat, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ObjDockerError } from '../../errors.ts';
import { writeAtomically } from '../../lib/files/files.ts';
import type { Secret } from '../../lib/secret.ts';

const OWNER_ONLY = 0o600;

export interface WriteFileOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a file atomically that only its owner may read. Follows links, and leaves a file alone that already has this content.
 *
 * @returns whether anything was changed
 * @throws {ObjDockerError} OUTPUT_FAILED, CANCELLED
 */
export async function writeSecretFile(path: string, text: Secret, { signal }: WriteFileOptions): Promise<boolean> {
  try {
    const target = await followLink(path);
    const known = await stat(target).catch(ignoreMissing);
    if (known !== undefined && !known.isFile()) throw failed(path, 'not a regular file');
    const current = known === undefined ? undefined : await readFile(target, 'utf8').catch(() => undefined);
    if (known !== undefined && current === text.reveal()) {
      if ((known.mode & 0o777) === OWNER_ONLY) return false;
      await chmod(target, OWNER_ONLY);
      return true;
    }
    await writeAtomically(target, [text.reveal()], { mode: OWNER_ONLY, signal });
    return true;
  } catch (error) {
    throw error instanceof ObjDockerError ? error : failed(path, reasonOf(error), error);
  }
}

/** The content of a file. */
export interface RegistriesFile {
  readonly text: string;
  /** Users other than its owner may read it. */
  readonly isOpen: boolean;
}

/**
 * Reads a file; undefined when it does not exist.
 *
 * @throws {ObjDockerError} REGISTRIES_INVALID when it cannot be read
 */
export async function readRegistriesFile(path: string): Promise<RegistriesFile | undefined> {
  try {
    const known = await stat(path).catch(ignoreMissing);
    if (known === undefined) return undefined;
    if (!known.isFile()) throw unreadable(path, 'not a regular file');
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
    return { text, isOpen: (known.mode & 0o077) !== 0 };
  } catch (error) {
    throw error instanceof ObjDockerError ? error : unreadable(path, reasonOf(error), error);
  }
}

/** The target of a link, also when the target does not exist. */
async function followLink(path: string): Promise<string> {
  const real = await realpath(path).catch(ignoreMissing);
  if (real !== undefined) return real;
  const entry = await lstat(path).catch(ignoreMissing);
  return entry?.isSymbolicLink() === true ? resolve(dirname(path), await readlink(path)) : path;
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && 'code' in error) {
    return error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'not UTF-8 text' : String(error.code);
  }
  return 'unknown reason';
}

function failed(path: string, reason: string, cause?: unknown): ObjDockerError {
  return new ObjDockerError('OUTPUT_FAILED', `cannot write ${path}: ${reason}`, {
    hint: 'Choose a file in a folder that you may write to.',
    cause,
  });
}

function unreadable(path: string, reason: string, cause?: unknown): ObjDockerError {
  return new ObjDockerError('REGISTRIES_INVALID', `cannot read ${path}: ${reason}`, {
    hint: 'Choose a registries.yaml that you may read.',
    cause,
  });
}
