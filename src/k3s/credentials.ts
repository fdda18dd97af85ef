import { readFile } from 'node:fs/promises';
import type { CredentialConfig, Package } from '../config/package.ts';
import { isObjDockerError, ObjDockerError } from '../errors.ts';
import { Secret } from '../lib/secret.ts';

/** The credentials that nodes pull with. */
export interface NodeCredentials {
  readonly username: string;
  readonly password: Secret;
}

export interface NodeCredentialsOptions {
  /** False reads no password variable and no password file: only the username matters. */
  readonly passwords: boolean;
  readonly warn: (message: string) => void;
}

/** The placeholder of a password that is not read. */
const NOT_READ = new Secret('');

/**
 * The credentials for a package's nodes: those of `pull`, else those of the registry. Never those of the user's `docker login`,
 * which belong to a person.
 *
 * @throws {ObjDockerError} VARIABLE_UNSET, SECRET_FILE_UNREADABLE
 */
export async function findNodeCredentials(
  { registry }: Pick<Package, 'registry'>,
  { passwords, warn }: NodeCredentialsOptions,
): Promise<NodeCredentials | undefined> {
  const read = (config: CredentialConfig, key: string) => readNodePassword(config, key, passwords);
  const pull = registry.pull;
  if (pull !== undefined) {
    const password = await read(pull, 'pull.');
    if (pull.username !== undefined && password !== undefined) return { username: pull.username, password };
    if (pull.username !== undefined || password !== undefined) {
      const missing = password === undefined ? 'password' : 'username';
      warn(`deployment.registry.pull has no ${missing}: nodes pull from ${registry.host} without credentials`);
      return undefined;
    }
  }
  const { username } = registry;
  const password = username === undefined ? undefined : await read(registry, '');
  if (username === undefined || password === undefined) {
    warn(
      `config.yaml has no credentials for ${registry.host}: nodes pull without credentials. The docker login of this machine is not passed to nodes; set deployment.registry.pull`,
    );
    return undefined;
  }
  if (isAdministrator(username)) {
    warn(
      `every node gets the password of ${username}, an administrator of ${registry.host}: set deployment.registry.pull to a robot account that may only pull`,
    );
  }
  return { username, password };
}

/** Whether a username is that of an administrator. The rights of other users are known to the registry only. */
function isAdministrator(username: string): boolean {
  return /^(admin|administrator|root)$/i.test(username);
}

/**
 * The password of one section of config.yaml.
 *
 * @param key where the section is, below `deployment.registry.`
 * @param reads false returns a placeholder for a password that is there
 * @throws {ObjDockerError} VARIABLE_UNSET, SECRET_FILE_UNREADABLE
 */
export function readNodePassword(config: CredentialConfig, key: string, reads: boolean): Promise<Secret | undefined> {
  return reads ? readPassword(config, key) : hasPassword(config);
}

async function readPassword({ password, passwordFile }: CredentialConfig, key: string): Promise<Secret | undefined> {
  if (password !== undefined || passwordFile === undefined) return password;
  try {
    return new Secret((await readFile(passwordFile, 'utf8')).replace(/\r?\n$/, ''));
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
    throw new ObjDockerError('SECRET_FILE_UNREADABLE', `cannot read the password file ${passwordFile}: ${reason}`, {
      hint: `Correct deployment.registry.${key}passwordFile, or make the file readable for you.`,
      cause,
    });
  }
}

async function hasPassword(config: CredentialConfig): Promise<Secret | undefined> {
  try {
    return config.password ?? (config.passwordFile === undefined ? undefined : NOT_READ);
  } catch (error) {
    // There is a password, and only its variable is not set here.
    if (isObjDockerError(error) && error.code === 'VARIABLE_UNSET') return NOT_READ;
    throw error;
  }
}
