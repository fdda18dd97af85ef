import { ObjDockerError } from '../../errors.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import type { HarborApi } from '../client/harbor-api.ts';
import { artifactPath, checkTag, formatRef, type RepositoryRef } from '../refs.ts';
import { ARTIFACT_HEADERS, type Artifact, artifactSchema, ONE_ARTIFACT_QUERY, toArtifact } from './artifacts.ts';

/** What a tag points to, with all tags of that artifact. */
export interface FoundTag {
  readonly digest: string;
  readonly tags: readonly { readonly name: string; readonly immutable: boolean }[];
  readonly artifact: Artifact;
}

/**
 * Looks a tag up, in one request. That a tag, its repository or its project does not exist is no error.
 *
 * @throws {ObjDockerError} REGISTRY_FORBIDDEN
 */
export async function findTag(
  api: HarborApi,
  ref: RepositoryRef,
  tag: string,
  options: RequestOptions = {},
): Promise<FoundTag | undefined> {
  checkTag(tag);
  const at = { ...ref, reference: tag };
  const doing = `read ${formatRef(at)}`;
  const response = await api.request(
    {
      path: artifactPath(at),
      query: ONE_ARTIFACT_QUERY,
      headers: ARTIFACT_HEADERS,
      alsoAccept: [404],
      doing,
      permission: 'artifact:read',
      project: ref.project,
    },
    options,
  );
  if (response.status === 404) {
    if (response.problem.code === 'NOT_FOUND') return undefined;
    // A proxy in front of Harbor knows nothing about its tags.
    throw new ObjDockerError('REGISTRY_ERROR', `cannot ${doing}: HTTP 404 without an error of Harbor`, {
      hint: `Check what responds at ${api.host}: a proxy, or Harbor itself.`,
      details: { status: 404, requestId: response.requestId },
    });
  }
  const artifact = toArtifact(response.read(artifactSchema));
  return { digest: artifact.digest, tags: artifact.tags, artifact };
}
