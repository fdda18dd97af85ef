import type { BaseImage } from '../../build/inputs/base-images.ts';
import { type RunContext, type RunImage, servicesOf } from '../run/context.ts';
import type { StageResult } from '../run/run-record.ts';
import type { StagingTags } from '../run/staging-tags.ts';
import type { ImagePlan } from './plan.ts';

export interface BuildStage extends StageResult {
  /** The digests by public reference. Some are missing with the classic image store, which computes them at the push. */
  readonly built: ReadonlyMap<string, string>;
  /** The build has pushed all images, as a multi-platform build does. */
  readonly pushed: boolean;
}

export interface BuildInput {
  readonly planned: readonly ImagePlan[];
  /** What the image names of the Dockerfile have to be in the build. */
  readonly bases: ReadonlyMap<string, BaseImage>;
  readonly stagingTags: StagingTags;
}

/** Builds the images under the staging tag. Build arguments such as VERSION have the public tag. */
export async function buildImages(
  context: RunContext,
  { planned, bases, stagingTags }: BuildInput,
): Promise<BuildStage> {
  const { pkg, options, images } = context;
  stagingTags.expectInEngine();
  // A build for several platforms, or for another one than the engine's, pushes the images itself.
  if ((options.platforms ?? pkg.image.platforms).length > 0) stagingTags.expectInRegistry();
  const groups = [false, true].map((fresh) =>
    planned.flatMap((each) => (each.action === 'build' && (each.fresh ?? false) === fresh ? [each.image] : [])),
  );
  const built = new Map<string, string>();
  let pushed = true;
  let total = 0;
  let cached = 0;
  for (const [index, group] of groups.entries()) {
    if (group.length === 0) continue;
    const result = await buildGroup(context, group, { fresh: index === 1, bases });
    for (const [reference, digest] of result.built) built.set(reference, digest);
    pushed &&= result.pushed;
    total += result.steps.total;
    cached += result.steps.cached;
  }
  const many = images.length === 1 ? '1 image' : `${images.length} images`;
  return { built, pushed, detail: `${many}, ${cached} of ${total} steps from the cache` };
}

async function buildGroup(
  { pkg, options, docker, record, tag, signal }: RunContext,
  group: readonly RunImage[],
  { fresh, bases }: { readonly fresh: boolean; readonly bases: ReadonlyMap<string, BaseImage> },
) {
  const { platforms, noCache, pull, builder, outputs } = options;
  const build = docker.build(pkg, {
    services: servicesOf(group, options.services),
    tag,
    imageTag: record.run,
    platforms,
    noCache: fresh || noCache,
    outputs,
    pull: fresh || pull,
    builder,
    pinned: fresh ? undefined : pinnedOf(bases),
    signal,
  });
  for await (const event of build) await record.emit({ type: 'build', event });
  const result = await build.result;
  for (const warning of result.warnings) record.warn(warning);
  const built = new Map<string, string>();
  for (const { reference, staged } of group) {
    const image = result.images.find((each) => each.reference === staged);
    if (image === undefined) throw new Error(`the build did not produce ${staged}`);
    if (image.digest !== undefined) built.set(reference, image.digest);
    record.updateImage(reference, { platforms: image.platforms });
  }
  return { built, pushed: result.images.every((image) => image.pushed), steps: result.steps };
}

/** The images that the build has to use: what was compared is what is built. */
function pinnedOf(bases: ReadonlyMap<string, BaseImage>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...bases].flatMap(([image, base]) =>
      'unknown' in base || base.source === 'name' || base.source === 'last-known' ? [] : [[image, base.digest]],
    ),
  );
}
