import { basename, dirname } from 'node:path';
import { isObjDockerError } from '../../errors.ts';
import type { Environment } from '../environment.ts';
import type { ExecResult } from './exec.ts';

export interface GitOptions {
  readonly environment: Environment;
  readonly signal?: AbortSignal | undefined;
}

/** Runs git in a folder, for reading only. @returns undefined when git is not installed */
export async function git(
  folder: string,
  args: readonly string[],
  { environment, signal }: GitOptions,
): Promise<ExecResult | undefined> {
  try {
    return await environment.exec('git', ['-c', 'core.fsmonitor=false', '-C', folder, ...args], {
      // A read must not take a lock, and must not run a hook of the repository. Messages are read in English.
      env: { ...environment.env, GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' },
      signal,
    });
  } catch (error) {
    if (isObjDockerError(error) && error.code === 'COMMAND_NOT_FOUND') return undefined;
    throw error;
  }
}

/** Whether `git add .` would add a file, or has: it is in a work tree that does not ignore it. False where git does not tell. */
export async function isCommittable(path: string, options: GitOptions): Promise<boolean> {
  const result = await git(dirname(path), ['check-ignore', '--quiet', '--', basename(path)], options);
  return result?.exitCode === 1;
}
