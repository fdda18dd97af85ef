import type { HttpResponse } from '../../lib/http/client.ts';
import { asRecord } from '../../lib/json.ts';
import { challengeOf } from '../../registry/challenge.ts';
import { basicAuth, bearerAuth, hasLogin } from '../../registry/login.ts';
import { firstResponse, type Probe, ProbeEnded, speaksDistribution } from './context.ts';
import { checkRealm, grantsPush, loginFindings, requestPushToken } from './login.ts';

/** Probes any registry over /v2/: the API, the login, its permissions, and the catalog. */
export async function probePlain(probe: Probe): Promise<void> {
  const { target } = probe;
  const root = await firstResponse(probe, '/v2/');
  if (!speaksDistribution(root)) {
    throw new ProbeEnded({
      level: 'error',
      code: 'REGISTRY_NOT_A_REGISTRY',
      message: `${target.host} speaks HTTP, but is not a registry: /v2/ responds with HTTP ${root.status}`,
      hint: 'Correct the host and port of deployment.registry.',
    });
  }
  probe.findings.push({ level: 'ok', code: 'RESPONDS', message: `${target.host} is a registry` });
  if (root.status !== 401) {
    probe.findings.push({ level: 'ok', code: 'ANONYMOUS', message: `${target.host} requires no login` });
    await checkCatalog(probe, {});
    return;
  }
  const headers = await logIn(probe, root);
  if (headers !== undefined) await checkCatalog(probe, headers);
}

/** The Authorization header that the registry accepts, or undefined when there is none; pushes the findings. */
async function logIn(probe: Probe, root: HttpResponse): Promise<Record<string, string> | undefined> {
  const { target } = probe;
  if (!hasLogin(target)) {
    probe.findings.push(loginFindings.absent(target));
    return undefined;
  }
  const user = target.credentials?.username ?? 'the identity token';
  const bearer = checkRealm(probe, root);
  if (bearer !== undefined) return logInWithToken(probe, bearer, user);
  if (challengeOf(root.headers['www-authenticate'], 'basic') === undefined) {
    probe.findings.push({
      level: 'error',
      code: 'REGISTRY_ERROR',
      message: `${target.host} requires a kind of login that docker does not support`,
      hint: 'It offers neither Basic nor Bearer authentication: check the proxy in front of the registry.',
    });
    return undefined;
  }
  const headers = basicAuth(target);
  const response = await probe.request('/v2/', { headers });
  if (response.status !== 200) {
    probe.findings.push(loginFindings.refused(target.host, user));
    return undefined;
  }
  probe.user = user;
  probe.findings.push(loginFindings.accepted(target.host, user));
  return headers;
}

async function logInWithToken(
  probe: Probe,
  challenge: Parameters<typeof requestPushToken>[1],
  user: string,
): Promise<Record<string, string> | undefined> {
  const { target } = probe;
  const repository = [target.project, target.repository ?? 'objdocker'].filter(Boolean).join('/');
  const response = await requestPushToken(probe, challenge, repository);
  if (response === undefined) return undefined;
  const token = response.token;
  const accepted = token && (await probe.request('/v2/', { headers: bearerAuth(token) })).status === 200;
  if (token === undefined || !accepted) {
    probe.findings.push(loginFindings.refused(target.host, user));
    return undefined;
  }
  probe.user = user;
  probe.findings.push(loginFindings.accepted(target.host, user));
  // An opaque token does not show its permissions.
  if (response.access !== undefined) {
    const where = target.project ?? target.host;
    probe.findings.push(
      grantsPush(response, repository) ? loginFindings.mayPush(where) : loginFindings.mayNotPush(target, user, where),
    );
  }
  return bearerAuth(token);
}

/** Tries to list the catalog. A refusal is no finding: many registries allow it to administrators only. */
async function checkCatalog(probe: Probe, headers: Record<string, string>): Promise<void> {
  const response = await probe.request('/v2/_catalog?n=1', { headers });
  if (response.status === 200 && Array.isArray(asRecord(response.json())?.repositories)) {
    probe.findings.push({ level: 'ok', code: 'CATALOG', message: 'its catalog can be listed' });
    return;
  }
  const refused = response.status === 401 || response.status === 403;
  if (refused) return;
  probe.findings.push({
    level: 'warning',
    code: 'CATALOG_UNAVAILABLE',
    message: `${probe.target.host} does not list its catalog: HTTP ${response.status}`,
    hint:
      response.status >= 500
        ? 'Check its log: its storage may be broken.'
        : 'The catalog may be turned off. Pushing works without it.',
  });
}
