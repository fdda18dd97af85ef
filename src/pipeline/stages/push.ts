import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import { formatBytes } from '../../lib/text/bytes.ts';
import type { ReadyContext, RunImage } from '../run/context.ts';
import type { EarlierReports } from '../run/earlier-reports.ts';
import { repositoryOf } from '../run/open-registry.ts';
import type { StageResult } from '../run/run-record.ts';
import type { StagingTags } from '../run/staging-tags.ts';

export interface PushStage extends StageResult {
  /** The pushed digests, by public reference. */
  readonly digests: ReadonlyMap<string, string>;
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
  const { pkg, options, docker, record, images, tag, signal } = context;
  await earlierReports?.read(built);
  stagingTags.expectInRegistry();
  const push = docker.push(pkg, { services: options.services, tag, imageTag: record.run, signal });
  for await (const event of push) await record.emit({ type: 'push', event });
  const { images: pushed, bytesSent, warnings } = await push.result;
  for (const warning of warnings) record.warn(warning);
  const digests = new Map<string, string>();
  for (const { reference, staged } of images) {
    const digest = pushed.find((image) => image.reference === staged)?.digest;
    if (digest !== undefined) digests.set(reference, digest);
  }
  await describePushed(context, digests);
  const many = images.length === 1 ? '1 image' : `${images.length} images`;
  return { digests, detail: bytesSent === 0 ? many : `${many}, ${formatBytes(bytesSent)} sent` };
}

/** Finds the images that the build has pushed, as a multi-platform build does. */
export async function findPushed(context: ReadyContext, built: ReadonlyMap<string, string>): Promise<PushStage> {
  const { images, record, registry, signal } = context;
  const found = await Promise.all(
    images.map(async ({ reference, repository, staged }) => {
      const digest = built.get(reference) ?? (await registry.store.read(repository, record.run, { signal }));
      if (digest !== undefined) return [reference, digest] as const;
      throw new ObjDockerError('PUSH_FAILED', `the build pushed ${staged}, but the registry has no such tag`, {
        hint: 'Somebody or a retention rule of the registry may have removed it.',
      });
    }),
  );
  const digests = new Map(found);
  await describePushed(context, digests);
  return { digests, detail: 'pushed by the build' };
}

/** Records size and platforms of the images. They are for people: a failure does not stop the run. */
async function describePushed(context: ReadyContext, digests: ReadonlyMap<string, string>): Promise<void> {
  const { images, record } = context;
  await Promise.all(
    images.map(async (image) => {
      const digest = digests.get(image.reference);
      if (digest === undefined) return;
      record.updateImage(image.reference, { digest });
      try {
        await describeOne(context, image, digest);
      } catch (error) {
        if (!isObjDockerError(error) || error.code === 'CANCELLED') throw error;
      }
    }),
  );
}

async function describeOne(
  { registry, record, signal }: ReadyContext,
  { reference, repository }: RunImage,
  digest: string,
): Promise<void> {
  const { project } = registry;
  if (project === undefined) {
    const manifest = await registry.registry.getManifest(repository, digest, { signal });
    const platforms = manifest?.entries?.map(({ platform }) => platform).filter(isReal);
    if (platforms !== undefined && platforms.length > 0) record.updateImage(reference, { platforms });
    return;
  }
  const artifact = await repositoryOf(project, repository).getArtifact(digest, { signal });
  const platforms = artifact.children?.flatMap(({ platform }) => platform ?? []) ?? [artifact.platform ?? ''];
  record.updateImage(reference, {
    sizeBytes: artifact.size,
    ...(platforms.some(isReal) ? { platforms: platforms.filter(isReal) } : {}),
  });
}

function isReal(platform: string): boolean {
  return platform !== '' && !platform.startsWith('unknown');
}
