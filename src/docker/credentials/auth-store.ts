import { asRecord, asText } from '../../lib/json.ts';
import { Secret } from '../../lib/secret.ts';
import type { RegistryCredentials } from './registry-auth.ts';

/** Docker's name for "the password is an identity token". */
const TOKEN_USER = '<token>';

/**
 * The keys under which docker may keep a registry's credentials, the usual one first: `host[:port]`, the forms with a
 * scheme and a path that older clients wrote, and Docker Hub's own.
 */
export function storeKeys(registryHost: string): string[] {
  const hosts = isDockerHub(registryHost) ? ['index.docker.io', 'docker.io', 'registry-1.docker.io'] : [registryHost];
  const keys = hosts.flatMap((host) => [
    host,
    ...['https://', 'http://'].flatMap((scheme) =>
      ['', '/', '/v1/', '/v1', '/v2/', '/v2'].map((path) => scheme + host + path),
    ),
  ]);
  return isDockerHub(registryHost) ? ['https://index.docker.io/v1/', ...keys] : keys;
}

/** Whether a registry host means Docker Hub. */
function isDockerHub(host: string): boolean {
  return host === 'docker.io' || host === 'index.docker.io' || host === 'registry-1.docker.io';
}

/** The value of the first of the keys that a map of docker's configuration has. */
export function lookUp(map: unknown, keys: readonly string[]): unknown {
  const record = asRecord(map) ?? {};
  const key = keys.find((name) => Object.hasOwn(record, name));
  return key === undefined ? undefined : record[key];
}

/** Credentials of an entry under `auths`; undefined for the empty entry that a credential store leaves behind. */
export function readAuthEntry(entry: unknown): RegistryCredentials | undefined {
  const fields = asRecord(entry) ?? {};
  const [user, password] = decodeAuth(asText(fields.auth)) ?? [asText(fields.username), asText(fields.password)];
  const identityToken = asText(fields.identitytoken);
  if (identityToken !== undefined) return { identityToken: new Secret(identityToken) };
  return user === undefined || password === undefined ? undefined : fromUserAndPassword(user, password);
}

/** A user and a password as docker's stores hand them out, where the user `<token>` marks an identity token. */
export function fromUserAndPassword(username: string, password: string): RegistryCredentials {
  return username === TOKEN_USER
    ? { identityToken: new Secret(password) }
    : { credentials: { username, password: new Secret(password) } };
}

/** `auth` is base64 of `user:password`; docker pads it with zero bytes at times. */
function decodeAuth(auth: string | undefined): [string, string] | undefined {
  if (auth === undefined) return undefined;
  const text = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = text.indexOf(':');
  return colon < 1 ? undefined : [text.slice(0, colon), text.slice(colon + 1)];
}
