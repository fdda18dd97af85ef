import { readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Environment } from '../../lib/environment.ts';
import { makeTempFolder } from '../../lib/files/leftovers.ts';
import { asRecord, parseObject } from '../../lib/json.ts';
import type { EnvironmentVariables } from '../../lib/process/exec.ts';
import { encodeCredentials } from '../../lib/secret.ts';
import { storeKeys } from './auth-store.ts';
import { readDockerConfig } from './docker-config.ts';
import { type RegistryCredentials, serverAddress } from './registry-auth.ts';

/** Environment variables that give docker's programs a registry's credentials. Dispose of it after they exit. */
export interface ClientAuth extends AsyncDisposable {
  readonly env: EnvironmentVariables;
}

export interface ClientAuthOptions {
  readonly environment: Pick<Environment, 'env' | 'home' | 'temp' | 'cwd'>;
  /** The environment variables to start from: those of `engineEnvironment`. */
  readonly env: EnvironmentVariables;
  readonly registryHost: string;
  /** The credentials of the config. Without any, the environment variables stay as they are. */
  readonly auth?: RegistryCredentials | undefined;
  /** The version of the docker CLI. */
  readonly cliVersion?: string | undefined;
  /** The version of the buildx plugin, if installed. It reads credentials itself. */
  readonly buildxVersion?: string | undefined;
}

/**
 * Gives docker's programs a registry's credentials without a login, and without showing them on a command line.
 *
 * Clients that support DOCKER_AUTH_CONFIG get it in the environment, so nothing is written to disk. Others get a private
 * DOCKER_CONFIG directory (0700) with this entry; the rest is the user's: plugins, contexts, proxies, helpers and logins.
 */
export async function createClientAuth(options: ClientAuthOptions): Promise<ClientAuth> {
  const { auth, env, registryHost } = options;
  const encoded = auth && encodeAuth(auth);
  if (encoded === undefined) return { env, [Symbol.asyncDispose]: async () => {} };
  if (supportsAuthVariable(options)) {
    return {
      env: { ...env, DOCKER_AUTH_CONFIG: withEntry(env, registryHost, encoded) },
      [Symbol.asyncDispose]: async () => {},
    };
  }
  return temporaryConfig(options, encoded);
}

interface AuthEntry {
  readonly auth?: string;
  readonly identitytoken?: string;
}

function encodeAuth({ credentials, identityToken }: RegistryCredentials): AuthEntry | undefined {
  if (identityToken !== undefined) return { identitytoken: identityToken.reveal() };
  if (credentials === undefined) return undefined;
  return { auth: encodeCredentials(credentials) };
}

/** The CLI reads the variable since 28.3; buildx since 0.26, the first version built with that CLI's library. */
function supportsAuthVariable({ cliVersion, buildxVersion, auth }: ClientAuthOptions): boolean {
  if (auth?.identityToken !== undefined) return false;
  return atLeast(cliVersion, 28, 3) && (buildxVersion === undefined || atLeast(buildxVersion, 0, 26));
}

function atLeast(version: string | undefined, major: number, minor: number): boolean {
  const [, foundMajor, foundMinor] = /^v?(\d+)\.(\d+)/.exec(version ?? '') ?? [];
  if (foundMajor === undefined) return false;
  return Number(foundMajor) > major || (Number(foundMajor) === major && Number(foundMinor) >= minor);
}

/** The user's DOCKER_AUTH_CONFIG with the entry added. */
function withEntry(env: EnvironmentVariables, registryHost: string, entry: AuthEntry): string {
  const known = parseObject(env.DOCKER_AUTH_CONFIG ?? '') ?? {};
  return JSON.stringify({
    ...known,
    auths: { ...without(known.auths, registryHost), [serverAddress(registryHost)]: entry },
  });
}

function without(auths: unknown, registryHost: string): Record<string, unknown> {
  const keys = new Set(storeKeys(registryHost));
  return Object.fromEntries(Object.entries(asRecord(auths) ?? {}).filter(([key]) => !keys.has(key)));
}

async function temporaryConfig(options: ClientAuthOptions, entry: AuthEntry): Promise<ClientAuth> {
  const { environment, env, registryHost } = options;
  const user = await readDockerConfig(environment);
  const userDirectory = resolve(environment.cwd, user.directory);
  const key = serverAddress(registryHost);
  const config = {
    ...user.values,
    auths: { ...without(user.values.auths, registryHost), [key]: entry },
    // An empty helper makes docker read `auths` for this registry. credsStore still serves all others.
    credHelpers: { ...without(user.values.credHelpers, registryHost), [key]: '' },
  };
  const directory = await makeTempFolder(environment.temp, 'docker');
  const dispose = () => rm(directory, { recursive: true, force: true });
  try {
    await writeFile(join(directory, 'config.json'), JSON.stringify(config), { mode: 0o600 });
    await linkOtherFiles(userDirectory, directory);
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    env: {
      ...env,
      DOCKER_CONFIG: directory,
      // Otherwise buildx would look for builders, and create them, in the temporary directory.
      BUILDX_CONFIG: env.BUILDX_CONFIG || join(userDirectory, 'buildx'),
      ...(env.DOCKER_AUTH_CONFIG ? { DOCKER_AUTH_CONFIG: variableWithout(env.DOCKER_AUTH_CONFIG, registryHost) } : {}),
    },
    [Symbol.asyncDispose]: dispose,
  };
}

/** Links everything except config.json: plugins, contexts, TLS files. */
async function linkOtherFiles(from: string, to: string): Promise<void> {
  const names = await readdir(from).catch(() => []);
  await Promise.all(
    names.filter((name) => name !== 'config.json').map((name) => symlink(join(from, name), join(to, name))),
  );
}

/** The variable takes precedence over the file. */
function variableWithout(text: string, registryHost: string): string {
  const known = parseObject(text) ?? {};
  return JSON.stringify({ ...known, auths: without(known.auths, registryHost) });
}
