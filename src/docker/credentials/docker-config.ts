import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../../lib/environment.ts';
import { parseObject } from '../../lib/json.ts';

/** The user's docker configuration: `$DOCKER_CONFIG/config.json`, or `~/.docker/config.json`. */
export interface DockerConfig {
  readonly directory: string;
  readonly file: string;
  /** The content of the file; empty when there is none. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Why the file cannot be used. Like the docker CLI, the code then continues as if it were empty. */
  readonly problem?: string;
}

/** Docker's configuration directory, whether it exists or not. */
export function dockerConfigDirectory(environment: Pick<Environment, 'env' | 'home'>): string {
  return environment.env.DOCKER_CONFIG || join(environment.home, '.docker');
}

/** Reads the user's docker configuration. */
export async function readDockerConfig(environment: Pick<Environment, 'env' | 'home'>): Promise<DockerConfig> {
  const directory = dockerConfigDirectory(environment);
  const file = join(directory, 'config.json');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
    return { directory, file, values: {}, ...(missing ? {} : { problem: `${file} cannot be read` }) };
  }
  const values = parseObject(text);
  return values === undefined
    ? { directory, file, values: {}, problem: `${file} is not a JSON object` }
    : { directory, file, values };
}
