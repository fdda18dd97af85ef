import { ObjDockerError } from '../../errors.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import { shortDigest } from '../../lib/text/words.ts';
import type { SbomImage, SbomReport } from '../../model/sbom.ts';
import type { HarborApi } from '../client/harbor-api.ts';
import { fullPace, startDeadline, type WaitOptions } from '../client/waiting.ts';
import { type ArtifactRef, formatRef, type RepositoryRef } from '../refs.ts';
import {
  findScannableArtifact,
  IMAGE_TYPE,
  type ScannableArtifact,
  type ScannableImage,
  unsupportedReason,
} from '../scan/images.ts';
import { findScannerProblem } from '../scan/scanner.ts';
import { requireVersion } from '../version.ts';
import { readDocument } from './document.ts';
import { generateSbom } from './generate.ts';
import { getSbomOverview, isOpen, type SbomOverview } from './overview.ts';
import { packagesOf } from './spdx.ts';

export interface SbomOptions extends WaitOptions {
  /** One platform of an index, such as `linux/arm64`. @default all */
  readonly platform?: string | undefined;
  /** Has the scanner generate the SBOM anew, and waits for it. @default false */
  readonly trigger?: boolean | undefined;
  /** With `trigger`: how long to wait, in milliseconds. @default 900000 (15 minutes) */
  readonly timeoutMs?: number | undefined;
  /** Called each time that Harbor is not available during the wait. */
  readonly onTrouble?: ((message: string) => void) | undefined;
}

const DEFAULT_TIMEOUT_MS = 15 * 60_000;

/**
 * The SBOM of each image of an artifact. Harbor has it as an accessory of the image; an index has none of its own.
 *
 * @throws {ObjDockerError} SBOM_NOT_FOUND, SBOM_FAILED, SCANNER_MISSING, SCANNER_DOWN, SCAN_UNSUPPORTED; REGISTRY_TOO_OLD before
 * Harbor 2.11; PLATFORM_INVALID for a platform that the artifact does not have; TIMEOUT
 */
export async function readSbom(api: HarborApi, ref: ArtifactRef, options: SbomOptions = {}): Promise<SbomReport> {
  const { platform, trigger = false, timeoutMs = DEFAULT_TIMEOUT_MS, pace, signal, onTrouble } = options;
  await requireVersion(api, '2.11', 'has no SBOMs', { signal });
  const found = await findScannableArtifact(api, ref, { signal });
  const images = chooseImages(ref, found, platform);
  const overviewOf = trigger
    ? await generateAll(api, ref, images, {
        timeoutMs,
        pace: fullPace(pace),
        signal: signal ?? new AbortController().signal,
        onTrouble: ({ message }) => onTrouble?.(message),
      })
    : undefined;
  const { artifact } = found;
  return {
    repository: `${ref.project}/${ref.repository}`,
    tags: artifact.tags.map(({ name }) => name),
    digest: artifact.digest,
    images: await Promise.all(
      images.map(async (image) => {
        const at = { ...ref, reference: image.digest };
        const overview = overviewOf?.get(image) ?? (await getSbomOverview(api, at, { signal }));
        return readImageSbom(api, ref, { image, overview }, { signal });
      }),
    ),
  };
}

function chooseImages(
  ref: ArtifactRef,
  { artifact, images }: ScannableArtifact,
  platform: string | undefined,
): readonly ScannableImage[] {
  if (artifact.type !== IMAGE_TYPE || images.length === 0) {
    const reason = artifact.type === IMAGE_TYPE ? 'it contains no image' : unsupportedReason(artifact.type);
    throw new ObjDockerError('SCAN_UNSUPPORTED', `${formatRef(ref)} has no SBOM: ${reason}`, {
      hint: 'Only images have SBOMs.',
    });
  }
  if (platform === undefined) return images;
  const chosen = images.filter((image) => image.platform === platform);
  if (chosen.length > 0) return chosen;
  const platforms = images.map((image) => image.platform);
  throw new ObjDockerError('PLATFORM_INVALID', `${formatRef(ref)} has no image for ${platform}`, {
    hint: `It has ${platforms.join(', ')}.`,
    details: { platforms },
  });
}

