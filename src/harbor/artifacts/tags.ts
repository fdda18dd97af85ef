import { ObjDockerError } from '../../errors.ts';
import type { CallOptions, HarborApi } from '../client/api.ts';
import { explainingMissing } from '../missing.ts';
import { artifactPath, checkDigest, checkTag, formatPlace, type RepositoryPlace } from '../places.ts';
import { getArtifact } from './artifacts.ts';

/**
 * Puts a new tag on an artifact. One that the artifact has already is left, and `created` is false.
 *
 * Harbor's API cannot move a tag (FACTS, captures 901–904): put the manifest under the tag over `/v2`.
 *
 * @throws {ObjDockerError} TAG_EXISTS when another artifact has it (`details.digest`), ARTIFACT_NOT_FOUND,
 * REPOSITORY_NOT_FOUND, REGISTRY_FORBIDDEN
 */
export async function createTag(
  api: HarborApi,
  place: RepositoryPlace,
  { digest, tag }: { readonly digest: string; readonly tag: string },
  options: CallOptions = {},
): Promise<{ readonly created: boolean }> {
  checkDigest(digest);
  checkTag(tag);
  const at = { ...place, reference: digest };
  const { status } = await explainingMissing(api, at, options, () =>
    api.request(
      {
        method: 'POST',
        path: `${artifactPath(at)}/tags`,
        body: { name: tag },
        alsoAccept: [409],
        doing: `tag ${formatPlace(at)} as ${tag}`,
        project: place.project,
      },
      options,
    ),
  );
  if (status !== 409) return { created: true };
  const holder = await getArtifact(api, { ...place, reference: tag }, options);
  if (holder.digest === digest) return { created: false };
  throw new ObjDockerError('TAG_EXISTS', `${formatPlace({ ...place, reference: tag })} is another artifact already`, {
    hint: `It is ${holder.digest}. Choose another tag, or remove that one first.`,
    details: { tag, digest: holder.digest },
  });
}

/**
 * Takes a tag off its artifact, which stays, with its other tags or without any.
 *
 * @returns the digest that the tag stood for
 * @throws {ObjDockerError} TAG_NOT_FOUND, TAG_IMMUTABLE, REPOSITORY_NOT_FOUND, REGISTRY_FORBIDDEN
 */
export async function removeTag(
  api: HarborApi,
  place: RepositoryPlace,
  tag: string,
  options: CallOptions = {},
): Promise<{ readonly digest: string }> {
  checkTag(tag);
  const { digest } = await getArtifact(api, { ...place, reference: tag }, options);
  await api.request(
    {
      method: 'DELETE',
      // By digest: a tag that somebody moves just now stays where it was moved to, and Harbor answers 404.
      path: `${artifactPath({ ...place, reference: digest })}/tags/${tag}`,
      doing: `remove the tag ${formatPlace({ ...place, reference: tag })}`,
      project: place.project,
    },
    options,
  );
  return { digest };
}
