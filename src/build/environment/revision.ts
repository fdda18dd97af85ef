import type { PlanWarning } from '../../buildx/plan.ts';
import type { ExecResult } from '../../lib/process/exec.ts';
import { type GitOptions, git } from '../../lib/process/git.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import type { ReleaseRevision } from '../../model/release.ts';

/** The Git commit of a folder, or why there is none. */
export type FoundRevision =
  | { readonly revision: ReleaseRevision }
  | {
      readonly revision?: undefined;
      readonly reason: PlanWarning;
      /** Whether there is none to be read: no repository, or no commit yet. */
      readonly isNormal: boolean;
    };

/** The commit as the build argument REVISION has it: with `-dirty` when the folder has changed or untracked files. */
export function revisionText({ commit, dirty }: ReleaseRevision): string {
  return dirty ? `${commit}-dirty` : commit;
}

/** Reads the Git commit of a folder, with its date. */
export async function findRevision(folder: string, options: GitOptions): Promise<FoundRevision> {
  const [head, status] = await Promise.all([
    git(folder, ['-c', 'log.showSignature=false', 'log', '-1', '--format=%H %cI'], options),
    git(folder, ['status', '--porcelain', '--', '.'], options),
  ]);
  const [commit = '', committed = ''] = head?.exitCode === 0 ? head.stdout.trim().split(' ') : [];
  if (!/^[0-9a-f]{40,64}$/.test(commit)) return withoutRevision(folder, head);
  const date = new Date(committed);
  return {
    revision: {
      commit,
      ...(Number.isNaN(date.getTime()) ? {} : { committed: date.toISOString() }),
      dirty: status?.exitCode !== 0 || status.stdout.trim() !== '',
    },
  };
}

function withoutRevision(folder: string, result: ExecResult | undefined): FoundRevision {
  const because = (why: string, hint?: string) => ({
    message: `the commit of ${folder} is not known: ${why}`,
    ...(hint === undefined ? {} : { hint }),
  });
  if (result === undefined)
    return {
      reason: because('git is not installed', 'Install git, or set image.buildArgs.REVISION.'),
      isNormal: false,
    };
  const { stderr } = result;
  if (/not a git repository \(or any/.test(stderr))
    return { reason: because('it is in no Git repository'), isNormal: true };
  if (/does not have any commits yet/.test(stderr))
    return { reason: because('its Git repository has no commit yet'), isNormal: true };
  if (/dubious ownership|unsafe repository/.test(stderr)) {
    // Git names the repository itself, which may be a folder above.
    const command = /git config --global --add safe\.directory .+/.exec(stderr)?.[0];
    return {
      reason: because(
        'Git refuses a repository of another owner ("dubious ownership")',
        `Trust it: ${sanitizeLine(command ?? `git config --global --add safe.directory ${folder}`)}`,
      ),
      isNormal: false,
    };
  }
  const [first = `git exited with code ${result.exitCode}`] = stderr.split('\n').filter((line) => line.trim() !== '');
  return { reason: because(sanitizeLine(first.replace(/^fatal: /, ''))), isNormal: false };
}

/**
 * Whether a commit comes before another one, in the repository of a folder.
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
