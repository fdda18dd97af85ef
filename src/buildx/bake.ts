import { type BuildOutput, type CommandPaths, secretSpec } from './arguments.ts';
import type { BuildPlan, PlannedImage } from './plan.ts';

/** A bake file in JSON, the input of `docker buildx bake -f -`. */
export interface BakeDefinition {
  readonly group: { readonly default: { readonly targets: readonly string[] } };
  readonly target: Readonly<Record<string, BakeTarget>>;
}

export interface BakeTarget {
  readonly context: string;
  readonly dockerfile: string;
  readonly contexts?: Readonly<Record<string, string>>;
  readonly target?: string;
  readonly tags: readonly string[];
  readonly args: Readonly<Record<string, string>>;
  readonly platforms?: readonly string[];
  readonly secret?: readonly string[];
  readonly 'no-cache'?: true;
  readonly pull?: true;
  readonly 'cache-from'?: readonly string[];
  readonly 'cache-to'?: readonly string[];
  readonly output: readonly string[];
}

/** Makes one definition for all images of a plan, so that shared stages run once. */
export function bakeDefinition(plan: BuildPlan, paths: CommandPaths, output: BuildOutput): BakeDefinition {
  const names = bakeTargetNames(plan.images);
  return {
    group: { default: { targets: names } },
    target: Object.fromEntries(
      plan.images.map((image, index) => [names[index] ?? '', bakeTarget(plan, image, { paths, output })]),
    ),
  };
}

/**
 * Formats the definition for bake's standard input.
 * Bake reads strings as HCL templates, so `${` and `%{` are escaped. Otherwise bake would expand a build argument `$${X}`.
 */
export function bakeInput(definition: BakeDefinition): string {
  return JSON.stringify(definition, (_key, value: unknown) =>
    typeof value === 'string' ? value.replace(/[$%]\{/g, (start) => `${start[0]}${start}`) : value,
  );
}

/** The bake target names of the images, in their order. A stage name may contain a `.`, a bake target name may not. */
export function bakeTargetNames(images: readonly PlannedImage[]): string[] {
  const taken = new Set<string>();
  return images.map((image) => {
    const wanted = (image.service ?? image.target ?? 'image').replace(/[^A-Za-z0-9_-]/g, '_');
    let name = wanted;
    for (let suffix = 2; taken.has(name); suffix++) name = `${wanted}_${suffix}`;
    taken.add(name);
    return name;
  });
}

/** Named contexts that replace an image by the same one with its digest. */
function contextsOf({ pinned }: BuildPlan): Record<string, string> {
  return Object.fromEntries(
    Object.entries(pinned).map(([image, digest]) => [image, `docker-image://${image}@${digest}`]),
  );
}

function bakeTarget(
  plan: BuildPlan,
  image: PlannedImage,
  { paths, output }: { paths: CommandPaths; output: BuildOutput },
): BakeTarget {
  return {
    context: paths.context,
    dockerfile: paths.dockerfile,
    ...(output.pinsImages && Object.keys(plan.pinned).length > 0 ? { contexts: contextsOf(plan) } : {}),
    ...(image.target === undefined ? {} : { target: image.target }),
    tags: [image.reference],
    args: image.args,
    ...(output.platforms.length === 0 ? {} : { platforms: output.platforms }),
    ...(plan.secrets.length === 0 ? {} : { secret: plan.secrets.map(secretSpec) }),
    ...(plan.noCache ? { 'no-cache': true } : {}),
    ...(plan.pull ? { pull: true } : {}),
    ...(image.cacheFrom === undefined ? {} : { 'cache-from': image.cacheFrom }),
    ...(image.cacheTo === undefined ? {} : { 'cache-to': image.cacheTo }),
    output: [output.push ? 'type=image,push=true' : 'type=docker'],
  };
}
