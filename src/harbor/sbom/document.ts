import type { RequestOptions } from '../../lib/http/request-options.ts';
import type { HarborApi } from '../client/harbor-api.ts';
import { type ArtifactRef, artifactPath, formatRef } from '../refs.ts';
import { type SpdxDocument, spdxSchema } from './spdx.ts';

// An image of several thousand packages has an SBOM of some ten megabytes.
const MOST_BYTES = 256 * 1024 * 1024;
const TIMEOUT_MS = 120_000;

/**
 * Reads an SBOM.
 *
 * @param ref the SBOM itself. The image that it belongs to has no such addition (capture 162).
 * @returns undefined when it was deleted meanwhile, by a new generation for example
 */
export async function readDocument(
  api: HarborApi,
  ref: ArtifactRef,
  options: RequestOptions = {},
): Promise<SpdxDocument | undefined> {
  const response = await api.request(
    {
      path: `${artifactPath(ref)}/additions/sbom`,
      doing: `read the SBOM ${formatRef(ref)}`,
      permission: 'artifact-addition:read',
      project: ref.project,
      alsoAccept: [404],
      maxBodyBytes: MOST_BYTES,
    },
    { timeoutMs: TIMEOUT_MS, ...options },
  );
  return response.status === 404 ? undefined : response.read(spdxSchema);
}
