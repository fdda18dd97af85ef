import type { BuildPlan, PlannedImage, PlannedSecret } from './plan.ts';

/** Where a command differs from the plan: the runner puts a copy of the Dockerfile and its own files in their place. */
export interface CommandPaths {
  readonly dockerfile: string;
  readonly context: string;
  /** Where the image's id is written to. */
  readonly iidFile?: string;
}

/** How the image leaves the build. */
export interface BuildOutput {
  readonly push: boolean;
  /** Handed over as --platform; empty leaves it to the engine. */
  readonly platforms: readonly string[];
}

/** What follows `docker` in a `docker build` of one image. */
export function dockerBuildArguments(
  plan: BuildPlan,
  image: PlannedImage,
  paths: CommandPaths,
  extra: readonly string[] = [],
): string[] {
  return ['build', ...extra, ...commonArguments(plan, image, paths), ...endOf(paths)];
}

/** What follows `docker` in a `docker buildx build` of one image. */
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
    ...plan.cacheTo.flatMap((cache) => ['--cache-to', cache]),
    ...endOf(paths),
  ];
}

/** `id=…,env=…` or `id=…,src=…`, quoted as the CSV that docker reads it as. */
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
    ...plan.cacheFrom.flatMap((cache) => ['--cache-from', cache]),
    ...(paths.iidFile === undefined ? [] : ['--iidfile', paths.iidFile]),
  ];
}

function endOf({ context }: CommandPaths): string[] {
  return [context];
}
