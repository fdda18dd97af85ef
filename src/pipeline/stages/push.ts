import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import type { Artifact } from '../../harbor/harbor.ts';
import { formatBytes } from '../../lib/text/bytes.ts';
import { fetchManifest } from '../../release/store/registry-tags.ts';
import { readTag } from '../../release/store/tag-store.ts';
import { type ReadyContext, type RunImage, servicesOf } from '../run/context.ts';
import type { EarlierReports } from '../run/earlier-reports.ts';
import { repositoryOf } from '../run/open-registry.ts';
import type { StageResult } from '../run/run-progress.ts';
import type { StagingTags } from '../run/staging-tags.ts';

export interface PushStage extends StageResult {
  /** By public reference. */
  readonly pushed: ReadonlyMap<string, PushedImage>;
}

export interface PushedImage {
  /** Of the index, or of the single image. */
  readonly digest: string;
  /** Without attestations; empty where the registry does not tell. */
  readonly platforms: readonly { readonly platform: string; readonly digest: string }[];
  readonly sizeBytes?: number;
  /** What Harbor said of it when it was described. */
  readonly artifact?: Artifact;
}

export interface PushInput {
  /** The digests of the build, by public reference. */
  readonly built: ReadonlyMap<string, string>;
  readonly stagingTags: StagingTags;
  readonly earlierReports: EarlierReports | undefined;
}

/** Pushes the images from the engine under the staging tag. */
export async function pushImages(
  context: ReadyContext,
  { built, stagingTags, earlierReports }: PushInput,
): Promise<PushStage> {
  const { pkg, options, docker, progress, images, tag, signal } = context;
  await earlierReports?.read(built);
  stagingTags.expectInRegistry();
  const push = docker.push(pkg, {
    services: servicesOf(images, options.services),
    tag,
    imageTag: progress.run,
    signal,
  });
  for await (const event of push) await progress.emit({ type: 'push', event });
  const { images: pushed, bytesSent, warnings } = await push.result;
  for (const warning of warnings) progress.warn(warning);
  const digests = new Map<string, string>();
  for (const { reference, staged } of images) {
    const digest = pushed.find((image) => image.reference === staged)?.digest;
    if (digest !== undefined) digests.set(reference, digest);
  }
  const described = await describePushed(context, digests);
  const many = images.length === 1 ? '1 image' : `${images.length} images`;
  return { pushed: described, detail: bytesSent === 0 ? many : `${many}, ${formatBytes(bytesSent)} sent` };
}

/** Finds the images that the build has pushed, as a multi-platform build does. */
export async function findPushed(context: ReadyContext, built: ReadonlyMap<string, string>): Promise<PushStage> {
  const { images, progress, registry, signal } = context;
  const found = await Promise.all(
    images.map(async ({ reference, repository, staged }) => {
      const digest = built.get(reference) ?? (await readTag(registry.store, repository, progress.run, { signal }));
      if (digest !== undefined) return [reference, digest] as const;
      throw new ObjDockerError('PUSH_FAILED', `the build pushed ${staged}, but the registry has no such tag`, {
        hint: 'Somebody or a retention rule of the registry may have removed it.',
      });
    }),
  );
  return { pushed: await describePushed(context, new Map(found)), detail: 'pushed by the build' };
}

/** Records size and platforms of the images. They are for people: a failure does not stop the run. */
async function describePushed(
  context: ReadyContext,
  digests: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, PushedImage>> {
  const { images, progress } = context;
  const described = await Promise.all(
    images.map(async (image): Promise<(readonly [string, PushedImage])[]> => {
      const { reference } = image;
      const digest = digests.get(reference);
      if (digest === undefined) return [];
      progress.updateImage(reference, { digest });
      try {
        const pushed = await describeImage(context, image, digest);
        const { sizeBytes } = pushed;
        const platforms = pushed.platforms.map(({ platform }) => platform);
        progress.updateImage(reference, {
          ...(sizeBytes === undefined ? {} : { sizeBytes }),
          ...(platforms.length === 0 ? {} : { platforms }),
        });
        return [[reference, pushed]];
      } catch (error) {
        if (!isObjDockerError(error) || error.code === 'CANCELLED') throw error;
        return [[reference, { digest, platforms: [] }]];
      }
    }),
  );
  return new Map(described.flat());
}

/**
 * An image that the registry has.
 *
 * @param known what Harbor has just said of it
 * @throws {ObjDockerError} ARTIFACT_NOT_FOUND, REPOSITORY_NOT_FOUND
 */
export async function describeImage(
  { registry, signal }: ReadyContext,
  { repository }: RunImage,
  digest: string,
  known?: Artifact | undefined,
): Promise<PushedImage> {
  const { project } = registry;
  if (project === undefined) {
    const manifest = await fetchManifest(registry.registry, repository, digest, { signal });
    const platforms = (manifest.entries ?? []).filter(({ platform }) => isReal(platform));
    return { digest, platforms: platforms.map((entry) => ({ platform: entry.platform, digest: entry.digest })) };
  }
  const artifact = known ?? (await repositoryOf(project, repository).getArtifact(digest, { signal }));
  const children = artifact.children ?? [{ digest, platform: artifact.platform ?? '' }];
  return {
    digest,
    sizeBytes: artifact.size,
    artifact,
    platforms: children.flatMap(({ platform = '', ...child }) =>
      isReal(platform) ? [{ platform, digest: child.digest }] : [],
    ),
  };
}

function isReal(platform: string): boolean {
  return platform !== '' && !platform.startsWith('unknown');
}
