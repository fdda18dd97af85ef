import type { HttpResponse } from '../../lib/http/client.ts';
import { HttpFailure } from '../../lib/http/failure.ts';
import { type Challenge, challengeOf } from '../../registry/challenge.ts';
import { rejectionHint, rejectionReason } from '../../registry/login.ts';
import {
  mayHaveCredentials,
  realmOf,
  repositoryScope,
  requestToken,
  type TokenResponse,
} from '../../registry/token.ts';
import type { Probe, ProbeTarget } from './context.ts';
import type { ProbeFinding } from './report.ts';

/** The findings about credentials, worded in one place for both kinds of registry. */
export const loginFindings = {
  accepted: (host: string, user: string): ProbeFinding => ({
    level: 'ok',
    code: 'LOGIN',
    message: `${host} accepts the credentials of ${user}`,
  }),
  refused: (host: string, user: string): ProbeFinding => ({
    level: 'error',
    code: 'REGISTRY_UNAUTHORIZED',
    message: `${host} rejects the credentials of ${user}: ${rejectionReason(user)}`,
    hint: rejectionHint(user),
  }),
  absent: ({ host, needsLogin }: ProbeTarget): ProbeFinding => ({
    level: needsLogin === false ? 'warning' : 'error',
    code: 'REGISTRY_UNAUTHORIZED',
    message: `${host} requires a login, and no credentials were found for it`,
    hint: `Set username and password (or passwordFile) in deployment.registry, or run: docker login ${host}`,
  }),
  mayNotPush: ({ host, type }: ProbeTarget, user: string, where: string): ProbeFinding => ({
    level: 'error',
    code: 'REGISTRY_FORBIDDEN',
    message: `${user} may not push to ${where} at ${host}${type === 'harbor' ? ': it lacks repository:push' : ''}`,
    hint:
      type === 'harbor'
        ? 'Ask for the role developer or higher in the project, or for repository:push for the robot.'
        : 'Ask for push permission.',
  }),
  mayPush: (where: string): ProbeFinding => ({ level: 'ok', code: 'PUSH_ALLOWED', message: `may push to ${where}` }),
};

/**
 * Compares the host of the token service with that of the registry. A different one is Harbor's most common
 * misconfiguration (external_url): its pages work, docker login does not.
 */
export function checkRealm(probe: Probe, anonymous: HttpResponse): Challenge | undefined {
  const challenge = challengeOf(anonymous.headers['www-authenticate'], 'bearer');
  const realm = challenge && realmOf(challenge);
  if (challenge === undefined || realm === undefined) return challenge;
  const { base, target } = probe;
  if (target.type === 'harbor' && realm.origin !== base.origin) {
    probe.findings.push({
      level: 'warning',
      code: 'TOKEN_REALM_ELSEWHERE',
      message: `${target.host} names ${realm.origin} as its token service, not ${base.origin}`,
      hint: `Set external_url in harbor.yml to ${base.origin} (or use ${realm.host} as the host), and run Harbor's prepare again.`,
    });
  } else if (realm.protocol === 'http:' && base.protocol === 'https:') {
    probe.findings.push({
      level: 'warning',
      code: 'TOKEN_REALM_ELSEWHERE',
      message: `${target.host} names a token service without TLS: ${realm.origin}`,
      hint: 'Credentials are not sent there. Change the realm of the token service to https.',
    });
  }
  return challenge;
}

/** Requests a push token for a repository; undefined when the token service does not respond. */
export async function requestPushToken(
  probe: Probe,
  challenge: Challenge,
  repository: string,
  realm = realmOf(challenge),
): Promise<TokenResponse | undefined> {
  if (realm === undefined) return undefined;
  try {
    return await requestToken(probe.http, {
      realm,
      service: challenge.parameters.service,
      scopes: [repositoryScope(repository, 'pull', 'push')],
      login: mayHaveCredentials(realm, probe.base) ? probe.target : {},
      ...probe.limits,
    });
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    probe.findings.push({
      level: 'warning',
      code: 'PERMISSION_UNKNOWN',
      message: `the token service ${realm.origin} of ${probe.target.host} does not respond: ${error.message}`,
      hint: 'docker cannot get a token from it either. Correct its address in the registry (in Harbor: external_url).',
    });
    return undefined;
  }
}

/** Whether a token's access covers pushing to a repository. */
export function grantsPush(response: TokenResponse, repository: string): boolean {
  return (response.access ?? []).some(
    ({ type, name, actions }) =>
      type === 'repository' && name === repository && (actions.includes('push') || actions.includes('*')),
  );
}
