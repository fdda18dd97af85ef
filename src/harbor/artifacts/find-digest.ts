import { ObjDockerError } from '../../errors.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import type { HarborApi } from '../client/harbor-api.ts';
import { formatRef, type RepositoryRef } from '../refs.ts';
import { listArtifacts } from './artifacts.ts';

/**
 * The digest that begins with a text, among the artifacts of a repository, the images of its indexes, and accessories.
 *
 * @param prefix with its algorithm: `sha256:4fc5a1b`
 * @throws {ObjDockerError} ARTIFACT_NOT_FOUND; ARTIFACT_AMBIGUOUS with the digests in `details.candidates`; REPOSITORY_NOT_FOUND
 */
export async function findDigest(
  api: HarborApi,
  ref: RepositoryRef,
  prefix: string,
  options: RequestOptions = {},
): Promise<string> {
  const found = new Set<string>();
  for await (const { digest, children = [], accessories } of listArtifacts(api, ref, options)) {
    const all = [digest, ...children.map((child) => child.digest), ...accessories.map((accessory) => accessory.digest)];
    for (const known of all) if (known.startsWith(prefix)) found.add(known);
  }
  const [first, ...others] = [...found].sort();
  const name = formatRef(ref);
  if (first === undefined) {
    throw new ObjDockerError('ARTIFACT_NOT_FOUND', `the repository ${name} at ${api.host} has no artifact ${prefix}…`, {
      hint: `List its artifacts: objdocker harbor-artifacts ${ref.repository}`,
      details: { reference: prefix },
    });
  }
  if (others.length === 0) return first;
  const candidates = [first, ...others];
  throw new ObjDockerError(
    'ARTIFACT_AMBIGUOUS',
    `${prefix}… is the beginning of ${candidates.length} digests in ${name}: ${candidates.join(', ')}`,
    { hint: 'Give more of its digits.', details: { candidates } },
  );
}
