import { basicAuthorization, type Credentials, type Secret } from '../lib/secret.ts';

/** The login for a registry: none, a password, or an identity token. */
export interface RegistryLogin {
  readonly credentials?: Credentials | undefined;
  readonly identityToken?: Secret | undefined;
}

/** The Authorization header for a user and a password; empty without them. */
export function basicAuth({ credentials }: RegistryLogin): Record<string, string> {
  return credentials === undefined ? {} : { authorization: basicAuthorization(credentials) };
}

/** The Authorization header for a token. */
export function bearerAuth(token: Secret): Record<string, string> {
  return { authorization: `Bearer ${token.reveal()}` };
}

/** Whether there is a login. */
export function hasLogin({ credentials, identityToken }: RegistryLogin): boolean {
  return credentials !== undefined || identityToken !== undefined;
}

/** Whether a user is a robot of Harbor: `robot$axion+ci`. The prefix is configurable; users have no `$` in their names. */
export function isRobotName(username: string): boolean {
  return username.includes('$');
}

/** Why a registry rejects credentials. Harbor responds to an expired or disabled robot as to a wrong secret (measured). */
export function rejectionReason(username: string): string {
  return isRobotName(username) ? 'the robot is expired or disabled, or its secret is wrong' : 'wrong user or password';
}

/** What to do about rejected credentials. */
export function rejectionHint(username: string): string {
  return isRobotName(username)
    ? 'Check the robot in Harbor (Robot Accounts: enabled, expiration). If it is valid, correct its secret in deployment.registry, or run docker login.'
    : 'Correct username and password in deployment.registry (or run docker login). After a wrong password Harbor also rejects the correct one for a second: then try again.';
}
