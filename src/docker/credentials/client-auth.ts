import { readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Environment } from '../../lib/environment.ts';
import { makeTempFolder } from '../../lib/files.ts';
import { asRecord, parseObject } from '../../lib/json.ts';
import type { EnvironmentVariables } from '../../lib/process/exec.ts';
import { encodeCredentials } from '../../lib/secret.ts';
import { storeKeys } from './auth-store.ts';
import { readDockerConfig } from './docker-config.ts';
import { type RegistryCredentials, serverAddress } from './registry-auth.ts';

/** An environment for docker's programs in which they have a registry's credentials. Dispose it when they are done. */
export interface ClientAuth extends AsyncDisposable {
  readonly env: EnvironmentVariables;
}

export interface ClientAuthOptions {
  readonly environment: Pick<Environment, 'env' | 'home' | 'temp' | 'cwd'>;
  /** The environment to start from: engineEnvironment's. */
  readonly env: EnvironmentVariables;
  readonly registryHost: string;
  /** The config's own credentials; without any the environment stays as it is. */
  readonly auth?: RegistryCredentials | undefined;
  /** `docker version`'s client. */
  readonly cliVersion?: string | undefined;
  /** The buildx plugin's version, when there is one: it reads credentials itself. */
  readonly buildxVersion?: string | undefined;
}

/**
 * Gives docker's programs a registry's credentials without a login and without a word on their command line.
 *
 * Clients that know DOCKER_AUTH_CONFIG get it in the environment: nothing is on disk. Others get a private DOCKER_CONFIG
 * (0700) that holds this one entry and otherwise is the user's: its plugins, contexts, proxies, helpers and logins.
 */
export async function createClientAuth(options: ClientAuthOptions): Promise<ClientAuth> {
  const { auth, env, registryHost } = options;
  const encoded = auth && encodeAuth(auth);
  if (encoded === undefined) return { env, [Symbol.asyncDispose]: async () => {} };
  if (knowsAuthVariable(options)) {
    return {
      env: { ...env, DOCKER_AUTH_CONFIG: overlay(env, registryHost, encoded) },
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

/** The CLI reads the variable since 28.3, and buildx since 0.26, the first that was built with that CLI's library. */
function knowsAuthVariable({ cliVersion, buildxVersion, auth }: ClientAuthOptions): boolean {
  if (auth?.identityToken !== undefined) return false;
  return atLeast(cliVersion, 28, 3) && (buildxVersion === undefined || atLeast(buildxVersion, 0, 26));
}

function atLeast(version: string | undefined, major: number, minor: number): boolean {
  const [, foundMajor, foundMinor] = /^v?(\d+)\.(\d+)/.exec(version ?? '') ?? [];
  if (foundMajor === undefined) return false;
  return Number(foundMajor) > major || (Number(foundMajor) === major && Number(foundMinor) >= minor);
}

/** The user's own DOCKER_AUTH_CONFIG with our entry in it. */
function overlay(env: EnvironmentVariables, registryHost: string, entry: AuthEntry): string {
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
    // An empty helper sends docker to `auths` for this registry; credsStore goes on serving all others.
    credHelpers: { ...without(user.values.credHelpers, registryHost), [key]: '' },
  };
  const directory = await makeTempFolder(environment.temp, 'objdocker-docker-');
  const dispose = () => rm(directory, { recursive: true, force: true });
  try {
    await writeFile(join(directory, 'config.json'), JSON.stringify(config), { mode: 0o600 });
    await linkTheRest(userDirectory, directory);
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    env: {
      ...env,
      DOCKER_CONFIG: directory,
      // Builders would be looked for, and made, in the folder that goes away.
      BUILDX_CONFIG: env.BUILDX_CONFIG || join(userDirectory, 'buildx'),
      ...(env.DOCKER_AUTH_CONFIG ? { DOCKER_AUTH_CONFIG: variableWithout(env.DOCKER_AUTH_CONFIG, registryHost) } : {}),
    },
    [Symbol.asyncDispose]: dispose,
  };
}

/** Plugins, contexts, TLS files: everything but config.json stays where it is. */
async function linkTheRest(from: string, to: string): Promise<void> {
  const names = await readdir(from).catch(() => []);
  await Promise.all(
    names.filter((name) => name !== 'config.json').map((name) => symlink(join(from, name), join(to, name))),
  );
}

/** The variable would win over the file. */
function variableWithout(text: string, registryHost: string): string {
  const known = parseObject(text) ?? {};
  return JSON.stringify({ ...known, auths: without(known.auths, registryHost) });
}
