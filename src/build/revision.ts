import { isObjDockerError } from '../errors.ts';
import type { Environment } from '../lib/environment.ts';
import type { ExecResult } from '../lib/process/exec.ts';
import type { ReleaseRevision } from '../model/release.ts';

interface GitOptions {
  readonly environment: Environment;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The Git commit of a directory, with `-dirty` when the directory has changed or untracked files.
 *
 * @returns undefined without git, repository or commit
 */
export async function findRevision(folder: string, options: GitOptions): Promise<string | undefined> {
  const revision = await readRevision(folder, options);
  if (revision === undefined) return undefined;
  return revision.dirty ? `${revision.commit}-dirty` : revision.commit;
}

/** The Git commit of a directory, with its date. @returns undefined without git, repository or commit */
export async function readRevision(folder: string, options: GitOptions): Promise<ReleaseRevision | undefined> {
  const [head, status] = await Promise.all([
    git(folder, ['-c', 'log.showSignature=false', 'log', '-1', '--format=%H %cI'], options),
    git(folder, ['status', '--porcelain', '--', '.'], options),
  ]);
  const [commit = '', committed = ''] = head?.exitCode === 0 ? head.stdout.trim().split(' ') : [];
  if (!/^[0-9a-f]{40,64}$/.test(commit)) return undefined;
  const date = new Date(committed);
  return {
    commit,
    ...(Number.isNaN(date.getTime()) ? {} : { committed: date.toISOString() }),
    dirty: status?.exitCode !== 0 || status.stdout.trim() !== '',
  };
}

/**
 * Whether a commit comes before another one, in the repository of a directory.
 *
 * @returns undefined when the repository does not know both, as a clone of depth 1
 */
export async function isAncestor(
  folder: string,
  { commit, of }: { readonly commit: string; readonly of: string },
  options: GitOptions,
): Promise<boolean | undefined> {
  if (commit === of) return false;
  const result = await git(folder, ['merge-base', '--is-ancestor', commit, of], options);
  if (result?.exitCode === 0) return true;
  return result?.exitCode === 1 ? false : undefined;
}

async function git(
  folder: string,
  args: readonly string[],
  { environment, signal }: GitOptions,
): Promise<ExecResult | undefined> {
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
}
