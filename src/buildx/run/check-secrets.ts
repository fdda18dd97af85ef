import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { ObjDockerError } from '../../errors.ts';
import type { EnvironmentVariables } from '../../lib/process/exec.ts';
import type { PlannedSecret } from '../plan.ts';

/**
 * Checks that the build secrets exist, without reading them. Docker's own message would not name the config key.
 *
 * @throws {ObjDockerError} VARIABLE_UNSET or SECRET_FILE_UNREADABLE
 */
export async function checkSecrets(secrets: readonly PlannedSecret[], env: EnvironmentVariables): Promise<void> {
  await Promise.all(secrets.map((secret) => checkSecret(secret, env)));
}

async function checkSecret(secret: PlannedSecret, env: EnvironmentVariables): Promise<void> {
  const key = `image.secrets.${secret.id}`;
  if ('env' in secret) {
    if (env[secret.env] !== undefined) return;
    throw new ObjDockerError(
      'VARIABLE_UNSET',
      `cannot pass the build secret "${secret.id}": the environment variable ${secret.env} is not set`,
      {
        hint: `Set ${secret.env}, or change ${key} in config.yaml.`,
        details: { secret: secret.id, variable: secret.env },
      },
    );
  }
  const problem = await problemOfFile(secret.file);
  if (problem === undefined) return;
  throw new ObjDockerError(
    'SECRET_FILE_UNREADABLE',
    `cannot pass the build secret "${secret.id}": ${secret.file} ${problem}`,
    {
      hint: `Make the file readable, or change ${key} in config.yaml.`,
      details: { secret: secret.id, file: secret.file },
    },
  );
}

async function problemOfFile(file: string): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return 'does not exist';
  if (!found.isFile()) return 'is not a file';
  return access(file, constants.R_OK).then(
    () => undefined,
    () => 'cannot be read',
  );
}