/** Generates the SBOMs of several images at once, with one deadline. */
async function generateAll(
  api: HarborApi,
  ref: ArtifactRef,
  images: readonly ScannableImage[],
  { timeoutMs, signal, ...options }: Parameters<typeof generateSbom>[2] & { readonly timeoutMs: number },
): Promise<ReadonlyMap<ScannableImage, SbomOverview>> {
  const deadline = startDeadline(timeoutMs, signal);
  // An error ends the other waits.
  const failed = new AbortController();
  const waiting = AbortSignal.any([deadline.signal, failed.signal]);
  try {
    return new Map(
      await Promise.all(
        images.map(async (image) => {
          const at = { ...ref, reference: image.digest };
          return [image, await generateSbom(api, at, { ...options, signal: waiting })] as const;
        }),
      ),
    );
  } catch (error) {
    if (!deadline.over()) throw error;
    const seconds = Math.round(timeoutMs / 1000);
    throw new ObjDockerError('TIMEOUT', `the SBOM of ${formatRef(ref)} was not generated within ${seconds} s`, {
      hint: `Harbor continues. Show it later: objdocker harbor-sbom ${ref.repository}`,
      details: { repository: `${ref.project}/${ref.repository}`, reference: ref.reference },
      cause: error,
    });
  } finally {
    failed.abort();
    deadline.end();
  }
}

interface ImageAndOverview {
  readonly image: ScannableImage;
  readonly overview: SbomOverview | undefined;
}

async function readImageSbom(
  api: HarborApi,
  ref: RepositoryRef,
  { image, overview }: ImageAndOverview,
  options: RequestOptions,
): Promise<SbomImage> {
  const { digest } = overview ?? {};
  const document = digest === undefined ? undefined : await readDocument(api, { ...ref, reference: digest }, options);
  if (digest === undefined || document === undefined) throw await missing(api, ref, { image, overview }, options);
  const created = document.creationInfo?.created;
  return {
    platform: image.platform,
    digest: image.digest,
    sbom: digest,
    ...(created ? { created } : {}),
    packages: packagesOf(document),
    document,
  };
}

/** Why an image has no SBOM. */
async function missing(
  api: HarborApi,
  ref: RepositoryRef,
  { image, overview }: ImageAndOverview,
  options: RequestOptions,
): Promise<ObjDockerError> {
  const { project, repository } = ref;
  const at = formatRef({ project, repository, reference: image.digest });
  const details = { repository: `${project}/${repository}`, digest: image.digest, platform: image.platform };
  const trigger = `objdocker harbor-sbom ${repository}@${shortDigest(image.digest)} --trigger`;
  const name = `${at} (${image.platform})`;
  if (overview !== undefined && isOpen(overview)) {
    return new ObjDockerError('SBOM_NOT_FOUND', `the SBOM of ${name} is being generated`, {
      hint: `Wait for it: ${trigger}`,
      details,
    });
  }
  if (overview !== undefined && overview.status !== 'Success') {
    const what = overview.status === 'Stopped' ? 'was stopped' : 'failed';
    return new ObjDockerError('SBOM_FAILED', `the generation of the SBOM of ${name} ${what}`, {
      hint: `Try again: ${trigger}. Harbor has the log of the scanner.`,
      details,
    });
  }
  const problem = await findScannerProblem(api, project, options);
  if (problem !== undefined) {
    const code = problem.kind === 'down' ? 'SCANNER_DOWN' : 'SCANNER_MISSING';
    return new ObjDockerError(code, `Harbor shows no SBOM of ${name} now: ${problem.reason}`, {
      hint: "Check the scanner. Harbor's components: objdocker registry",
      details,
    });
  }
  return new ObjDockerError('SBOM_NOT_FOUND', `${name} has no SBOM`, {
    hint: `Have it generated: ${trigger}. With auto_sbom in config.yaml, Harbor generates one for each image that is pushed.`,
    details,
  });
}
