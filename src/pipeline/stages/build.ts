import type { RunContext } from '../run/context.ts';
import type { StageResult } from '../run/run-record.ts';
import type { StagingTags } from '../run/staging-tags.ts';

export interface BuildStage extends StageResult {
  /** The digests by public reference. Some are missing with the classic image store, which computes them at the push. */
  readonly built: ReadonlyMap<string, string>;
  /** The build has pushed all images, as a multi-platform build does. */
  readonly pushed: boolean;
}

/** Builds the images under the staging tag. Build arguments such as VERSION have the public tag. */
export async function buildImages(context: RunContext, stagingTags: StagingTags): Promise<BuildStage> {
  const { pkg, options, docker, record, images, tag, signal } = context;
  const { services, platforms, noCache, pull, builder, outputs } = options;
  stagingTags.expectInEngine();
  // A build for several platforms, or for another one than the engine's, pushes the images itself.
  if ((platforms ?? pkg.image.platforms).length > 0) stagingTags.expectInRegistry();
  const build = docker.build(pkg, {
    services,
    tag,
    imageTag: record.run,
    platforms,
    noCache,
    outputs,
    pull,
    builder,
    signal,
  });
  for await (const event of build) await record.emit({ type: 'build', event });
  const result = await build.result;
  for (const warning of result.warnings) record.warn(warning);
  const built = new Map<string, string>();
  for (const { reference, staged } of images) {
    const image = result.images.find((each) => each.reference === staged);
    if (image === undefined) throw new Error(`the build did not produce ${staged}`);
    if (image.digest !== undefined) built.set(reference, image.digest);
    record.updateImage(reference, { platforms: image.platforms });
  }
  const { total, cached } = result.steps;
  const many = images.length === 1 ? '1 image' : `${images.length} images`;
  return {
    built,
    pushed: result.images.every(({ pushed }) => pushed),
    detail: `${many}, ${cached} of ${total} steps from the cache`,
  };
}
