import { isAtLeast } from '../lib/version.ts';
import { type BuildOutput, buildxBuildArguments, type CommandPaths, dockerBuildArguments } from './arguments.ts';
import type { BuildCapabilities } from './capabilities.ts';
import { type MissingCapability, missingCapabilities } from './missing.ts';
import type { BuildPlan, PlannedImage } from './plan.ts';

/**
 * How a plan is carried out:
 *
 * - `bake`: all images in one solve, with buildx
 * - `build`: one `docker build` an image, BuildKit inside the CLI (before 23)
 * - `legacy`: one `docker build` an image with the legacy builder: a CLI from 23 on without its buildx plugin
 */
export type BuildMethod = 'bake' | 'build' | 'legacy';

export interface Invocation {
  readonly method: BuildMethod;
  readonly output: BuildOutput;
  /** What the machine lacks for it; nothing is built while there is any. */
  readonly missing: readonly MissingCapability[];
}

/** Chooses how a plan is carried out on a machine. Pure: the same answer for a dry run and for a build. */
export function chooseInvocation(plan: BuildPlan, capabilities: BuildCapabilities): Invocation {
  const method = chooseMethod(capabilities);
  const output = chooseOutput(plan, capabilities);
  return { method, output, missing: missingCapabilities(plan, capabilities, { method, output }) };
}

/** The platform that the engine runs itself; without an engine to ask, unknown. */
export function nativePlatform({ engine }: BuildCapabilities): string | undefined {
  return engine === undefined ? undefined : `${engine.os}/${engine.arch}`;
}

/** The command that somebody would type for one image, whatever is used in the end. */
export function equivalentCommand(plan: BuildPlan, image: PlannedImage, output: BuildOutput): string[] {
  const paths: CommandPaths = { dockerfile: plan.dockerfile, context: plan.context };
  if (output.push || plan.builder !== undefined || plan.cacheTo.length > 0)
    return ['docker', ...buildxBuildArguments(plan, image, { paths, output })];
  return ['docker', ...dockerBuildArguments(plan, image, paths)];
}

/** Arguments of one bake; the definition goes to its standard input. */
export function bakeArguments(plan: BuildPlan, paths: { progress: string; metadataFile: string }): string[] {
  return [
    'buildx',
    'bake',
    '--file',
    '-',
    '--progress',
    paths.progress,
    '--metadata-file',
    paths.metadataFile,
    ...(plan.builder === undefined ? [] : ['--builder', plan.builder]),
  ];
}

function chooseMethod({ docker, buildx }: BuildCapabilities): BuildMethod {
  if (buildx !== undefined) return 'bake';
  if (docker === undefined) return 'bake';
  return isAtLeast(docker.version, '23') ? 'legacy' : 'build';
}

function chooseOutput({ platforms }: BuildPlan, capabilities: BuildCapabilities): BuildOutput {
  const [only, ...others] = platforms;
  if (only === undefined) return { push: false, platforms: [] };
  const native = nativePlatform(capabilities);
  return { push: others.length > 0 || only !== native, platforms };
}
