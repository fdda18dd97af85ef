import { isObjDockerError, ObjDockerError } from '../errors.ts';
import type { Environment } from '../lib/environment.ts';
import type { EnvironmentVariables } from '../lib/process/exec.ts';
import { isAtLeast } from '../lib/version.ts';
import { normalizePlatform } from './platforms.ts';

/** The build tools of this machine. A field is undefined when the tool is missing or was not looked for. */
export interface BuildCapabilities {
  /** The docker CLI. */
  readonly docker?: { readonly version: string };
  /** The buildx plugin that the docker CLI finds. */
  readonly buildx?: { readonly version: string };
  readonly builder?: Builder;
  readonly engine?: EngineCapabilities;
}

/** A buildx builder. */
export interface Builder {
  readonly name: string;
  /** `docker`, `docker-container`, `kubernetes`, `remote`. */
  readonly driver: string;
  /** Normalized; includes emulated platforms. */
  readonly platforms: readonly string[];
  /** The version of its BuildKit, of the newest when its nodes differ; undefined when it does not say. */
  readonly buildkit?: string;
}

/** The properties of the engine that a build depends on. */
export interface EngineCapabilities {
  readonly version: string;
  readonly os: string;
  /** Go's name: `amd64`, `arm64`. */
  readonly arch: string;
  readonly containerdStore: boolean;
}

export interface CapabilityOptions {
  readonly environment: Environment;
  /** All environment variables of docker child processes. */
  readonly env: EnvironmentVariables;
  readonly signal?: AbortSignal | undefined;
}

/** Finds the versions of the docker CLI and its buildx plugin. Needs no engine and no network. */
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
 * Inspects a buildx builder: the named one, or the current one. Connects to the builder's nodes, so it needs an engine.
 *
 * @throws {ObjDockerError} BUILDER_INCAPABLE when no builder has that name, or it does not respond.
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
    `cannot use the ${name === undefined ? 'current buildx builder' : `buildx builder ${JSON.stringify(name)}`}: ${reason}`,
    { hint: 'List the builders: docker buildx ls', details: { builder: name } },
  );
}

/**
 * Reads the output of `docker buildx inspect`: `Key: value` lines, first of the builder, then of each node. It has no JSON form
 * before buildx 0.31.
 */
export function parseBuilder(text: string): Builder {
  const values = (key: string) =>
    [...text.matchAll(new RegExp(`^\\s*${key}:\\s*(.*)$`, 'gm'))].map((match) => match[1]?.trim() ?? '');
  const platforms = values('Platforms')
    .flatMap((list) => list.split(','))
    // A star marks a platform that was set by hand.
    .map((platform) => platform.replace('*', '').trim())
    .filter((platform) => platform !== '')
    .flatMap(readPlatform);
  // A BuildKit that a distribution built may call itself v0.0.0+unknown.
  const buildkit = values('Build[Kk]it(?: version)?')
    .map((version) => version.replace(/^v/, ''))
    .filter((version) => isAtLeast(version, '0.1'))
    .reduce((newest, other) => (isAtLeast(newest, other) ? newest : other), '');
  return {
    name: values('Name')[0] ?? '',
    driver: values('Driver')[0] ?? '',
    platforms: [...new Set(platforms)],
    ...(buildkit === '' ? {} : { buildkit }),
  };
}

// A builder may report a platform that BuildKit has no name for. No plan can contain it.
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
