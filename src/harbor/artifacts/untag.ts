import type { RequestOptions } from '../../lib/http/request-options.ts';
import type { HarborApi } from '../client/harbor-api.ts';
import { artifactPath, checkTag, formatRef, type RepositoryRef } from '../refs.ts';
import { getArtifact } from './artifacts.ts';

/**
 * Removes a tag and keeps its artifact.
 *
 * @returns the digest that the tag pointed to
 * @throws {ObjDockerError} TAG_NOT_FOUND, TAG_IMMUTABLE, REPOSITORY_NOT_FOUND, REGISTRY_FORBIDDEN
 */
export async function untag(
  api: HarborApi,
  ref: RepositoryRef,
  tag: string,
  options: RequestOptions = {},
): Promise<{ readonly digest: string }> {
  checkTag(tag);
  const { digest } = await getArtifact(api, { ...ref, reference: tag }, options);
  await api.request(
    {
      method: 'DELETE',
      // By digest: when another client has moved the tag, Harbor responds with 404 and keeps it.
      path: `${artifactPath({ ...ref, reference: digest })}/tags/${tag}`,
      doing: `remove the tag ${formatRef({ ...ref, reference: tag })}`,
      permission: 'tag:delete',
      project: ref.project,
    },
    options,
  );
  return { digest };
}
