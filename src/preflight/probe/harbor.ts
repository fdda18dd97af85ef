import type { HttpResponse } from '../../lib/http/client.ts';
import { asRecord, asText } from '../../lib/json.ts';
import { formatBytes } from '../../lib/text/bytes.ts';
import { maskUrlCredentials } from '../../lib/text/url-credentials.ts';
import { challengeOf } from '../../registry/challenge.ts';
import { basicAuth } from '../../registry/login.ts';
import { firstResponse, type Probe, ProbeEnded, speaksDistribution } from './context.ts';
import { checkRealm, grantsPush, loginFindings, requestPushToken } from './login.ts';
import type { HarborComponent, ProbeFinding } from './report.ts';

/** Probes a Harbor: its health, its token realm, the login, the project, and whether we may push to it. */
export async function probeHarbor(probe: Probe): Promise<void> {
  const health = await firstResponse(probe, '/api/v2.0/health');
  const components = readHealth(health);
  if (components === undefined) throw new ProbeEnded(await notHarbor(probe, health));
  probe.components = components;
  reportHealth(probe, components);

  const [info, anonymous] = await Promise.all([probe.request('/api/v2.0/systeminfo'), probe.request('/v2/')]);
  const system = asRecord(info.json());
  const challenge = checkRealm(probe, anonymous);
  const version = asText(system?.harbor_version);
  if (version !== undefined) probe.version = version;

  const { credentials } = probe.target;
  if (credentials === undefined) {
    probe.findings.push(loginFindings.absent(probe.target));
    return;
  }
  const { username } = credentials;
  const login = await verifyLogin(probe, system?.auth_mode === 'oidc_auth');
  if (login === 'refused') {
    probe.findings.push(loginFindings.refused(probe.target.host, username));
    return;
  }
  if (login === 'user' || login === 'robot') {
    probe.user = username;
    probe.findings.push(loginFindings.accepted(probe.target.host, username));
    await reportReadOnly(probe);
  }
  const { project } = probe.target;
  if (project === undefined) return;
  if (login !== 'unknown' && !(await projectExists(probe, project, username, login))) return;
  const repository = `${project}/${probe.target.repository ?? 'objdocker'}`;
  // Harbor's own path on this host, not the realm: external_url may name another host, see checkRealm.
  const parameters = { service: challenge?.parameters.service ?? 'harbor-registry' };
  const own = new URL('/service/token', probe.base);
  const response = await requestPushToken(probe, { scheme: 'bearer', parameters }, repository, own);
  if (response === undefined) return;
  if (isUnavailable(response.status)) {
    probe.findings.push(
      unknown(probe.target.host, `the permissions of ${username} in project ${project}`, response.status),
    );
  } else if (grantsPush(response, repository)) probe.findings.push(loginFindings.mayPush(`project ${project}`));
  // With OIDC only the token shows a wrong CLI secret: it then has no subject and no permissions.
  else if (login === 'unknown' && response.subject === undefined) {
    probe.findings.push(loginFindings.refused(probe.target.host, username));
  } else probe.findings.push(loginFindings.mayNotPush(probe.target, username, `project ${project}`));
}

/** The components, or undefined when the response is not from Harbor. */
function readHealth(response: HttpResponse): HarborComponent[] | undefined {
  const body = asRecord(response.json());
  if (response.status !== 200 || asText(body?.status) === undefined || !Array.isArray(body?.components))
    return undefined;
  return body.components.flatMap((value) => {
    const component = asRecord(value);
    const name = asText(component?.name);
    const error = asText(component?.error);
    if (name === undefined) return [];
    return [
      {
        name,
        status: asText(component?.status) ?? 'unknown',
        ...(error === undefined ? {} : { error: masked(error) }),
      },
    ];
  });
}

// Harbor quotes the addresses of its components. The one of Redis contains the password.
function masked(text: string): string {
  return maskUrlCredentials(text).slice(0, 500);
}

function reportHealth(probe: Probe, components: readonly HarborComponent[]): void {
  const { host } = probe.target;
  const ill = components.filter(({ status }) => status !== 'healthy');
  if (ill.length === 0) {
    probe.findings.push({
      level: 'ok',
      code: 'HEALTHY',
      message: `Harbor at ${host}: all ${components.length} components are healthy`,
    });
    return;
  }
  const named = ill.map(({ name, error }) => (error === undefined ? name : `${name} (${error})`)).join(', ');
  probe.findings.push({
    level: 'error',
    code: 'REGISTRY_UNHEALTHY',
    message: `Harbor at ${host} is unhealthy: ${named}`,
    hint: `Check the log of ${ill.map(({ name }) => name).join(', ')} on Harbor's machine. Harbor updates its health every ten seconds.`,
  });
}

async function notHarbor(probe: Probe, health: HttpResponse): Promise<ProbeEnded['finding']> {
  const { host } = probe.target;
  const v2 = await probe.request('/v2/').catch(() => undefined);
  if (isUnavailable(health.status)) {
    if (v2 !== undefined && wantsHarborToken(v2)) return unknown(host, 'its health', health.status);
    if (v2 === undefined || !speaksDistribution(v2)) {
      const message = `cannot tell whether ${host} is a Harbor: /api/v2.0/health responds with HTTP ${health.status}`;
      const hint = 'Check the log of the server there, or correct the host and port.';
      return { level: 'error', code: 'REGISTRY_ERROR', message, hint };
    }
  }
  if (v2 !== undefined && speaksDistribution(v2)) {
    return {
      level: 'error',
      code: 'REGISTRY_NOT_HARBOR',
      message: `${host} is a registry, but not a Harbor: /api/v2.0/health responds with HTTP ${health.status}`,
      hint: 'Set deployment.registry.type to something else than "harbor" (for example "registry"), or correct the host. Harbor before 2.0 is not supported.',
    };
  }
  return {
    level: 'error',
    code: 'REGISTRY_NOT_HARBOR',
    message: `${host} speaks HTTP, but is neither a Harbor nor another registry: /api/v2.0/health responds with HTTP ${health.status}`,
    hint: 'Correct the host and port of deployment.registry.',
  };
}

