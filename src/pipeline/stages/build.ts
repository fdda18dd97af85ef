import type { BaseImage } from '../../build/inputs/base-images.ts';
import type { ImageInputs } from '../../build/inputs/image-inputs.ts';
import { type RunContext, type RunImage, servicesOf } from '../run/context.ts';
import type { StageResult } from '../run/run-progress.ts';
import type { StagingTags } from '../run/staging-tags.ts';
import type { ImagePlan } from './image-plan.ts';
import type { PlanStage } from './plan.ts';
import { checkBuilder } from './preflight.ts';

export interface BuildStage extends StageResult {
  /** The digests by public reference. Some are missing with the classic image store, which computes them at the push. */
  readonly built: ReadonlyMap<string, string>;
  /** The build has pushed all images, as a multi-platform build does. */
  readonly pushed: boolean;
  /** What the images were made from, by public reference; empty where that is not kept. */
  readonly inputs: ReadonlyMap<string, ImageInputs>;
}

export interface BuildInput {
  readonly planned: readonly ImagePlan[];
  readonly reread?: PlanStage['reread'];
  /** What the image names of the Dockerfile have to be in the build. */
  readonly bases: ReadonlyMap<string, BaseImage>;
  readonly stagingTags: StagingTags;
}

/** Builds the images under the staging tag. Build arguments such as VERSION have the public tag. */
export async function buildImages(
  context: RunContext,
  { planned, bases, reread, stagingTags }: BuildInput,
): Promise<BuildStage> {
  const { pkg, options, images } = context;
  await checkBuilder(context, images);
  stagingTags.expectInEngine();
  // A build for several platforms, or for another one than the engine's, pushes the images itself.
  if ((options.platforms ?? pkg.image.platforms).length > 0) stagingTags.expectInRegistry();
  const built = new Map<string, string>();
  const inputs = new Map<string, ImageInputs>();
  let pushed = true;
  let total = 0;
  let cached = 0;
  for (const fresh of [false, true]) {
    const group = planned.filter((each) => each.action === 'build' && (each.fresh !== undefined) === fresh);
    if (group.length === 0) continue;
    const result = await buildUnchanging(context, group, { fresh, bases, reread });
    for (const [reference, digest] of result.built) built.set(reference, digest);
    for (const [reference, found] of result.inputs) inputs.set(reference, found);
    pushed &&= result.pushed;
    total += result.steps.total;
    cached += result.steps.cached;
  }
  const many = images.length === 1 ? '1 image' : `${images.length} images`;
  return { built, inputs, pushed, detail: `${many}, ${cached} of ${total} steps from the cache` };
}

/** How often a build is repeated whose base images move meanwhile. */
const MOST_BUILDS = 3;

interface GroupOptions extends Pick<BuildInput, 'bases' | 'reread'> {
  readonly fresh: boolean;
}

/**
 * Builds images, and looks at their inputs again: where the builder takes no digests of base images, it may have used others than
 * those that were compared. Then the build is repeated, with most steps from its cache.
 */
async function buildUnchanging(
  context: RunContext,
  group: readonly ImagePlan[],
  { fresh, bases, reread }: GroupOptions,
) {
  const { progress } = context;
  const images = group.map(({ image }) => image);
  // A build with fresh base images uses what the registry has now.
  const first = fresh ? await reread?.({ pull: true }) : undefined;
  let before = first?.images ?? new Map(group.map(({ image, inputs }) => [image.service, inputs]));
  let pinned = first?.bases ?? bases;
  for (let builds = 1; ; builds++) {
    const result = await buildGroup(context, images, { fresh, bases: pinned });
    const after = await reread?.({ pull: fresh });
    const inputs = new Map<string, ImageInputs>();
    let isMoved = false;
    for (const { reference, service } of images) {
      const now = after?.images.get(service);
      const then = before.get(service);
      if (now === undefined || then === undefined) continue;
      const bases = JSON.stringify(now.images) !== JSON.stringify(then.images);
      isMoved ||= bases;
      const reason = bases ? 'a base image moved during the build' : 'files changed during the build';
      const isSame = now.digest === then.digest;
      const unknown = [...(isSame ? [] : [reason]), ...guessedBases(now, after?.bases), ...now.unknown];
      inputs.set(reference, { ...now, unknown });
      if (!isSame && (!bases || builds === MOST_BUILDS))
        progress.warn(`the next run builds ${reference} again: ${reason}`);
    }
    if (!isMoved || after === undefined || builds === MOST_BUILDS) return { ...result, inputs };
    before = after.images;
    pinned = after.bases;
  }
}

/** Base images whose registry could not be asked: the builder may have found others. */
function guessedBases({ images }: ImageInputs, bases: BuildInput['bases'] = new Map()): string[] {
  return Object.keys(images).flatMap((image) => {
    const base = bases.get(image);
    const isGuess = base !== undefined && 'digest' in base && base.source === 'last-known';
    return isGuess ? [`the registry of ${image} could not be asked during the build`] : [];
  });
}

async function buildGroup(
  { pkg, options, docker, progress, tag, signal }: RunContext,
  group: readonly RunImage[],
  { fresh, bases }: Pick<GroupOptions, 'fresh' | 'bases'>,
) {
  const { platforms, noCache, pull, builder, outputs } = options;
  const build = docker.build(pkg, {
    services: servicesOf(group, options.services),
    tag,
    imageTag: progress.run,
    platforms,
    noCache: fresh || noCache,
    outputs,
    pull,
    builder,
    pinned: pinnedOf(bases),
    signal,
  });
  for await (const event of build) await progress.emit({ type: 'build', event });
  const result = await build.result;
  for (const warning of result.warnings) progress.warn(warning);
  const built = new Map<string, string>();
  for (const { reference, staged } of group) {
    const image = result.images.find((each) => each.reference === staged);
    if (image === undefined) throw new Error(`the build did not produce ${staged}`);
    if (image.digest !== undefined) built.set(reference, image.digest);
    progress.updateImage(reference, { platforms: image.platforms });
  }
  return { built, pushed: result.images.every((image) => image.pushed), steps: result.steps };
}

/**
 * The images that the build has to use: what was compared is what is built. BuildKit finds an image of the engine by its digest only
 * after a build from its tag (measured on 26.1); such an image is looked up again after the build.
 */
function pinnedOf(bases: ReadonlyMap<string, BaseImage>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...bases].flatMap(([image, base]) =>
      'digest' in base && base.source === 'registry' ? [[image, base.digest]] : [],
    ),
  );
}
