import { hasErrorCode, ObjDockerError } from '../../errors.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import { pause } from '../../lib/poll.ts';
import type { ManifestContent, Registry } from '../../registry/registry.ts';
import type { EncodedRecord } from '../record-manifest.ts';
import { parseStagingTag } from '../staging-tag.ts';
import type { StoredTag, TagStore } from './tag-store.ts';

/** The operations that every store does over the distribution API. */
export function registryContent(registry: Registry): Pick<TagStore, 'fetchManifest' | 'fetchBlob' | 'pushRecord'> {
  return {
    fetchManifest: (repository, digest, options) => fetchManifest(registry, repository, digest, options),
    async fetchBlob(repository, digest, options) {
      const blob = await registry.getBlob(repository, digest, options);
      if (blob !== undefined) return blob;
      throw missing(`${registry.host}/${repository} has no content ${digest}`, digest);
    },
    pushRecord: (repository, record, options) => pushRecord(registry, repository, record, options),
  };
}

/** How often a record is pushed that the registry refuses. */
const MOST_ATTEMPTS = 3;
const PAUSE_MS = 250;

async function pushRecord(
  registry: Registry,
  repository: string,
  { manifest, blobs }: EncodedRecord,
  options: RequestOptions | undefined,
): Promise<void> {
  await Promise.all(blobs.map(({ bytes }) => registry.putBlob(repository, bytes, options)));
  for (let attempt = 1; ; attempt++) {
    try {
      await registry.putManifest(repository, manifest.digest, manifest, options);
      return;
    } catch (error) {
      if (!hasErrorCode(error, 'REGISTRY_ERROR')) throw error;
      // A registry on a file system refuses a manifest while another process pushes a blob of it (measured).
      if (attempt === MOST_ATTEMPTS) throw refusedRecord(registry.host, repository, error);
      await pause(PAUSE_MS, options?.signal);
    }
  }
}

function refusedRecord(host: string, repository: string, cause: ObjDockerError): ObjDockerError {
  return new ObjDockerError(
    'RECORD_REFUSED',
    `${host} does not take the record of a release in ${repository}: ${cause.message}`,
    {
      hint: 'The registry may not take OCI artifacts other than images. To release without records: deployment.release.record: false.',
      cause,
    },
  );
}

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
  throw missing(`${registry.host}/${repository} has no image ${digest}`, digest);
}

function missing(message: string, digest: string): ObjDockerError {
  return new ObjDockerError('ARTIFACT_NOT_FOUND', message, {
    hint: 'Somebody or a gc has deleted it in the meantime. Run the pipeline again.',
    details: { reference: digest },
  });
}

/** The staging tags of a repository, names only. */
export async function listStagingTags(
  registry: Registry,
  repository: string,
  options: RequestOptions | undefined,
): Promise<StoredTag[]> {
  const found: StoredTag[] = [];
  for await (const name of registry.listTags(repository, options)) {
    if (parseStagingTag(name) !== undefined) found.push({ name });
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
