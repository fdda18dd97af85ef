import * as z from 'zod';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import { RECORD_TYPE, UNDO_TYPE } from '../../model/enums.ts';
import type { HarborApi } from '../client/harbor-api.ts';
import type { HarborRequest, HarborResponse } from '../client/request.ts';
import { projectPath } from '../refs.ts';
import { ARTIFACT_HEADERS, ARTIFACT_QUERY, type Artifact, artifactSchema, toArtifact } from './artifacts.ts';

/** The media types of most artifacts: of the config, or of an index itself. */
const MEDIA_TYPES = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.container.image.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.empty.v1+json',
  'application/vnd.cncf.helm.config.v1+json',
  RECORD_TYPE,
  UNDO_TYPE,
] as const;

const PAGE_SIZE = 100;

/**
 * The newest artifact of the repositories of a project, in a few requests for all of them.
 *
 * Harbor lists them from 2.11 on, for one media type at a time. What it lists may be the untagged image of an index, or a signature
 * that cosign has tagged, neither of which the list of a repository has. A repository with such a row is left out, and so are those
 * without artifacts.
 *
 * @returns by the name of the repository without the project; undefined when Harbor cannot list them, the login may not, or
 * artifacts have another media type, each of which may be the newest of its repository
 */
export async function getNewestOfProject(
  api: HarborApi,
  project: string,
  options: RequestOptions = {},
): Promise<ReadonlyMap<string, Artifact> | undefined> {
  const present = await findPresentTypes(api, project, options);
  if (present === undefined) return undefined;
  const lists = await Promise.all(present.map((type) => listNewest(api, project, type, options)));
  const newest = new Map<string, Row>();
  for (const list of lists) {
    if (list === undefined) return undefined;
    for (const row of list) {
      const known = newest.get(row.repository);
      if (known === undefined || Date.parse(row.artifact.pushed) > Date.parse(known.artifact.pushed))
        newest.set(row.repository, row);
    }
  }
  return new Map([...newest.values()].filter(isListed).map(({ repository, artifact }) => [repository, artifact]));
}

interface Row {
  /** Without the project. */
  readonly repository: string;
  readonly artifact: Artifact;
}

/** Whether the list of the repository has the artifact for certain. */
function isListed({ artifact: { tags } }: Row): boolean {
  return tags.some(({ name }) => !/^sha256-[0-9a-f]{64}(\.|$)/.test(name));
}

/** The media types that artifacts of the project have; undefined unless these are all. */
async function findPresentTypes(
  api: HarborApi,
  project: string,
  options: RequestOptions,
): Promise<readonly string[] | undefined> {
  const count = async (query: HarborRequest['query']): Promise<number | undefined> => {
    const response = await request(api, project, { ...query, page: 1, page_size: 1 }, options);
    return response === undefined ? undefined : totalOf(response);
  };
  // The first request tells whether Harbor has the list at all.
  const all = await count({});
  if (all === undefined) return undefined;
  const counts = await Promise.all(MEDIA_TYPES.map((type) => count(ofType(type))));
  // A Harbor that ignored the filter would count every artifact each time.
  if (counts.reduce<number>((sum, each) => sum + (each ?? Number.NaN), 0) !== all) return undefined;
  return MEDIA_TYPES.filter((_, index) => (counts[index] ?? 0) > 0);
}

const rowSchema = artifactSchema.extend({ repository_name: z.string().nullish() });

/** The newest artifact of one media type in each repository; undefined when the list is not complete. */
async function listNewest(
  api: HarborApi,
  project: string,
  type: string,
  options: RequestOptions,
): Promise<readonly Row[] | undefined> {
  const query = { ...ARTIFACT_QUERY, ...ofType(type), latest_in_repository: true, page_size: PAGE_SIZE };
  const read = (page: number) => request(api, project, { ...query, page }, options);
  const first = await read(1);
  const total = first === undefined ? undefined : totalOf(first);
  if (total === undefined) return undefined;
  const others = Array.from({ length: Math.max(0, Math.ceil(total / PAGE_SIZE) - 1) }, (_, index) => read(index + 2));
  // Harbor does not sort the rows (measured): pages may repeat one and miss another.
  const rows = new Map<string, Row>();
  for (const response of [first, ...(await Promise.all(others))]) {
    if (response === undefined || totalOf(response) !== total) return undefined;
    for (const { repository_name: name, ...row } of response.read(z.array(rowSchema))) {
      if (!name?.startsWith(`${project}/`)) return undefined;
      rows.set(`${name}@${row.digest}`, { repository: name.slice(project.length + 1), artifact: toArtifact(row) });
    }
  }
  return rows.size === total ? [...rows.values()] : undefined;
}

/** Harbor decodes the query a second time: a `+` that is encoded once becomes a space (capture 316a). */
function ofType(type: string): { readonly q: string } {
  return { q: `media_type=${type.replaceAll('+', '%2B')}` };
}

function totalOf({ headers }: HarborResponse): number | undefined {
  const total = headers['x-total-count'];
  return total !== undefined && /^\d+$/.test(total) ? Number(total) : undefined;
}

/** Undefined when Harbor has no such list (before 2.11), or the login may not read it: the list of each repository tells more. */
async function request(
  api: HarborApi,
  project: string,
  query: HarborRequest['query'],
  options: RequestOptions,
): Promise<HarborResponse | undefined> {
  const response = await api.request(
    {
      path: `${projectPath(project)}/artifacts`,
      query,
      headers: ARTIFACT_HEADERS,
      doing: `list the newest artifacts of ${project}`,
      permission: 'artifact:list',
      project,
      alsoAccept: [400, 403, 404, 422],
    },
    options,
  );
  return response.status === 200 ? response : undefined;
}
