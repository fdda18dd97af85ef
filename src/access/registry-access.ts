import { readFile } from 'node:fs/promises';
import type { CredentialConfig, Package, RegistryConfig } from '../config/package.ts';
import { type FoundCredentials, findCredentials } from '../docker/credentials/credentials.ts';
import { isObjDockerError, ObjDockerError } from '../errors.ts';
import type { Environment } from '../lib/environment.ts';
import { createHttpClient, type HttpClient } from '../lib/http/client.ts';
import { type Credentials, Secret } from '../lib/secret.ts';
import { openRegistry, type Registry } from '../registry/registry.ts';
import { registryUrl } from '../registry/registry-url.ts';

interface Access {
  readonly environment: Environment;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds the credentials for a registry. Credentials in the config are used only for the package's registry.
 *
 * @throws {ObjDockerError} when a variable is not set, a file cannot be read, or a credential helper fails.
 */
export function credentialsFor(
  registryHost: string,
  pkg: Package | undefined,
  access: Access,
): Promise<FoundCredentials> {
  const config = pkg?.registry.host === registryHost ? pkg.registry : undefined;
  return findCredentials(registryHost, { ...access, config });
}

/**
 * Returns the passwords in the config, to mask them in the output of other programs. Passwords that cannot be read are omitted,
 * because other programs cannot print them either.
 */
export async function configuredSecrets(pkg: Package): Promise<(Credentials | Secret)[]> {
  const found = await Promise.all(
    [() => pkg.registry, () => pkg.registry.pull, ...pkg.registry.configs.map((endpoint) => () => endpoint)].map(
      (section) => configuredSecret(section).catch(ignoreKnown),
    ),
  );
  return found.filter((secret) => secret !== undefined);
}

async function configuredSecret(
  section: () => CredentialConfig | undefined,
): Promise<Credentials | Secret | undefined> {
  const config = section();
  const password = config?.password ?? (await readPassword(config?.passwordFile));
  const username = config?.username;
  return password === undefined || username === undefined ? password : { username, password };
}

async function readPassword(file: string | undefined): Promise<Secret | undefined> {
  const text = file === undefined ? undefined : await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : new Secret(text.replace(/\r?\n$/, ''));
}

function ignoreKnown(error: unknown): undefined {
  if (!isObjDockerError(error)) throw error;
  return undefined;
}

/**
 * Creates a client for a registry's API, with the certificate authority in the config.
 *
 * @throws {ObjDockerError} CONFIG_INVALID when `ca` cannot be read.
 */
export async function httpFor(
  registry: Pick<RegistryConfig, 'ca' | 'insecureSkipVerify'> | undefined,
  { environment }: Access,
): Promise<HttpClient> {
  const ca = registry?.ca === undefined ? undefined : await readAuthority(registry.ca);
  return createHttpClient({ env: environment.env, ca, insecureSkipVerify: registry?.insecureSkipVerify ?? false });
}

/**
 * Opens the registry of image names with a domain such as `docker.io`, with the available credentials.
 *
 * @throws {ObjDockerError} what {@link credentialsFor} and {@link httpFor} throw
 */
export async function openImageRegistry(domain: string, pkg: Package, access: Access): Promise<Registry> {
  const own = domain === pkg.registry.host;
  const [login, http] = await Promise.all([
    credentialsFor(domain, pkg, access),
    httpFor(own ? pkg.registry : undefined, access),
  ]);
  return openRegistry({ url: own ? pkg.registry.url : registryUrl(domain), login, http });
}

async function readAuthority(file: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
    throw authorityError(`cannot read the certificate authority ${file}: ${reason}`, cause);
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw authorityError(`${file} has no PEM certificate`);
  return text;
}

function authorityError(message: string, cause?: unknown): ObjDockerError {
  return new ObjDockerError('CONFIG_INVALID', message, {
    hint: 'Set deployment.registry.ca to the path of a PEM file, relative to the folder of config.yaml.',
    cause,
  });
}
