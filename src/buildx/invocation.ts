import { isAtLeast } from '../lib/version.ts';
import { type BuildOutput, buildxBuildArguments, type CommandPaths, dockerBuildArguments } from './arguments.ts';
import type { BuildCapabilities } from './capabilities.ts';
import { frontendWarnings, type MissingCapability, missingCapabilities } from './missing-capabilities.ts';
import type { BuildPlan, PlannedImage, PlanWarning } from './plan.ts';

/**
 * How a plan is built:
 *
 * - `bake`: all images in one `docker buildx bake`
 * - `build`: one `docker build` per image, with the BuildKit of a CLI before 23
 * - `legacy`: one `docker build` per image with the legacy builder, for a CLI since 23 without the buildx plugin
 */
export type BuildMethod = 'bake' | 'build' | 'legacy';

export interface Invocation {
  readonly method: BuildMethod;
  readonly output: BuildOutput;
  /** What the build needs and this machine lacks. A build fails when it is not empty. */
  readonly missing: readonly MissingCapability[];
  /** What the builder takes, but probably not as intended. */
  readonly warnings: readonly PlanWarning[];
}

/** Chooses how this machine builds a plan. Pure: a dry run and a build get the same result. */
export function chooseInvocation(plan: BuildPlan, capabilities: BuildCapabilities): Invocation {
  const method = chooseMethod(capabilities);
  const output = chooseOutput(plan, capabilities);
  return {
    method,
    output,
    missing: missingCapabilities(plan, capabilities, { method, output }),
    warnings: frontendWarnings(plan, capabilities),
  };
}

/** The engine's own platform; undefined when the engine is not known. */
export function nativePlatform({ engine }: BuildCapabilities): string | undefined {
  return engine === undefined ? undefined : `${engine.os}/${engine.arch}`;
}

/** The equivalent command for one image, whatever the build runs. */
export function equivalentCommand(plan: BuildPlan, image: PlannedImage, output: BuildOutput): string[] {
  const paths: CommandPaths = { dockerfile: plan.dockerfile, context: plan.context };
  if (output.push || plan.builder !== undefined || image.cacheTo !== undefined)
    return ['docker', ...buildxBuildArguments(plan, image, { paths, output })];
  return ['docker', ...dockerBuildArguments(plan, image, paths)];
}

/** The arguments of a bake, which reads the definition from standard input. */
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

/** Named contexts came with buildx 0.8. BuildKit on the engine's classic store prefers the engine's image of that name. */
function canPinImages({ buildx, builder, engine }: BuildCapabilities): boolean {
  if (buildx === undefined || !isAtLeast(buildx.version, '0.8')) return false;
  if (builder !== undefined && builder.driver !== 'docker') return true;
  return engine?.containerdStore === true;
}

function chooseOutput({ platforms }: BuildPlan, capabilities: BuildCapabilities): BuildOutput {
  const [only, ...others] = platforms;
  const pinsImages = canPinImages(capabilities);
  if (only === undefined) return { push: false, pinsImages, platforms: [] };
  const native = nativePlatform(capabilities);
  return { push: others.length > 0 || only !== native, pinsImages, platforms };
}
