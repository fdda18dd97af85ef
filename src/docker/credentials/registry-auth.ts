import type { Credentials, Secret } from '../../lib/secret.ts';

/** What proves to a registry who we are: a password, or an identity token that a login left behind. */
export interface RegistryCredentials {
  readonly credentials?: Credentials;
  readonly identityToken?: Secret;
}

/**
 * The X-Registry-Auth header of an engine call that speaks to a registry: base64url of a JSON document.
 * Without credentials it is an empty document, because the engine answers 400 when the header is missing.
 *
 * The padding stays, which Node's base64url leaves out: Go's URLEncoding stops at a text without it, and the engine then
 * pushes without credentials.
 */
export function registryAuthHeader(registryHost: string, auth: RegistryCredentials): string {
  const encoded = Buffer.from(JSON.stringify(authDocument(registryHost, auth))).toString('base64');
  return encoded.replaceAll('+', '-').replaceAll('/', '_');
}

function authDocument(registryHost: string, auth: RegistryCredentials): Record<string, string> {
  const serveraddress = serverAddress(registryHost);
  if (auth.identityToken !== undefined) return { identitytoken: auth.identityToken.reveal(), serveraddress };
  if (auth.credentials === undefined) return {};
  return { username: auth.credentials.username, password: auth.credentials.password.reveal(), serveraddress };
}

/** The key under which docker keeps a registry's credentials: Docker Hub's is the address of its first index. */
export function serverAddress(registryHost: string): string {
  return registryHost === 'docker.io' || registryHost === 'index.docker.io'
    ? 'https://index.docker.io/v1/'
    : registryHost;
}
