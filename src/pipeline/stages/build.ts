import type { RunContext } from '../run/context.ts';
import type { StageResult } from '../run/record.ts';
import type { Staging } from '../run/staging.ts';

export interface BuildStage extends StageResult {
  /** The digests that the builder knows, by public reference: an engine with the classic store makes them at the push. */
  readonly built: ReadonlyMap<string, string>;
  /** The build has pushed them all, as one for several platforms does. */
  readonly pushed: boolean;
}

/** Builds the images under the staging tag; all that they are told, VERSION too, is of the public one. */
export async function buildImages(context: RunContext, staging: Staging): Promise<BuildStage> {
  const { pkg, options, machine, record, images, tag, signal } = context;
  const { services, platforms, noCache, pull, builder } = options;
  staging.startInEngine();
  // One for several platforms, or another than the engine's, pushes them itself.
  if ((platforms ?? pkg.image.platforms).length > 0) staging.startInRegistry();
  const build = machine.docker.build(pkg, {
    services,
    tag,
    imageTag: record.run,
    platforms,
    noCache,
    pull,
    builder,
    signal,
  });
  for await (const event of build) await record.emit({ type: 'build', event });
  const result = await build.result;
  for (const warning of result.warnings) record.warn(warning);
  const built = new Map<string, string>();
  for (const { reference, staged } of images) {
    const image = result.images.find((made) => made.reference === staged);
    if (image === undefined) throw new Error(`the build made no ${staged}`);
    if (image.digest !== undefined) built.set(reference, image.digest);
    record.learn(reference, { platforms: image.platforms });
  }
  const { total, cached } = result.steps;
  const many = images.length === 1 ? '1 image' : `${images.length} images`;
  return {
    built,
    pushed: result.images.every(({ pushed }) => pushed),
    detail: `${many}, ${cached} of ${total} steps from the cache`,
  };
}
