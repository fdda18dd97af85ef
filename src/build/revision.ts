import { isObjDockerError } from '../errors.ts';
import type { Environment } from '../lib/environment.ts';
import type { ExecResult } from '../lib/process/exec.ts';

/**
 * The Git commit of a directory, with `-dirty` when the directory has changed or untracked files.
 *
 * @returns undefined without git, repository or commit
 */
export async function findRevision(
  folder: string,
  { environment, signal }: { environment: Environment; signal?: AbortSignal | undefined },
): Promise<string | undefined> {
  const git = async (...args: string[]): Promise<ExecResult | undefined> => {
    try {
      // A read must not take a lock, and must not run a hook of the repository.
      return await environment.exec('git', ['-c', 'core.fsmonitor=false', '-C', folder, ...args], {
        env: { ...environment.env, GIT_OPTIONAL_LOCKS: '0' },
        signal,
      });
    } catch (error) {
      if (isObjDockerError(error) && error.code === 'COMMAND_NOT_FOUND') return undefined;
      throw error;
    }
  };
  const [head, status] = await Promise.all([
    git('rev-parse', '--verify', '--quiet', 'HEAD'),
    git('status', '--porcelain', '--', '.'),
  ]);
  const commit = head?.stdout.trim() ?? '';
  if (head?.exitCode !== 0 || !/^[0-9a-f]{40,64}$/.test(commit)) return undefined;
  return status?.exitCode === 0 && status.stdout.trim() === '' ? commit : `${commit}-dirty`;
}
