import { readFile, stat } from 'node:fs/promises';
import type { CredentialConfig } from '../../config/package.ts';
import { hasErrorCode, ObjDockerError } from '../../errors.ts';
import type { Environment } from '../../lib/environment.ts';
import { asText, parseObject } from '../../lib/json.ts';
import { Secret } from '../../lib/secret.ts';
import { findEntry, readAuthEntry, storeKeys } from './auth-store.ts';
import { runCredentialHelper } from './credential-helper.ts';
import { type DockerConfig, readDockerConfig } from './docker-config.ts';
import type { RegistryCredentials } from './registry-auth.ts';

/** The credentials of a registry and their source. Without `credentials` and `identityToken`, none were found. */
export interface FoundCredentials extends RegistryCredentials {
  /** For messages: `config.yaml`, `/run/secrets/password`, `docker-credential-pass`, `~/.docker/config.json`, `none`. */
  readonly source: string;
  /** Whether they come from the config. Docker's programs do not know those. */
  readonly fromConfig: boolean;
  readonly warnings: readonly string[];
}

export interface FindCredentialsOptions {
  readonly environment: Pick<Environment, 'env' | 'home' | 'exec'>;
  /** The credentials of the config, when they are for this registry. */
  readonly config?: CredentialConfig | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Found = RegistryCredentials & { readonly source: string };

/**
 * Finds the credentials of a registry: first those of the config, then the user's Docker credentials (DOCKER_AUTH_CONFIG,
 * credHelpers, credsStore, auths). A config with only a username accepts Docker credentials of that user.
 *
 * @throws {ObjDockerError} SECRET_FILE_UNREADABLE, CREDENTIAL_HELPER_FAILED, or VARIABLE_UNSET from the config.
 */
export async function findCredentials(
  registryHost: string,
  options: FindCredentialsOptions,
): Promise<FoundCredentials> {
  const warnings: string[] = [];
  const username = options.config?.username;
  const password = await configuredPassword(options.config, warnings);
  if (username !== undefined && password !== undefined) {
    const source = options.config?.password === undefined ? (options.config?.passwordFile ?? '') : 'config.yaml';
    return { credentials: { username, password }, source, fromConfig: true, warnings };
  }
  if (password !== undefined)
    warnings.push('deployment.registry has a password but no username: the password is ignored');
  const docker = await readDockerConfig(options.environment);
  if (docker.problem !== undefined) warnings.push(`${docker.problem}: it is ignored`);
  const found = await findInDocker(registryHost, docker, options, warnings);
  if (found === undefined) return { source: 'none', fromConfig: false, warnings };
  if (username !== undefined && found.credentials?.username !== username) {
    warnings.push(
      `the credentials in ${found.source} are for another user than deployment.registry.username: they are ignored`,
    );
    return { source: 'none', fromConfig: false, warnings };
  }
  return { ...found, fromConfig: false, warnings };
}

async function configuredPassword(
  config: CredentialConfig | undefined,
  warnings: string[],
): Promise<Secret | undefined> {
  if (config?.password !== undefined) return config.password;
  const file = config?.passwordFile;
  if (file === undefined) return undefined;
  try {
    const [text, { mode }] = await Promise.all([readFile(file, 'utf8'), stat(file)]);
    if ((mode & 0o004) !== 0) warnings.push(`every user of this machine can read ${file}: run chmod 600 on it`);
    return new Secret(text.replace(/\r?\n$/, ''));
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    throw new ObjDockerError('SECRET_FILE_UNREADABLE', `cannot read the password file ${file}: ${reason}`, {
      hint: 'Correct deployment.registry.passwordFile, or make the file readable by you.',
      cause: error,
    });
  }
}

async function findInDocker(
  registryHost: string,
  docker: DockerConfig,
  { environment, signal }: FindCredentialsOptions,
  warnings: string[],
): Promise<Found | undefined> {
  const keys = storeKeys(registryHost);
  // Docker CLI 28.3 and GitLab's runners read a JSON object with `auths` before the stores.
  const fromVariable = readAuthEntry(findEntry(parseObject(environment.env.DOCKER_AUTH_CONFIG ?? '')?.auths, keys));
  if (fromVariable !== undefined) return { ...fromVariable, source: 'DOCKER_AUTH_CONFIG' };
  const own = findEntry(docker.values.credHelpers, keys);
  // Like in the docker CLI, an empty helper means the file, also when credsStore is set.
  const helper = asText(own === undefined ? docker.values.credsStore : own);
  if (helper !== undefined) {
    const source = `docker-credential-${helper}`;
    try {
      const found = await runCredentialHelper(helper, keys[0] ?? registryHost, environment, signal);
      if (found !== undefined) return { ...found, source };
    } catch (error) {
      // The registry may need no login. Where it needs one, this warning says why there is none.
      if (!hasErrorCode(error, 'COMMAND_NOT_FOUND')) throw error;
      warnings.push(`${source}, which docker's config.json names for ${registryHost}, is not installed: it is ignored`);
      return undefined;
    }
  }
  const fromFile = readAuthEntry(findEntry(docker.values.auths, keys));
  return fromFile && { ...fromFile, source: docker.file };
}
