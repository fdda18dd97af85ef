import { HarborError } from '../http/errors.ts';
import type { Harbor } from '../store/harbor.ts';
import { accessoriesOf, isDigest } from '../store/lookup.ts';
import type { Artifact } from '../store/state.ts';

/** What `GET /v2/<repository>/referrers/<digest>` responds. */
export interface ReferrersResponse {
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json';

/** Lists the accessories of an artifact as an index. Harbor's total counts those that the filter leaves out, too. */
export function listReferrers(
  harbor: Harbor,
  repository: string,
  digest: string,
  filter: string | null,
): ReferrersResponse {
  if (!isDigest(digest)) throw new HarborError(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
  const all = accessoriesOf(harbor.store.repository(repository), digest);
  const typeOf = (artifact: Artifact) => (harbor.rules.listsManifestTypes ? artifact.artifactType : artifact.mediaType);
  if (all.length === 0 && !harbor.rules.listsManifestTypes) {
    return { body: {}, headers: { 'Content-Type': 'application/json' } };
  }
  const manifests = all
    .filter((artifact) => filter === null || typeOf(artifact) === filter)
    .map((artifact) => ({
      mediaType: artifact.manifestMediaType,
      digest: artifact.digest,
      size: artifact.manifestSize,
      ...(artifact.annotations === undefined ? {} : { annotations: artifact.annotations }),
      artifactType: typeOf(artifact),
    }));
  return {
    body: { schemaVersion: 2, mediaType: INDEX_TYPE, manifests },
    headers: {
      'Content-Type': INDEX_TYPE,
      'X-Total-Count': String(all.length),
      ...(filter === null ? {} : { 'OCI-Filters-Applied': 'artifactType' }),
    },
  };
}
