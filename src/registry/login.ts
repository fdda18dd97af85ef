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
