import { isObjDockerError } from '../../errors.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import { type Artifact, getArtifact } from '../artifacts/artifacts.ts';
import type { HarborApi } from '../client/harbor-api.ts';
import type { ArtifactRef, RepositoryRef } from '../refs.ts';

/** One image of an artifact. Harbor scans each image separately. */
export interface ScannableImage {
  /** `linux/amd64`; `unknown` when neither the index nor the image has a platform. */
  readonly platform: string;
  readonly digest: string;
}

/** The type of artifacts that scanners scan. */
export const IMAGE_TYPE = 'IMAGE';

/** Why an artifact of another type has no scan. */
export function unsupportedReason(type: string): string {
  return `no scanner can scan it: it is no image, but of the type ${type}`;
}

/** An artifact and its images that Harbor scans. */
export interface ScannableArtifact {
  readonly artifact: Artifact;
  readonly images: readonly ScannableImage[];
}

/**
 * Finds the images of an artifact: itself, or the platforms of an index without its attestations.
 *
 * @param options `artifact`: the artifact, when it was read a moment ago
 * @throws {ObjDockerError} as {@link getArtifact}
 */
export async function findScannableArtifact(
  api: HarborApi,
  ref: ArtifactRef,
  { artifact: known, ...options }: RequestOptions & { readonly artifact?: Artifact | undefined } = {},
): Promise<ScannableArtifact> {
  const artifact = known ?? (await getArtifact(api, ref, options));
  return { artifact, images: await imagesOf(api, ref, artifact, options) };
}

async function imagesOf(
  api: HarborApi,
  ref: RepositoryRef,
  artifact: Artifact,
  options: RequestOptions,
): Promise<ScannableImage[]> {
  if (artifact.children === undefined) return [{ platform: artifact.platform ?? 'unknown', digest: artifact.digest }];
  const images = await Promise.all(
    artifact.children.map(async ({ digest, platform }) => {
      if (platform !== undefined) return [{ platform, digest }];
      // An entry without a platform is an attestation, a nested index, or an image. Read it, so that no image stays unscanned.
      const child = await findChild(api, { ...ref, reference: digest }, options);
      if (child?.children !== undefined) return imagesOf(api, ref, child, options);
      return child?.platform === undefined ? [] : [{ platform: child.platform, digest }];
    }),
  );
  const seen = new Set<string>();
  return images.flat().filter(({ digest }) => !seen.has(digest) && seen.add(digest));
}

async function findChild(api: HarborApi, ref: ArtifactRef, options: RequestOptions): Promise<Artifact | undefined> {
  try {
    return await getArtifact(api, ref, options);
  } catch (error) {
    if (isObjDockerError(error) && error.code === 'ARTIFACT_NOT_FOUND') return undefined;
    throw error;
  }
}
