import * as z from 'zod';
import { isObjDockerError } from '../errors.ts';
import type { RequestOptions } from '../lib/http/request-options.ts';
import type { HarborApi } from './client/harbor-api.ts';
import { projectPath } from './refs.ts';

export interface Project {
  readonly id?: number;
  readonly name: string;
  readonly public: boolean;
  readonly repositoryCount: number;
  /** Harbor scans every push. */
  readonly autoScan: boolean;
  /** Harbor has the SBOM of every push generated; false before 2.11. */
  readonly autoSbom: boolean;
  /** Images with findings of {@link preventSeverity} or worse, and unscanned ones, cannot be pulled. */
  readonly preventVulnerable: boolean;
  /** `critical`, `high`, `medium`, `low` or `none`, as Harbor names them; absent when it was never set. */
  readonly preventSeverity?: string;
  /** The id of its tag retention; absent without one. */
  readonly retentionId?: number;
  /** ISO 8601. */
  readonly created: string;
}

export interface CreateProjectOptions extends RequestOptions {
  /** Whether everybody may pull. @default false */
  readonly public?: boolean | undefined;
}

const projectSchema = z.looseObject({
  project_id: z.number().nullish(),
  name: z.string(),
  repo_count: z.number().default(0),
  creation_time: z.string(),
  // Harbor writes its booleans as strings here, and leaves out what was never set.
  metadata: z
    .looseObject({
      public: z.string().nullish(),
      auto_scan: z.string().nullish(),
      auto_sbom_generation: z.string().nullish(),
      prevent_vul: z.string().nullish(),
      severity: z.string().nullish(),
      retention_id: z.string().nullish(),
    })
    .nullish(),
});

/**
 * A project and its settings.
 *
 * @throws {ObjDockerError} REGISTRY_PROJECT_MISSING; REGISTRY_FORBIDDEN, also when the login may not know whether the
 * project exists.
 */
export async function getProject(api: HarborApi, name: string, options: RequestOptions = {}): Promise<Project> {
  const path = projectPath(name);
  const project = await api.read(
    projectSchema,
    { path, doing: `read the project ${name}`, permission: 'project:read', project: name },
    options,
  );
  const { metadata } = project;
  return {
    ...(project.project_id ? { id: project.project_id } : {}),
    name: project.name,
    public: metadata?.public === 'true',
    repositoryCount: project.repo_count,
    autoScan: metadata?.auto_scan === 'true',
    autoSbom: metadata?.auto_sbom_generation === 'true',
    preventVulnerable: metadata?.prevent_vul === 'true',
    ...(metadata?.severity ? { preventSeverity: metadata.severity } : {}),
    ...(/^[1-9]\d*$/.test(metadata?.retention_id ?? '') ? { retentionId: Number(metadata?.retention_id) } : {}),
    created: project.creation_time,
  };
}

/**
 * Whether a project of that name exists.
 *
 * @throws {ObjDockerError} REGISTRY_FORBIDDEN without the permission to know.
 */
export async function projectExists(api: HarborApi, name: string, options: RequestOptions = {}): Promise<boolean> {
  try {
    await getProject(api, name, options);
    return true;
  } catch (error) {
    if (isObjDockerError(error) && error.code === 'REGISTRY_PROJECT_MISSING') return false;
    throw error;
  }
}

/** Creates a project. `created` is false for a project that exists already; it is left alone. */
export async function createProject(
  api: HarborApi,
  name: string,
  { public: isPublic = false, ...options }: CreateProjectOptions = {},
): Promise<{ readonly created: boolean }> {
  projectPath(name);
  const { status } = await api.request(
    {
      method: 'POST',
      path: '/projects',
      body: { project_name: name, metadata: { public: String(isPublic) } },
      alsoAccept: [409],
      doing: `create the project ${name}`,
      permission: 'project:create',
    },
    options,
  );
  return { created: status !== 409 };
}

/** What Harbor does with every image that is pushed. */
export interface PushSettings {
  /** Scans it. */
  readonly autoScan?: boolean;
  /** Has its SBOM generated. Harbor before 2.11 ignores this. */
  readonly autoSbom?: boolean;
}

/** Changes what Harbor does on push; the other settings of the project are kept. */
export async function changePushSettings(
  api: HarborApi,
  name: string,
  { autoScan, autoSbom }: PushSettings,
  options: RequestOptions = {},
): Promise<void> {
  const metadata = {
    ...(autoScan === undefined ? {} : { auto_scan: String(autoScan) }),
    ...(autoSbom === undefined ? {} : { auto_sbom_generation: String(autoSbom) }),
  };
  await api.request(
    {
      method: 'PUT',
      path: projectPath(name),
      body: { metadata },
      doing: `change ${Object.keys(metadata).join(' and ')} of project ${name}`,
      permission: 'project:update',
      project: name,
    },
    options,
  );
}
