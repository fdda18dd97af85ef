import { isAncestor } from '../../build/environment/revision.ts';
import { ObjDockerError } from '../../errors.ts';
import type { ReleaseRecord } from '../../model/release.ts';
import type { RunContext } from './context.ts';

/**
 * Stops a run whose commit comes before that of the current release. A clone that does not know that commit, as one of depth 1,
 * compares the dates of the committers.
 *
 * @throws {ObjDockerError} RELEASE_NEWER
 */
export async function checkOlderCommit(
  { pkg, revision, options, environment, progress, signal }: RunContext,
  current: ReleaseRecord | undefined,
): Promise<void> {
  const released = current?.revision;
  if (current === undefined || released === undefined || revision === undefined || options.backwards === true) return;
  const known = await isAncestor(
    pkg.image.context,
    { commit: revision.commit, of: released.commit },
    { environment, signal },
  );
  if (known === false) return;
  const isOlder =
    known ??
    (revision.committed !== undefined && released.committed !== undefined && revision.committed < released.committed);
  const what = `release ${current.number} of ${current.package}, which is of the commit ${short(released.commit)}`;
  if (isOlder) {
    const why = known ? 'comes before' : 'is older by its date than';
    throw new ObjDockerError('RELEASE_NEWER', `the commit ${short(revision.commit)} ${why} ${what}`, {
      hint: 'A newer commit was released meanwhile, so there is nothing to do. To release the older one all the same: --backwards.',
      details: { commit: revision.commit, released: released.commit, release: current.number },
    });
  }
  progress.warn(
    `this clone does not know the commit of ${what}: by its date the commit ${short(revision.commit)} is not older`,
  );
}

function short(commit: string): string {
  return commit.slice(0, 12);
}
