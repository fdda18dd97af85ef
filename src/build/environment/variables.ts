import type { BuildPlan, PlanWarning } from '../../buildx/plan.ts';
import type { Package } from '../../config/package.ts';
import type { EnvironmentVariables } from '../../lib/process/exec.ts';

/** The builder of a package's builds: that of an option, of the config, or of BUILDX_BUILDER. Undefined for buildx's own choice. */
export function builderFor(
  { image }: Package,
  option: string | undefined,
  env: EnvironmentVariables,
): string | undefined {
  return option ?? image.builder ?? (env.BUILDX_BUILDER || undefined);
}

/** Warns of a variable that docker would read, and that no build of ObjDocker gets: the config decides. */
export function variableWarnings(
  { platforms }: Pick<BuildPlan, 'platforms'>,
  env: EnvironmentVariables,
): PlanWarning[] {
  const { DOCKER_DEFAULT_PLATFORM: platform } = env;
  if (!platform || platforms.length > 0) return [];
  return [
    {
      message: `DOCKER_DEFAULT_PLATFORM=${platform} has no effect: the images are built for the platform of the engine`,
      hint: `To build for it: --platform ${platform}, or image.platforms in config.yaml.`,
    },
  ];
}
