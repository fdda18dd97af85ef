import { denied, type HarborError, precondition, unauthorized } from '../http/errors.ts';
import { policyVerdict } from '../scan/reports.ts';
import type { Harbor } from '../store/harbor.ts';
import { projectOfRepository, usedStorage } from '../store/lookup.ts';
import type { Artifact, Project, Repository } from '../store/state.ts';
import { type Identity, identify, isAdmin, may } from './identity.ts';
import { TOKEN_SERVICE, type TokenAccess } from './keys.ts';

/** The sender of a request to /v2: an account with a password, or the bearer of a token. */
export type Caller = { readonly identity: Identity } | { readonly access: readonly TokenAccess[] };

/** Identifies the caller by the Authorization header. With an invalid token the caller is anonymous. */
export async function callerOf(harbor: Harbor, authorization: string | undefined): Promise<Caller> {
  const [scheme, token = ''] = (authorization ?? '').split(' ');
  if (scheme?.toLowerCase() === 'bearer') {
    const access = await harbor.keys.verify(token);
    if (access !== undefined) return { access };
  }
  return { identity: await identify(harbor, authorization) };
}

const isAnonymous = (caller: Caller): boolean => 'identity' in caller && caller.identity.kind === 'anonymous';

/** `GET /v2/` requires a login only. @throws {HarborError} 401 */
export function requireLogin(harbor: Harbor, caller: Caller): void {
  if (!isAnonymous(caller)) return;
  throw challenge(harbor, caller, 'unauthorized: unauthorized');
}

/** Challenges with Basic after a wrong password, and with Bearer when no credentials were sent. */
function challenge(harbor: Harbor, caller: Caller, message: string, scope?: string): HarborError {
  const failed = 'identity' in caller && caller.identity.kind === 'anonymous' && caller.identity.failed;
  const bearer = `Bearer realm="${harbor.url}/service/token",service="${TOKEN_SERVICE}"`;
  const how = failed ? 'Basic realm="harbor"' : `${bearer}${scope === undefined ? '' : `,scope="${scope}"`}`;
  return unauthorized(message, { 'Docker-Distribution-Api-Version': 'registry/2.0', 'Www-Authenticate': how });
}

/** @throws {HarborError} 401 when the project does not exist or the action is not allowed. */
export function requireAccess(harbor: Harbor, caller: Caller, repository: string, action: string): Project {
  const project = projectOfRepository(harbor, repository);
  const twice = (message: string) => `${message}: ${message}`;
  if (project !== undefined && allows(caller, project, repository, action)) return project;
  if (isAnonymous(caller)) {
    throw challenge(
      harbor,
      caller,
      twice('authorize header needed to send HEAD to repository'),
      `repository:${repository}:${action === 'push' ? 'pull,push' : action}`,
    );
  }
  const headers = { 'Docker-Distribution-Api-Version': 'registry/2.0', 'Www-Authenticate': '' };
  if (project === undefined) {
    const name = repository.split('/')[0] ?? '';
    throw unauthorized(twice(`project ${name} not found`), headers);
  }
  throw unauthorized(twice(`unauthorized to access repository: ${repository}, action: ${action}`), headers);
}

function allows(caller: Caller, project: Project, repository: string, action: string): boolean {
  if ('identity' in caller) return may(caller.identity, project, 'repository', action);
  return caller.access.some(({ name, actions }) => name === repository && actions.includes(action));
}

/** Only administrators may read the catalog. @throws {HarborError} 401 */
export function requireCatalogAccess(harbor: Harbor, caller: Caller): void {
  if ('identity' in caller && isAdmin(caller.identity)) return;
  throw challenge(harbor, caller, 'unauthorized: unauthorized', 'registry:catalog:*');
}

/** Rejects an upload while the project uses more than its quota. @throws {HarborError} 403 */
export function requireQuotaOfUploads(harbor: Harbor, project: Project): void {
  const used = usedStorage(harbor, project);
  if (!harbor.rules.checksQuotaOfUploads || project.storageLimit < 0 || used <= project.storageLimit) return;
  throw denied(
    `subtracting 0 B of storage resource, which when updated to current usage of ${binary(used)} will exceed the configured upper limit of ${binary(project.storageLimit)}.`,
  );
}

const binary = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;

/** Applies the project's setting "Prevent vulnerable images from running". @throws {HarborError} 412 */
export function requirePullable(harbor: Harbor, project: Project, repository: Repository, artifact: Artifact): void {
  if (project.metadata.prevent_vul !== 'true') return;
  const severity = project.metadata.severity ?? 'low';
  const threshold = severity.charAt(0).toUpperCase() + severity.slice(1);
  const found = policyVerdict(harbor, repository, artifact, threshold);
  if (found === undefined) return;
  const policy = `due to configured policy in 'Prevent images with vulnerability severity of "${threshold}" or higher from running.'`;
  throw precondition(
    found === 'unscanned'
      ? `current image without vulnerability scanning cannot be pulled ${policy} To continue with pull, please contact your project administrator for help.`
      : `current image with ${found} vulnerabilities cannot be pulled ${policy} To continue with pull, please contact your project administrator to exempt matched vulnerabilities through configuring the CVE allowlist.`,
    'PROJECTPOLICYVIOLATION',
  );
}

/** @throws {HarborError} 403 when the push would exceed the project's quota. */
export function requireQuota(harbor: Harbor, project: Project, bytes: number): void {
  if (project.storageLimit < 0 || bytes === 0) return;
  const total = usedStorage(harbor, project) + bytes;
  if (total <= project.storageLimit) return;
  throw denied(
    `adding ${bytes} B of storage resource, which when updated to current usage of ${total} B will exceed the configured upper limit of ${project.storageLimit} B.`,
  );
}
