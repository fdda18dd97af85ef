import { readTarget } from '../../access/harbor-access.ts';
import { ObjDockerError } from '../../errors.ts';
import type { DeletePreview } from '../../harbor/artifacts/delete.ts';
import type { HarborRepository } from '../../harbor/harbor.ts';
import { parseDigestPrefix } from '../../image-ref.ts';
import type { CallOptions } from '../../substrate/obj-substrate.ts';
import type { HarborConnection } from './connection.ts';
import { completeDigest, findTarget, oneReference, withoutReference } from './find-target.ts';

/** What deleting an artifact would delete in addition to it, or why Harbor would refuse. Changes nothing. */
export async function previewDelete(
  connection: HarborConnection,
  repo: string,
  digest: string | undefined,
  options: CallOptions,
): Promise<DeletePreview> {
  const target = await findDigestTarget(connection, repo, digest, options);
  return await target.repository.previewDelete(target.digest, options);
}

/** Deletes an artifact with all its tags, by its digest only. */
export async function deleteArtifact(
  connection: HarborConnection,
  repo: string,
  digest: string | undefined,
  options: CallOptions,
): Promise<void> {
  const target = await findDigestTarget(connection, repo, digest, options);
  await target.repository.deleteArtifact(target.digest, options);
}

/** @throws {ObjDockerError} USAGE for a tag: Harbor would delete the artifact under all its tags. */
async function findDigestTarget(
  connection: HarborConnection,
  repo: string,
  digest: string | undefined,
  { signal }: CallOptions,
): Promise<{ readonly repository: HarborRepository; readonly digest: string }> {
  const { repository: name, reference } = readTarget(connection.pkg, repo);
  const written = oneReference(repo, reference, digest);
  if (written === undefined) {
    throw new ObjDockerError('USAGE', `cannot delete an artifact of ${name}: no digest was given`, {
      hint: `Give its digest, or its first 7 hexadecimal digits or more. To find it: objdocker harbor-artifacts ${name}`,
    });
  }
  const isTag = digest === undefined && !written.includes(':');
  const prefix = isTag ? undefined : parseDigestPrefix(written);
  if (prefix === undefined) throw isTag || !written.includes(':') ? tagGiven(name, written) : notADigest(name, written);
  const { repository } = await findTarget(connection, withoutReference(repo, reference), { signal, forChange: true });
  // The tag of a build may consist of hexadecimal digits, too.
  if (!written.includes(':') && (await hasTag(repository, written, signal))) throw tagGiven(repository.name, written);
  return { repository, digest: await completeDigest(repository, prefix, signal) };
}

async function hasTag(repository: HarborRepository, tag: string, signal: AbortSignal | undefined): Promise<boolean> {
  for await (const { name } of repository.listTags({ containing: tag, signal })) if (name === tag) return true;
  return false;
}

function notADigest(repository: string, text: string): ObjDockerError {
  const message = `cannot delete an artifact of ${repository}: ${JSON.stringify(text)} is not a digest`;
  return new ObjDockerError('USAGE', message, {
    hint: `A digest is sha256: and 64 hexadecimal digits; the first 7 are enough. To find it: objdocker harbor-artifacts ${repository}`,
  });
}

function tagGiven(repository: string, tag: string): ObjDockerError {
  return new ObjDockerError(
    'USAGE',
    `cannot delete ${repository}:${tag}: ${JSON.stringify(tag)} is a tag, and Harbor would delete the artifact with all its tags`,
    {
      hint: `To remove only the tag: objdocker harbor-untag ${repository} ${tag}. To delete the artifact, give its digest: objdocker harbor-artifacts ${repository}`,
    },
  );
}
