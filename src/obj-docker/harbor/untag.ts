import { readTarget } from '../../access/harbor-access.ts';
import { ObjDockerError } from '../../errors.ts';
import type { UntagResult } from '../../model/harbor.ts';
import type { CallOptions } from '../../substrate/obj-substrate.ts';
import type { HarborConnection } from './connection.ts';
import { findTarget, oneReference, withoutReference } from './find-target.ts';

/**
 * Removes a tag and keeps its artifact.
 *
 * @throws {ObjDockerError} USAGE when no tag is named: a forgotten argument must not remove the tag of the config.
 */
export async function untag(
  connection: HarborConnection,
  repo: string,
  tag: string | undefined,
  options: CallOptions,
): Promise<UntagResult> {
  const { repository: name, reference } = readTarget(connection.pkg, repo);
  const named = oneReference(repo, reference, tag);
  if (named === undefined || named.includes(':')) {
    throw new ObjDockerError(
      'USAGE',
      `cannot remove a tag of ${name}: ${named === undefined ? 'no tag was given' : `${named} is a digest`}`,
      { hint: `Give a tag. To list them: objdocker harbor-artifacts ${name}` },
    );
  }
  const target = withoutReference(repo, reference);
  const { project, repository } = await findTarget(connection, target, { ...options, forChange: true });
  const { digest } = await repository.untag(named, options);
  return { repository: `${project.name}/${repository.name}`, tag: named, digest };
}
