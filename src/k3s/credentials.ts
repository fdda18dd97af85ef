import { readFile } from 'node:fs/promises';
import type { CredentialConfig, Package } from '../config/package.ts';
import { isObjDockerError, ObjDockerError } from '../errors.ts';
import { Secret } from '../lib/secret.ts';

/** What nodes are to pull with. */
export interface NodeCredentials {
  readonly username: string;
  readonly password: Secret;
}

export interface NodeCredentialsOptions {
  /** False where only the user's name counts: no variable of a password is looked up, and no file read. */
  readonly passwords: boolean;
  readonly warn: (message: string) => void;
}

/** What stands for a password that is not looked up. */
const NOT_READ = new Secret('');

/**
 * The credentials that a package's nodes are given: those of `pull`, else the registry's own. Never the user's Docker
 * credentials, which are a person's.
 *
 * @throws {ObjDockerError} VARIABLE_UNSET, SECRET_FILE_UNREADABLE
 */
export async function findNodeCredentials(
  { registry }: Pick<Package, 'registry'>,
  { passwords, warn }: NodeCredentialsOptions,
): Promise<NodeCredentials | undefined> {
  const read = passwords ? readPassword : hasPassword;
  const pull = registry.pull;
  if (pull !== undefined) {
    const password = await read(pull, 'pull.');
    if (pull.username !== undefined && password !== undefined) return { username: pull.username, password };
    if (pull.username !== undefined || password !== undefined) {
      const lacking = password === undefined ? 'password' : 'username';
      warn(`deployment.registry.pull has no ${lacking}: nodes pull from ${registry.host} without credentials`);
      return undefined;
    }
  }
  const { username } = registry;
  const password = username === undefined ? undefined : await read(registry, '');
  if (username === undefined || password === undefined) {
    warn(
      `config.yaml has no credentials for ${registry.host}: nodes pull without; a docker login is not handed to them (write deployment.registry.pull)`,
    );
    return undefined;
  }
  if (isAdministrator(username)) {
    warn(
      `every node is given the password of ${username}, an administrator of ${registry.host}: write a robot that may only pull into deployment.registry.pull`,
    );
  }
  return { username, password };
}

/** A name that only an administrator has; who else may do what only the registry knows. */
function isAdministrator(username: string): boolean {
  return /^(admin|administrator|root)$/i.test(username);
}

async function readPassword({ password, passwordFile }: CredentialConfig, key: string): Promise<Secret | undefined> {
  if (password !== undefined || passwordFile === undefined) return password;
  try {
    return new Secret((await readFile(passwordFile, 'utf8')).replace(/\r?\n$/, ''));
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
    throw new ObjDockerError('SECRET_FILE_UNREADABLE', `cannot read the password file ${passwordFile}: ${reason}`, {
      hint: `Correct deployment.registry.${key}passwordFile, or make the file readable by you.`,
      cause,
    });
  }
}

async function hasPassword(config: CredentialConfig): Promise<Secret | undefined> {
  try {
    return config.password ?? (config.passwordFile === undefined ? undefined : NOT_READ);
  } catch (error) {
    // There is one, and only its variable is missing here.
    if (isObjDockerError(error) && error.code === 'VARIABLE_UNSET') return NOT_READ;
    throw error;
  }
}
