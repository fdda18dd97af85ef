import { readTarget } from '../../access/harbor-access.ts';
import { ObjDockerError } from '../../errors.ts';
import { isDigest } from '../../harbor/refs.ts';
import type { UntagResult } from '../../model/harbor.ts';
import type { CallOptions } from '../../substrate/obj-substrate.ts';
import type { HarborConnection } from './connection.ts';

/**
 * Removes a tag and keeps its artifact.
 *
 * @throws {ObjDockerError} USAGE when no tag is named: a forgotten argument must not remove the tag of the config.
 */
export async function untag(
  { pkg, open }: HarborConnection,
  repo: string,
  tag: string | undefined,
  options: CallOptions,
): Promise<UntagResult> {
  const { repository, reference } = readTarget(pkg, repo);
  const named = tag ?? reference;
  if (named === undefined || isDigest(named)) {
    throw new ObjDockerError(
      'USAGE',
      `cannot remove a tag of ${repository}: ${named === undefined ? 'no tag was given' : `${named} is a digest`}`,
      { hint: `Give a tag. To list them: objdocker harbor-artifacts ${repository}` },
    );
  }
  const { project } = await open(options.signal);
  const { digest } = await project.repository(repository).untag(named, options);
  return { repository: `${project.name}/${repository}`, tag: named, digest };
}
