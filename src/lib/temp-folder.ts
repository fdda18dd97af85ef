import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { ObjDockerError } from '../errors.ts';

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
