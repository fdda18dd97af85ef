import * as z from 'zod';
import { hasErrorCode, isObjDockerError } from '../../errors.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import type { HarborApi } from '../client/harbor-api.ts';
import type { HarborRequest } from '../client/request.ts';
import { projectPath } from '../refs.ts';

/** The scanner of a project. */
export interface Scanner {
  readonly name: string;
  /** An administrator has turned it off. */
  readonly disabled: boolean;
  /** Whether the scanner responds to Harbor. */
  readonly healthy: boolean;
}

const scannerSchema = z.looseObject({
  name: z.string(),
  disabled: z.boolean().nullish(),
  health: z.string().nullish(),
});

/**
 * The scanner of a project.
 *
 * @returns undefined when it has none
 */
export async function getScanner(
  api: HarborApi,
  project: string,
  options: RequestOptions = {},
): Promise<Scanner | undefined> {
  const response = await api.request(scannerRequest(project), options);
  // No scanner is 200 with an empty body (capture 074).
  if (response.text().trim() === '') return undefined;
  const { name, disabled, health } = response.read(scannerSchema);
  return { name, disabled: disabled === true, healthy: !health || health === 'healthy' };
}

const scannerRequest = (project: string): HarborRequest => ({
  path: `${projectPath(project)}/scanner`,
  doing: `read the scanner of ${project}`,
  permission: 'scanner:read',
  project,
});

const DATABASE_UPDATED = 'harbor.scanner-adapter/vulnerability-database-updated-at';

const metadataSchema = z.looseObject({ properties: z.record(z.string(), z.unknown()).nullish() });

/** When the vulnerability database of a project's scanner was updated, ISO 8601; undefined where that cannot be read. */
export async function readScannerDatabase(
  api: HarborApi,
  project: string,
  options: RequestOptions = {},
): Promise<string | undefined> {
  try {
    const response = await api.request(scannerRequest(project), options);
    if (response.text().trim() === '') return undefined;
    const { uuid } = response.read(z.looseObject({ uuid: z.string() }));
    const metadata = await api.request(
      {
        path: `/scanners/${encodeURIComponent(uuid)}/metadata`,
        doing: 'read the metadata of the scanner',
        permission: 'scanner:read',
      },
      options,
    );
    const updated = metadata.read(metadataSchema).properties?.[DATABASE_UPDATED];
    return typeof updated === 'string' && !Number.isNaN(Date.parse(updated)) ? updated : undefined;
  } catch (error) {
    // Only administrators may read it, and a scanner that is down does not tell.
    if (isObjDockerError(error) && error.code !== 'CANCELLED') return undefined;
    throw error;
  }
}

/** Why the images of a project cannot be scanned. */
export interface ScannerProblem {
  readonly kind: 'missing' | 'disabled' | 'down';
  /** `the scanner Trivy does not respond to Harbor`. */
  readonly reason: string;
}

/**
 * Whether there is a scanner that works. Without the permission to read the scanner, Harbor's public health decides.
 *
 * @returns undefined when there is
 */
export async function findScannerProblem(
  api: HarborApi,
  project: string,
  options: RequestOptions = {},
): Promise<ScannerProblem | undefined> {
  try {
    const scanner = await getScanner(api, project, options);
    if (scanner === undefined) return { kind: 'missing', reason: `the project ${project} has no scanner` };
    const { name, disabled, healthy } = scanner;
    if (disabled) return { kind: 'disabled', reason: `the scanner ${name} is disabled` };
    return healthy ? undefined : { kind: 'down', reason: `the scanner ${name} does not respond to Harbor` };
  } catch (error) {
    if (hasErrorCode(error, 'REGISTRY_FORBIDDEN')) return findUnhealthyScanner(api, options);
    throw error;
  }
}

const healthSchema = z.looseObject({
  components: z.array(z.looseObject({ name: z.string(), status: z.string().nullish() })).nullish(),
});

/** Harbor before 2.11 does not notice here that its scanner is down (capture 810). */
async function findUnhealthyScanner(api: HarborApi, options: RequestOptions): Promise<ScannerProblem | undefined> {
  const { components } = await api.read(
    healthSchema,
    { path: '/health', doing: 'read the health of Harbor', permission: undefined },
    options,
  );
  const scanner = components?.find(({ name }) => name === 'trivy');
  if (scanner === undefined || scanner.status === 'healthy') return undefined;
  return { kind: 'down', reason: "Harbor's health shows that its scanner Trivy is down" };
}
