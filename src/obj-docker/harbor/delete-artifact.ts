import { readTarget } from '../../access/harbor-access.ts';
import type { Package } from '../../config/package.ts';
import { ObjDockerError } from '../../errors.ts';
import type { DeletePreview } from '../../harbor/artifacts/delete.ts';
import { isDigest } from '../../harbor/refs.ts';
import type { CallOptions } from '../../substrate/obj-substrate.ts';
import type { HarborConnection } from './connection.ts';

/** What deleting an artifact would delete in addition to it, or why Harbor would refuse. Changes nothing. */
export async function previewDelete(
  { pkg, open }: HarborConnection,
  repo: string,
  digest: string | undefined,
  options: CallOptions,
): Promise<DeletePreview> {
  const target = readDigestTarget(pkg, repo, digest);
  const { project } = await open(options.signal);
  return await project.repository(target.repository).previewDelete(target.digest, options);
}

/** Deletes an artifact with all its tags, by its digest only. */
export async function deleteArtifact(
  { pkg, open }: HarborConnection,
  repo: string,
  digest: string | undefined,
  options: CallOptions,
): Promise<void> {
  const target = readDigestTarget(pkg, repo, digest);
  const { project } = await open(options.signal);
  await project.repository(target.repository).deleteArtifact(target.digest, options);
}

/** @throws {ObjDockerError} USAGE for a tag: Harbor would delete the artifact under all its tags. */
function readDigestTarget(
  pkg: Package,
  repo: string,
  digest: string | undefined,
): { readonly repository: string; readonly digest: string } {
  const { repository, reference } = readTarget(pkg, repo);
  const named = digest ?? reference;
  if (named !== undefined && isDigest(named)) return { repository, digest: named };
  if (named === undefined || named.includes(':')) {
    throw new ObjDockerError(
      'USAGE',
      named === undefined
        ? `cannot delete an artifact of ${repository}: no digest was given`
        : `cannot delete an artifact of ${repository}: ${JSON.stringify(named)} is not a complete digest`,
      {
        hint: `Give its digest, sha256: and 64 hexadecimal digits. To find it: objdocker harbor-artifacts ${repository} --json`,
      },
    );
  }
  throw new ObjDockerError(
    'USAGE',
    `cannot delete ${repository}:${named}: ${JSON.stringify(named)} is a tag, and Harbor would delete the artifact with all its tags`,
    {
      hint: `To remove only the tag: objdocker harbor-untag ${repository} ${named}. To delete the artifact, give its digest: objdocker harbor-artifacts ${repository}`,
    },
  );
}
