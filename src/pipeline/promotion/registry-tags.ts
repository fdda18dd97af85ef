import { ObjDockerError } from '../../errors.ts';
import type { ManifestContent, Registry, RequestOptions } from '../../registry/registry.ts';
import { readStagingTag } from './staging-tag.ts';
import type { StoredTag } from './tag-store.ts';

/**
 * A manifest by its digest.
 *
 * @throws {ObjDockerError} ARTIFACT_NOT_FOUND; PULL_PREVENTED when a policy of Harbor refuses the image
 */
export async function manifestOf(
  registry: Registry,
  repository: string,
  digest: string,
  options: RequestOptions | undefined,
): Promise<ManifestContent> {
  const manifest = await registry.getManifest(repository, digest, options);
  if (manifest !== undefined) return manifest;
  throw new ObjDockerError('ARTIFACT_NOT_FOUND', `${registry.host}/${repository} has no image ${digest}`, {
    hint: 'Somebody has deleted it meanwhile, or it was collected: run the pipeline again.',
    details: { reference: digest },
  });
}

/** The tags of the pipeline's form, by their names alone. */
export async function readStagingTags(
  registry: Registry,
  repository: string,
  options: RequestOptions | undefined,
): Promise<StoredTag[]> {
  const found: StoredTag[] = [];
  for await (const name of registry.listTags(repository, options)) {
    if (readStagingTag(name) !== undefined) found.push({ name });
  }
  return found;
}

/** The error for a tag that is to be made and is there. */
export function tagExists(host: string, repository: string, tag: string, digest: string): ObjDockerError {
  return new ObjDockerError('TAG_EXISTS', `${host}/${repository}:${tag} is another image already`, {
    hint: `It is ${digest}. Choose another tag, or remove that one first.`,
    details: { tag, digest },
  });
}
