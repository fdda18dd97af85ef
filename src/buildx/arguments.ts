import type { BuildPlan, PlannedImage, PlannedSecret } from './plan.ts';

/** The paths of a command. They differ from the plan when the runner passes a copy of the Dockerfile. */
export interface CommandPaths {
  readonly dockerfile: string;
  readonly context: string;
  /** The file for --iidfile. */
  readonly iidFile?: string;
}

/** Where the build puts the image: into the registry, or into the engine. */
export interface BuildOutput {
  readonly push: boolean;
  /** Whether the builder takes the digests that images have to have. */
  readonly pinsImages: boolean;
  /** Passed as --platform; empty for the engine's own platform. */
  readonly platforms: readonly string[];
}

/** The arguments of a `docker build` of one image. */
export function dockerBuildArguments(
  plan: BuildPlan,
  image: PlannedImage,
  paths: CommandPaths,
  extra: readonly string[] = [],
): string[] {
  return ['build', ...extra, ...commonArguments(plan, image, paths), paths.context];
}

/** The arguments of a `docker buildx build` of one image. */
export function buildxBuildArguments(
  plan: BuildPlan,
  image: PlannedImage,
  { paths, output, extra = [] }: { paths: CommandPaths; output: BuildOutput; extra?: readonly string[] },
): string[] {
  return [
    'buildx',
    'build',
    output.push ? '--push' : '--load',
    ...(output.platforms.length === 0 ? [] : ['--platform', output.platforms.join(',')]),
    ...(plan.builder === undefined ? [] : ['--builder', plan.builder]),
    ...extra,
    ...commonArguments(plan, image, paths),
    ...(image.cacheTo ?? []).flatMap((cache) => ['--cache-to', cache]),
    paths.context,
  ];
}

/** The value of --secret: `id=NAME,env=NAME` or `id=NAME,src=PATH`, quoted as CSV. */
export function secretSpec(secret: PlannedSecret): string {
  const fields = [`id=${secret.id}`, 'env' in secret ? `env=${secret.env}` : `src=${secret.file}`];
  return fields.map((field) => (/[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',');
}

function commonArguments(plan: BuildPlan, image: PlannedImage, paths: CommandPaths): string[] {
  return [
    '--file',
    paths.dockerfile,
    ...(image.target === undefined ? [] : ['--target', image.target]),
    '--tag',
    image.reference,
    ...Object.entries(image.args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
    ...plan.secrets.flatMap((secret) => ['--secret', secretSpec(secret)]),
    ...(plan.noCache ? ['--no-cache'] : []),
    ...(plan.pull ? ['--pull'] : []),
    ...(image.cacheFrom ?? []).flatMap((cache) => ['--cache-from', cache]),
    ...(paths.iidFile === undefined ? [] : ['--iidfile', paths.iidFile]),
  ];
}