/** Whether a response to `/v2/` names Harbor's token service. */
function wantsHarborToken({ status, headers }: HttpResponse): boolean {
  const challenge = challengeOf(headers['www-authenticate'], 'bearer');
  return status === 401 && challenge?.parameters.realm?.endsWith('/service/token') === true;
}

/**
 * Checks user and password with `/users/current`. Other requests treat a wrong password like no login and still succeed.
 * A robot has no user and gets 412 there when its secret is correct (measured).
 */
async function verifyLogin(probe: Probe, oidc: boolean): Promise<'user' | 'robot' | 'refused' | 'unknown'> {
  const response = await probe.request('/api/v2.0/users/current', { headers: basicAuth(probe.target) });
  if (response.status === 200) return 'user';
  if (response.status === 412) return 'robot';
  // With OIDC a CLI secret is valid for docker and its tokens only.
  if (oidc) return 'unknown';
  if (response.status === 401 || response.status === 403) return 'refused';
  probe.findings.push({
    level: 'warning',
    code: 'PERMISSION_UNKNOWN',
    message: `Harbor at ${probe.target.host} could not check the login: HTTP ${response.status}`,
    hint: 'Check the log of harbor-core.',
  });
  return 'unknown';
}

async function reportReadOnly(probe: Probe): Promise<void> {
  const info = await probe.request('/api/v2.0/systeminfo', { headers: basicAuth(probe.target) });
  if (asRecord(info.json())?.read_only !== true) return;
  probe.findings.push({
    level: 'warning',
    code: 'READ_ONLY',
    message: `Harbor at ${probe.target.host} is in read-only mode: nothing can be pushed`,
    hint: 'Ask its administrator to turn read-only mode off (Configuration, System Settings).',
  });
}

/** Whether the project is there and visible; pushes a finding either way. */
async function projectExists(
  probe: Probe,
  project: string,
  username: string,
  login: 'user' | 'robot',
): Promise<boolean> {
  const { host } = probe.target;
  const response = await probe.request(`/api/v2.0/projects/${encodeURIComponent(project)}`, {
    headers: { ...basicAuth(probe.target), 'x-is-resource-name': 'true' },
  });
  if (response.status === 200) {
    if (isProxyCache(response)) {
      probe.findings.push({
        level: 'error',
        code: 'REGISTRY_FORBIDDEN',
        message: `project ${project} at ${host} is a proxy cache, which takes no push`,
        hint: 'Name another project in deployment.registry.project.',
      });
      return false;
    }
    probe.findings.push({ level: 'ok', code: 'PROJECT', message: `project ${project} exists` });
    await reportQuota(probe, project);
    return true;
  }
  if (isUnavailable(response.status)) {
    probe.findings.push(unknown(host, `whether project ${project} exists`, response.status));
    return false;
  }
  // A robot may lack the permission to read its project. Its token shows its permissions.
  if (response.status === 403 && login === 'robot') return true;
  probe.findings.push(
    response.status === 404
      ? {
          level: 'error',
          code: 'REGISTRY_PROJECT_MISSING',
          message: `Harbor at ${host} has no project ${project}`,
          hint: `Create the project (Projects, New Project), or correct deployment.registry.project.`,
        }
      : {
          level: 'error',
          code: 'REGISTRY_FORBIDDEN',
          message: `project ${project} at ${host} does not exist, or ${username} has no permission to see it (HTTP ${response.status})`,
          hint: 'Check the name of the project. If it is correct, make the account a member of it.',
        },
  );
  return false;
}

function isProxyCache(response: HttpResponse): boolean {
  const id = asRecord(response.json())?.registry_id;
  return typeof id === 'number' && id > 0;
}

/** A quota this full is worth a warning before a push. */
const NEARLY_FULL = 0.9;

/** Reports a storage quota that is reached, or nearly. Without the permission to read it, nothing. */
async function reportQuota(probe: Probe, project: string): Promise<void> {
  const response = await probe.request(`/api/v2.0/projects/${encodeURIComponent(project)}/summary`, {
    headers: { ...basicAuth(probe.target), 'x-is-resource-name': 'true' },
  });
  const quota = response.status === 200 ? asRecord(asRecord(response.json())?.quota) : undefined;
  const [limit, used] = [asRecord(quota?.hard)?.storage, asRecord(quota?.used)?.storage];
  if (typeof limit !== 'number' || typeof used !== 'number' || limit < 0 || used < limit * NEARLY_FULL) return;
  const isReached = used >= limit;
  probe.findings.push({
    level: isReached ? 'error' : 'warning',
    code: 'REGISTRY_QUOTA',
    message: `project ${project} uses ${formatBytes(used)} of its quota of ${formatBytes(limit)}${isReached ? ': it takes no push of new layers' : ''}`,
    hint: 'Delete unused artifacts and run gc (objdocker harbor-gc), or ask for a higher quota of the project.',
  });
}

/** Whether the server could not process the request. */
const isUnavailable = (status: number): boolean => status === 429 || status >= 500;

const unknown = (host: string, what: string, status: number): ProbeFinding => ({
  level: 'error',
  code: 'REGISTRY_ERROR',
  message: `Harbor at ${host} could not report ${what}: HTTP ${status}`,
  hint: 'Harbor may be starting or overloaded: try again, and check the log of harbor-core.',
});
