import * as z from 'zod';
import type { RequestOptions } from '../lib/http/request-options.ts';
import type { HarborRepo } from '../model/harbor.ts';
import type { HarborApi } from './client/harbor-api.ts';
import { type ListOptions, listPages } from './client/pages.ts';
import type { HarborRequest } from './client/request.ts';
import { projectPath, type RepositoryRef, repositoryPath } from './refs.ts';

export type Repository = Omit<HarborRepo, 'newest'>;

export interface ListRepositoriesOptions extends ListOptions {
  /** Only repositories whose name, with the project, contains this. */
  readonly containing?: string | undefined;
}

const repositorySchema = z.looseObject({
  name: z.string(),
  artifact_count: z.number().default(0),
  pull_count: z.number().default(0),
  creation_time: z.string(),
  update_time: z.string(),
});

/**
 * All repositories of a project, oldest first, each exactly once, also while others push and delete. A caller that leaves early
 * ends the requests.
 *
 * @throws {ObjDockerError} REGISTRY_PROJECT_MISSING, REGISTRY_FORBIDDEN
 */
export function listRepositories(
  api: HarborApi,
  project: string,
  { containing, ...options }: ListRepositoriesOptions = {},
): AsyncGenerator<Repository, void, void> {
  return listMatching(api, project, containing === undefined ? {} : { q: `name=~${containing}` }, options);
}

/**
 * Finds a repository in the list of its project: a robot may have the permission to list but not to read (capture 233).
 *
 * @returns undefined when it does not exist
 */
export async function findRepository(
  api: HarborApi,
  { project, repository }: RepositoryRef,
  options: RequestOptions = {},
): Promise<Repository | undefined> {
  const fullName = `${project}/${repository}`;
  for await (const found of listMatching(api, project, { q: `name=${fullName}` }, options)) {
    if (found.fullName === fullName) return found;
  }
  return undefined;
}

function listMatching(
  api: HarborApi,
  project: string,
  query: HarborRequest['query'],
  options: ListOptions,
): AsyncGenerator<Repository, void, void> {
  return listPages(
    api,
    {
      path: `${projectPath(project)}/repositories`,
      query: { ...query, sort: 'creation_time,name' },
      doing: `list the repositories of ${project}`,
      permission: 'repository:list',
      project,
      item: repositorySchema,
      map: (row) => toRepository(project, row),
      keyOf: ({ fullName }) => fullName,
      timeOf: ({ created }) => created,
    },
    options,
  );
}

/**
 * One repository.
 *
 * @throws {ObjDockerError} REPOSITORY_NOT_FOUND, also when the project does not exist
 */
export async function getRepository(
  api: HarborApi,
  ref: RepositoryRef,
  options: RequestOptions = {},
): Promise<Repository> {
  const { project, repository } = ref;
  const call: HarborRequest = {
    path: repositoryPath(ref),
    doing: `read the repository ${project}/${repository}`,
    permission: 'repository:read',
    project,
  };
  return toRepository(project, await api.read(repositorySchema, call, options));
}

function toRepository(project: string, row: z.infer<typeof repositorySchema>): Repository {
  return {
    name: row.name.startsWith(`${project}/`) ? row.name.slice(project.length + 1) : row.name,
    fullName: row.name,
    artifactCount: row.artifact_count,
    pullCount: row.pull_count,
    created: row.creation_time,
    updated: row.update_time,
  };
}
