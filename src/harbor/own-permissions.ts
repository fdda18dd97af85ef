import * as z from 'zod';
import type { RequestOptions } from '../lib/http/request-options.ts';
import type { HarborApi } from './client/harbor-api.ts';
import { listPages } from './client/pages.ts';
import { projectPath } from './refs.ts';

const projectRow = z.looseObject({ name: z.string(), project_id: z.number(), creation_time: z.string() });

const permissionRows = z.array(z.looseObject({ resource: z.string(), action: z.string() }));

export interface OwnPermissionsOptions extends RequestOptions {
  /** The id of the project, when it is known: one request less. */
  readonly projectId?: number | undefined;
}

/**
 * The permissions of the login in a project, such as `artifact:read`. The project itself is the resource `project`.
 *
 * @returns undefined when the login sees no such project
 */
export async function getOwnPermissions(
  api: HarborApi,
  project: string,
  { projectId, ...options }: OwnPermissionsOptions = {},
): Promise<ReadonlySet<string> | undefined> {
  const id = projectId ?? (await findProjectId(api, project, options));
  if (id === undefined) return undefined;
  const rows = await api.read(
    permissionRows,
    {
      path: '/users/current/permissions',
      // Harbor returns no permissions for the name of a project instead of its number (measured).
      query: { scope: `/project/${id}`, relative: true },
      doing: `read the permissions in project ${project}`,
      permission: undefined,
    },
    options,
  );
  return new Set(rows.map(({ resource, action }) => `${resource === '.' ? 'project' : resource}:${action}`));
}

/** A robot without `project:read` finds the number of its project in the list of projects (capture 214). */
async function findProjectId(api: HarborApi, project: string, options: RequestOptions): Promise<number | undefined> {
  projectPath(project);
  const list = listPages(
    api,
    {
      path: '/projects',
      query: { name: project, sort: 'creation_time' },
      doing: `find the project ${project}`,
      permission: undefined,
      item: projectRow,
      map: (row) => row,
      keyOf: ({ name }) => name,
      timeOf: ({ creation_time }) => creation_time,
    },
    options,
  );
  for await (const { name, project_id } of list) if (name === project) return project_id;
  return undefined;
}
