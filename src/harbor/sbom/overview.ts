import * as z from 'zod';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import type { HarborApi } from '../client/harbor-api.ts';
import type { HarborRequest } from '../client/request.ts';
import { explainNotFound } from '../not-found.ts';
import { type ArtifactRef, artifactPath, formatRef } from '../refs.ts';
import { realTime } from '../scan/overview.ts';

/** The SBOM of an image, as Harbor reports it: how far its generation is, and where it is. */
export interface SbomOverview {
  /** `Pending`, `Running`, `Success`, `Error`, `Stopped`. */
  readonly status: string;
  /** The digest of the SBOM, only after a success. */
  readonly digest?: string;
  /** Distinguishes one generation from the next. */
  readonly key: string;
}

const text = z.string().nullish();

export const sbomOverviewSchema = z
  .looseObject({ scan_status: text, sbom_digest: text, report_id: text, start_time: text, end_time: text })
  .nullish();

const artifactSchema = z.looseObject({ sbom_overview: sbomOverviewSchema });

/**
 * The SBOM of an image. Harbor shows none for an index (capture 169).
 *
 * @returns undefined when there is none: never generated, hidden because the scanner is down, or a Harbor before 2.11
 */
export async function getSbomOverview(
  api: HarborApi,
  ref: ArtifactRef,
  options: RequestOptions = {},
): Promise<SbomOverview | undefined> {
  const request: HarborRequest = {
    path: artifactPath(ref),
    query: { with_sbom_overview: true },
    doing: `read ${formatRef(ref)}`,
    permission: 'artifact:read',
    project: ref.project,
  };
  const { sbom_overview } = await explainNotFound(api, ref, options, () => api.read(artifactSchema, request, options));
  return readSbomOverview(sbom_overview);
}

/** The part of a response about the SBOM. */
export function readSbomOverview(value: z.infer<typeof sbomOverviewSchema>): SbomOverview | undefined {
  if (!value?.scan_status) return undefined;
  const { scan_status: status, sbom_digest, report_id, start_time, end_time } = value;
  return {
    status,
    ...(sbom_digest ? { digest: sbom_digest } : {}),
    key: [sbom_digest ?? report_id, realTime(start_time), realTime(end_time)].join(' '),
  };
}

/** Whether the generation has not ended. */
export function isOpen({ status }: SbomOverview): boolean {
  return !['Success', 'Error', 'Stopped'].includes(status);
}
