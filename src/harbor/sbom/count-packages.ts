import type { RequestOptions } from '../../lib/http/request-options.ts';
import { poll } from '../../lib/poll.ts';
import type { HarborApi } from '../client/harbor-api.ts';
import type { ArtifactRef } from '../refs.ts';
import { readDocument } from './document.ts';
import { getSbomOverview, isOpen, type SbomOverview } from './overview.ts';
import { packagesOf } from './spdx.ts';

export interface CountPackagesOptions extends RequestOptions {
  /** How long to wait for an SBOM that is being generated, in milliseconds. */
  readonly waitMs: number;
  /** What Harbor said of it a moment ago. Without a result it is read again where there is time to wait for one. */
  readonly known: SbomOverview | undefined;
}

/**
 * How many packages the scanner found in an image. Its report lists those with findings alone.
 *
 * @returns undefined when Harbor has no SBOM of it, as before 2.11
 */
export async function countPackages(
  api: HarborApi,
  ref: ArtifactRef,
  { waitMs, known, ...options }: CountPackagesOptions,
): Promise<number | undefined> {
  const look = async (): Promise<{ readonly digest: string | undefined } | undefined> => {
    const overview = await getSbomOverview(api, ref, options);
    return overview !== undefined && isOpen(overview) ? undefined : { digest: overview?.digest };
  };
  const found =
    known?.digest !== undefined || waitMs === 0
      ? known
      : await poll(look, { firstMs: 500, longestMs: 5_000, timeoutMs: waitMs, signal: options.signal });
  if (found?.digest === undefined) return undefined;
  const document = await readDocument(api, { ...ref, reference: found.digest }, options);
  return document === undefined ? undefined : packagesOf(document).length;
}
