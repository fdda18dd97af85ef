import { asRecord, asText } from '../../lib/json.ts';
import { Secret } from '../../lib/secret.ts';
import type { RegistryCredentials } from './registry-auth.ts';

/** The user name by which docker marks a password that is an identity token. */
const TOKEN_USER = '<token>';

/**
 * The keys under which docker may store a registry's credentials, the usual one first: `host[:port]`, the forms with scheme and
 * path that older clients wrote, and Docker Hub's own.
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

/** The value of the first key that exists in a map of docker's configuration. */
export function findEntry(map: unknown, keys: readonly string[]): unknown {
  const record = asRecord(map) ?? {};
  const key = keys.find((name) => Object.hasOwn(record, name));
  return key === undefined ? undefined : record[key];
}

/** Reads an entry of `auths`; undefined for the empty entry that docker writes when a credential store holds the password. */
export function readAuthEntry(entry: unknown): RegistryCredentials | undefined {
  const fields = asRecord(entry) ?? {};
  const [user, password] = decodeAuth(asText(fields.auth)) ?? [asText(fields.username), asText(fields.password)];
  const identityToken = asText(fields.identitytoken);
  if (identityToken !== undefined) return { identityToken: new Secret(identityToken) };
  return user === undefined || password === undefined ? undefined : fromUserAndPassword(user, password);
}

/** Reads user and password as docker's stores return them. The user `<token>` marks an identity token. */
export function fromUserAndPassword(username: string, password: string): RegistryCredentials {
  return username === TOKEN_USER
    ? { identityToken: new Secret(password) }
    : { credentials: { username, password: new Secret(password) } };
}

/** Decodes `auth`: base64 of `user:password`, sometimes padded with zero bytes. */
function decodeAuth(auth: string | undefined): [string, string] | undefined {
  if (auth === undefined) return undefined;
  const text = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = text.indexOf(':');
  return colon < 1 ? undefined : [text.slice(0, colon), text.slice(colon + 1)];
}
