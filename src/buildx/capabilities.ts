import { isObjDockerError, ObjDockerError } from '../errors.ts';
import type { Environment } from '../lib/environment.ts';
import type { EnvironmentVariables } from '../lib/process/exec.ts';
import { normalizePlatform } from './platforms.ts';

/** What the machine can build with. What was not looked at is undefined, like what is not there. */
export interface BuildCapabilities {
  /** The docker CLI. */
  readonly docker?: { readonly version: string };
  /** The buildx plugin, as the docker CLI finds it. */
  readonly buildx?: { readonly version: string };
  readonly builder?: Builder;
  readonly engine?: EngineCapabilities;
}

/** A buildx builder. */
export interface Builder {
  readonly name: string;
  /** `docker`, `docker-container`, `kubernetes`, `remote`. */
  readonly driver: string;
  /** Normalised; what it can run, emulated ones among them. */
  readonly platforms: readonly string[];
}

/** What a build needs to know of the engine. */
export interface EngineCapabilities {
  readonly version: string;
  readonly os: string;
  /** Go's name: `amd64`, `arm64`. */
  readonly arch: string;
  readonly containerdStore: boolean;
}

export interface CapabilityOptions {
  readonly environment: Environment;
  /** The whole environment of docker child processes. */
  readonly env: EnvironmentVariables;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What the client side has: the docker CLI and its buildx plugin, asked side by side. Needs no engine and no network.
 */
export async function findClientCapabilities(
  options: CapabilityOptions,
): Promise<Pick<BuildCapabilities, 'docker' | 'buildx'>> {
  const [docker, buildx] = await Promise.all([
    versionOf(['--version'], /version v?([^\s,]+)/i, options),
    versionOf(['buildx', 'version'], /buildx v?(\d\S*)/i, options),
  ]);
  return {
    ...(docker === undefined ? {} : { docker: { version: docker } }),
    ...(docker === undefined || buildx === undefined ? {} : { buildx: { version: buildx } }),
  };
}

/**
 * Looks a builder up: the named one, or the one in use. Asks the builder's nodes, so an engine has to be there.
 *
 * @throws {ObjDockerError} BUILDER_INCAPABLE when there is no builder of that name, or it does not answer.
 */
export async function findBuilder(name: string | undefined, options: CapabilityOptions): Promise<Builder> {
  const { exitCode, stdout, stderr } = await options.environment.exec(
    'docker',
    ['buildx', 'inspect', ...(name === undefined ? [] : ['--', name])],
    { env: options.env, signal: options.signal, withDescendants: true },
  );
  if (exitCode === 0) return parseBuilder(stdout);
  const reason =
    stderr
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(/^ERROR: /, '') ?? '';
  throw new ObjDockerError(
    'BUILDER_INCAPABLE',
    `the buildx builder ${name === undefined ? 'in use' : JSON.stringify(name)} cannot be used: ${reason}`,
    { hint: 'List the builders with: docker buildx ls', details: { builder: name } },
  );
}

/**
 * Reads what `docker buildx inspect` prints (there is no JSON form of it before buildx 0.31): `Key: value` lines, the
 * builder's own first, then each node's.
 */
export function parseBuilder(text: string): Builder {
  const values = (key: string) =>
    [...text.matchAll(new RegExp(`^\\s*${key}:\\s*(.*)$`, 'gm'))].map((match) => match[1]?.trim() ?? '');
  const platforms = values('Platforms')
    .flatMap((list) => list.split(','))
    // A star marks what somebody asked for by hand.
    .map((platform) => platform.replace('*', '').trim())
    .filter((platform) => platform !== '')
    .flatMap(readPlatform);
  return { name: values('Name')[0] ?? '', driver: values('Driver')[0] ?? '', platforms: [...new Set(platforms)] };
}

// A builder may offer a platform that we have no name for; it is of no use to a plan.
function readPlatform(text: string): string[] {
  try {
    return [normalizePlatform(text)];
  } catch {
    return [];
  }
}

async function versionOf(
  args: readonly string[],
  pattern: RegExp,
  { environment, env, signal }: CapabilityOptions,
): Promise<string | undefined> {
  try {
    const { exitCode, stdout } = await environment.exec('docker', args, { env, signal, withDescendants: true });
    return exitCode === 0 ? pattern.exec(stdout)?.[1] : undefined;
  } catch (error) {
    if (isObjDockerError(error) && error.code === 'COMMAND_NOT_FOUND') return undefined;
    throw error;
  }
}
