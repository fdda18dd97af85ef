import {
  type HarborAccess,
  type HarborCallOptions,
  openPackageTarget,
  readTarget,
} from '../../access/harbor-access.ts';
import type { Package } from '../../config/package.ts';
import { ObjDockerError } from '../../errors.ts';
import type { DeletePreview } from '../../harbor/artifacts/delete.ts';
import { isDigest } from '../../harbor/refs.ts';

/** A tag that was taken off its artifact. */
export interface RemovedTag {
  /** With its project: `axion/services/api`. */
  readonly repository: string;
  readonly tag: string;
  /** Of the artifact, which stays. */
  readonly digest: string;
}

/** What deleting an artifact would delete beside it, or why Harbor would refuse. Changes nothing. */
export async function previewDeletion(
  pkg: Package,
  repo: string,
  digest: string | undefined,
  options: HarborCallOptions,
  access: HarborAccess,
): Promise<DeletePreview> {
  const named = digestToDelete(pkg, repo, digest);
  await using target = await openPackageTarget(pkg, repo, named, { ...access, ...options });
  return await target.repository.previewDelete(named, options);
}

/** Deletes an artifact with all its tags, by its digest and by nothing else. */
export async function deleteFromHarbor(
  pkg: Package,
  repo: string,
  digest: string | undefined,
  options: HarborCallOptions,
  access: HarborAccess,
): Promise<void> {
  const named = digestToDelete(pkg, repo, digest);
  await using target = await openPackageTarget(pkg, repo, named, { ...access, ...options });
  await target.repository.deleteArtifact(named, options);
}

/** Takes a tag off its artifact, which stays. */
export async function removeHarborTag(
  pkg: Package,
  repo: string,
  tag: string | undefined,
  options: HarborCallOptions,
  access: HarborAccess,
): Promise<RemovedTag> {
  const named = tagToRemove(pkg, repo, tag);
  await using target = await openPackageTarget(pkg, repo, named, { ...access, ...options });
  const { digest } = await target.repository.removeTag(named, options);
  return { repository: `${target.project.name}/${target.repository.name}`, tag: named, digest };
}

/** @throws {ObjDockerError} USAGE for a tag: Harbor would delete the artifact under all its tags. */
function digestToDelete(pkg: Package, repo: string, digest: string | undefined): string {
  const target = readTarget(pkg, repo);
  const named = digest ?? target.reference;
  if (named !== undefined && isDigest(named)) return named;
  const where = target.repository;
  if (named === undefined || named.includes(':')) {
    throw new ObjDockerError(
      'USAGE',
      named === undefined ? `which artifact of ${where} is not said` : `${JSON.stringify(named)} is not a whole digest`,
      { hint: `Give its digest, sha256: and 64 hexadecimal digits: objdocker harbor-artifacts ${where} --json` },
    );
  }
  throw new ObjDockerError(
    'USAGE',
    `${JSON.stringify(named)} is a tag, and artifacts are deleted by digest only: Harbor would delete the artifact with all its tags`,
    {
      hint: `To take only the tag off: objdocker harbor-untag ${where} ${named}. To delete the artifact, find its digest: objdocker harbor-artifacts ${where}`,
    },
  );
}

/** @throws {ObjDockerError} USAGE when none is named: the config's own is not what somebody removes by leaving it out. */
function tagToRemove(pkg: Package, repo: string, tag: string | undefined): string {
  const target = readTarget(pkg, repo);
  const named = tag ?? target.reference;
  if (named !== undefined && !isDigest(named)) return named;
  throw new ObjDockerError(
    'USAGE',
    named === undefined ? `which tag of ${target.repository} is not said` : `${named} is a digest, not a tag`,
    { hint: `See which tags there are: objdocker harbor-artifacts ${target.repository}` },
  );
}
