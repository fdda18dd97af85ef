import * as z from 'zod';
import { ObjDockerError } from '../../errors.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import type { HarborApi } from '../client/harbor-api.ts';
import { artifactPath, checkTag, formatRef, type RepositoryRef } from '../refs.ts';

/** What a tag points to, with all tags of that artifact. */
export interface FoundTag {
  readonly digest: string;
  readonly tags: readonly { readonly name: string; readonly immutable: boolean }[];
}

const schema = z.looseObject({
  digest: z.string(),
  tags: z.array(z.looseObject({ name: z.string(), immutable: z.boolean().nullish() })).nullish(),
});

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
      // Without with_immutable_status Harbor reports "immutable": false for every tag (measured).
      query: { with_tag: true, with_immutable_status: true },
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
  const { digest, tags } = response.read(schema);
  return { digest, tags: (tags ?? []).map(({ name, immutable }) => ({ name, immutable: immutable === true })) };
}
