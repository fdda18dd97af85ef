import type { Credentials, Secret } from '../../lib/secret.ts';

/** Credentials for a registry: a password, or the identity token of a login. */
export interface RegistryCredentials {
  readonly credentials?: Credentials;
  readonly identityToken?: Secret;
}

/**
 * Makes the X-Registry-Auth header of an engine request: base64url of a JSON object.
 * Without credentials the object is empty, because the engine responds with 400 when the header is missing.
 *
 * The padding stays, which Node's base64url omits: Go's URLEncoding rejects text without it, and the engine then pushes without
 * credentials.
 */
export function registryAuthHeader(registryHost: string, auth: RegistryCredentials): string {
  const encoded = Buffer.from(JSON.stringify(authConfig(registryHost, auth))).toString('base64');
  return encoded.replaceAll('+', '-').replaceAll('/', '_');
}

function authConfig(registryHost: string, auth: RegistryCredentials): Record<string, string> {
  const serveraddress = serverAddress(registryHost);
  if (auth.identityToken !== undefined) return { identitytoken: auth.identityToken.reveal(), serveraddress };
  if (auth.credentials === undefined) return {};
  return { username: auth.credentials.username, password: auth.credentials.password.reveal(), serveraddress };
}

/** The key under which docker stores a registry's credentials. Docker Hub's is the address of its v1 index. */
export function serverAddress(registryHost: string): string {
  return registryHost === 'docker.io' || registryHost === 'index.docker.io'
    ? 'https://index.docker.io/v1/'
    : registryHost;
}
