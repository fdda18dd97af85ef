import * as z from 'zod';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import type { HarborArtifact } from '../../model/harbor.ts';
import type { HarborApi } from '../client/harbor-api.ts';
import { type ListOptions, listPages } from '../client/pages.ts';
import type { HarborRequest } from '../client/request.ts';
import { explainNotFound, requireRepository } from '../not-found.ts';
import { type ArtifactRef, artifactPath, formatRef, type RepositoryRef, repositoryPath } from '../refs.ts';
import { readSbomOverview, type SbomOverview, sbomOverviewSchema } from '../sbom/overview.ts';
import { REPORT_TYPES, readScanOverview, realTime, type ScanOverview, scanOverviewSchema } from '../scan/overview.ts';

/** An artifact, and its last scan as Harbor reports it: absent when it was never scanned, or the scanner is missing or down. */
export type Artifact = Omit<HarborArtifact, 'scan'> & {
  readonly scanOverview?: ScanOverview;
  /** How far the generation of its SBOM is. Lists do not have it. */
  readonly sbomOverview?: SbomOverview;
};

const text = z.string().nullish();

/** An artifact in a response. */
export const artifactSchema = z.looseObject({
  digest: z.string(),
  type: z.string().default('UNKNOWN'),
  manifest_media_type: z.string().default(''),
  size: z.number().default(0),
  push_time: z.string(),
  pull_time: text,
  tags: z.array(z.looseObject({ name: z.string(), immutable: z.boolean().nullish(), push_time: text })).nullish(),
  references: z
    .array(
      z.looseObject({
        child_digest: z.string(),
        platform: z.looseObject({ os: text, architecture: text, variant: text }).nullish(),
      }),
    )
    .nullish(),
  extra_attrs: z.looseObject({}).nullish(),
  accessories: z.array(z.looseObject({ digest: z.string(), type: text, size: z.number().nullish() })).nullish(),
  scan_overview: scanOverviewSchema,
  sbom_overview: sbomOverviewSchema,
});

// Without with_immutable_status Harbor reports "immutable": false for every tag (measured).
export const ARTIFACT_QUERY = {
  with_tag: true,
  with_immutable_status: true,
  with_accessory: true,
  with_scan_overview: true,
};
export const ONE_ARTIFACT_QUERY = { ...ARTIFACT_QUERY, with_sbom_overview: true };
export const ARTIFACT_HEADERS = { 'x-accept-vulnerabilities': REPORT_TYPES.join(', ') };

/**
 * All artifacts of a repository, oldest first, as {@link listRepositories} lists. Untagged images of an index are not among
 * them: they are its `children`.
 *
 * @throws {ObjDockerError} REPOSITORY_NOT_FOUND, REGISTRY_PROJECT_MISSING, REGISTRY_FORBIDDEN
 */
export async function* listArtifacts(
  api: HarborApi,
  ref: RepositoryRef,
  options: ListOptions = {},
): AsyncGenerator<Artifact, void, void> {
  let empty = true;
  const call = {
    path: `${repositoryPath(ref)}/artifacts`,
    query: { ...ARTIFACT_QUERY, sort: 'push_time,digest' },
    headers: ARTIFACT_HEADERS,
    doing: `list the artifacts of ${formatRef(ref)}`,
    permission: 'artifact:list' as const,
    project: ref.project,
    item: artifactSchema,
    map: toArtifact,
    keyOf: ({ digest }: Artifact) => digest,
    timeOf: ({ pushed }: Artifact) => pushed,
  };
  for await (const artifact of listPages(api, call, options)) {
    empty = false;
    yield artifact;
  }
  // Harbor also returns 200 and an empty list for a repository that does not exist.
  if (empty) await requireRepository(api, ref, options);
}

/**
 * The artifacts of a repository that were pushed last, the latest first, in one request.
 *
 * @param count at most 100
 * @returns none for an empty repository, and for a missing one, which Harbor does not distinguish
 */
export async function getNewestArtifacts(
  api: HarborApi,
  ref: RepositoryRef,
  count: number,
  options: RequestOptions = {},
): Promise<readonly Artifact[]> {
  const request: HarborRequest = {
    path: `${repositoryPath(ref)}/artifacts`,
    query: { ...ARTIFACT_QUERY, sort: '-push_time', page: 1, page_size: count },
    headers: ARTIFACT_HEADERS,
    doing: `read the newest artifacts of ${formatRef(ref)}`,
    permission: 'artifact:list',
    project: ref.project,
  };
  return (await api.read(z.array(artifactSchema), request, options)).map(toArtifact);
}

/**
 * One artifact by tag or digest.
 *
 * @throws {ObjDockerError} ARTIFACT_NOT_FOUND, TAG_NOT_FOUND, REPOSITORY_NOT_FOUND, REGISTRY_PROJECT_MISSING,
 * REGISTRY_FORBIDDEN
 */
export async function getArtifact(api: HarborApi, ref: ArtifactRef, options: RequestOptions = {}): Promise<Artifact> {
  const request: HarborRequest = {
    path: artifactPath(ref),
    query: ONE_ARTIFACT_QUERY,
    headers: ARTIFACT_HEADERS,
    doing: `read ${formatRef(ref)}`,
    permission: 'artifact:read',
    project: ref.project,
  };
  return toArtifact(await explainNotFound(api, ref, options, () => api.read(artifactSchema, request, options)));
}

const INDEX_TYPES: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]);

/** An artifact in our form. */
export function toArtifact(row: z.infer<typeof artifactSchema>): Artifact {
  const children = row.references?.map(({ child_digest, platform }) => ({
    digest: child_digest,
    ...withPlatform(formatPlatform(platform?.os, platform?.architecture, platform?.variant)),
  }));
  // Harbor shows the references of an index that has none as null, as those of an image.
  const isIndex = (children ?? []).length > 0 || INDEX_TYPES.has(row.manifest_media_type);
  const { os, architecture, variant } = z
    .looseObject({ os: text, architecture: text, variant: text })
    .catch({})
    .parse(row.extra_attrs);
  const pulled = realTime(row.pull_time);
  const scanOverview = readScanOverview(row.scan_overview);
  const sbomOverview = readSbomOverview(row.sbom_overview);
  return {
    digest: row.digest,
    type: row.type,
    mediaType: row.manifest_media_type,
    size: row.size,
    pushed: row.push_time,
    ...(pulled === undefined ? {} : { pulled }),
    tags: (row.tags ?? []).map(({ name, immutable, push_time }) => ({
      name,
      immutable: immutable === true,
      pushed: push_time ?? row.push_time,
    })),
    ...(isIndex ? { children: children ?? [] } : withPlatform(formatPlatform(os, architecture, variant))),
    accessories: (row.accessories ?? []).map(({ digest, type, size }) => ({
      digest,
      type: type ?? 'unknown',
      size: size ?? 0,
    })),
    ...(scanOverview === undefined ? {} : { scanOverview }),
    ...(sbomOverview === undefined ? {} : { sbomOverview }),
  };
}

function withPlatform(platform: string | undefined): { readonly platform?: string } {
  return platform === undefined ? {} : { platform };
}

/** `linux/arm/v7`; undefined for BuildKit's attestations, which are `unknown/unknown`. */
function formatPlatform(...parts: readonly (string | null | undefined)[]): string | undefined {
  const [os, architecture] = parts;
  if (!os || !architecture || os === 'unknown' || architecture === 'unknown') return undefined;
  return parts.filter(Boolean).join('/');
}
