import { ObjDockerError } from '../../errors.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import type { ManifestContent, Registry } from '../../registry/registry.ts';
import { parsePipelineTag } from './tag-format.ts';
import type { StoredTag } from './tag-store.ts';

/**
 * A manifest by its digest.
 *
 * @throws {ObjDockerError} ARTIFACT_NOT_FOUND; PULL_PREVENTED when a policy of Harbor refuses the image
 */
export async function fetchManifest(
  registry: Registry,
  repository: string,
  digest: string,
  options: RequestOptions | undefined,
): Promise<ManifestContent> {
  const manifest = await registry.getManifest(repository, digest, options);
  if (manifest !== undefined) return manifest;
  throw new ObjDockerError('ARTIFACT_NOT_FOUND', `${registry.host}/${repository} has no image ${digest}`, {
    hint: 'Somebody or a gc has deleted it in the meantime. Run the pipeline again.',
    details: { reference: digest },
  });
}

/** The staging tags and journal tags of a repository, names only. */
export async function listPipelineTags(
  registry: Registry,
  repository: string,
  options: RequestOptions | undefined,
): Promise<StoredTag[]> {
  const found: StoredTag[] = [];
  for await (const name of registry.listTags(repository, options)) {
    if (parsePipelineTag(name) !== undefined) found.push({ name });
  }
  return found;
}

/** The error for a tag that should be created and already points to another image. */
export function tagExists(host: string, repository: string, tag: string, digest: string): ObjDockerError {
  return new ObjDockerError('TAG_EXISTS', `${host}/${repository}:${tag} already points to another image`, {
    hint: `It points to ${digest}. Choose another tag, or remove that one first.`,
    details: { tag, digest },
  });
}
