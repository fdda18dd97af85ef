import { ObjDockerError } from '../../errors.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import type { HarborApi } from '../client/harbor-api.ts';
import { explainNotFound } from '../not-found.ts';
import { artifactPath, checkDigest, checkTag, formatRef, type RepositoryRef } from '../refs.ts';
import { getArtifact } from './artifacts.ts';

/**
 * Creates a tag for an artifact. `created` is false when the artifact has the tag already.
 *
 * Harbor's API cannot move a tag (FACTS, captures 901–904): push the manifest with the tag over `/v2`.
 *
 * @throws {ObjDockerError} TAG_EXISTS when another artifact has it (`details.digest`), ARTIFACT_NOT_FOUND,
 * REPOSITORY_NOT_FOUND, REGISTRY_FORBIDDEN
 */
export async function createTag(
  api: HarborApi,
  ref: RepositoryRef,
  { digest, tag }: { readonly digest: string; readonly tag: string },
  options: RequestOptions = {},
): Promise<{ readonly created: boolean }> {
  checkDigest(digest);
  checkTag(tag);
  const at = { ...ref, reference: digest };
  const { status } = await explainNotFound(api, at, options, () =>
    api.request(
      {
        method: 'POST',
        path: `${artifactPath(at)}/tags`,
        body: { name: tag },
        alsoAccept: [409],
        doing: `tag ${formatRef(at)} as ${tag}`,
        permission: 'tag:create',
        project: ref.project,
      },
      options,
    ),
  );
  if (status !== 409) return { created: true };
  const holder = await getArtifact(api, { ...ref, reference: tag }, options);
  if (holder.digest === digest) return { created: false };
  throw new ObjDockerError(
    'TAG_EXISTS',
    `the tag ${formatRef({ ...ref, reference: tag })} already points to another artifact`,
    {
      hint: `It points to ${holder.digest}. Choose another tag, or remove this one first.`,
      details: { tag, digest: holder.digest },
    },
  );
}
