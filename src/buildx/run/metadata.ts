import { readFile } from 'node:fs/promises';

/** What buildx wrote about one image. */
export interface ImageMetadata {
  /** `containerimage.digest`: the manifest's or index's, or the config's where the engine's store has no manifests. */
  readonly digest?: string;
  readonly configDigest?: string;
  /** What `digest` is the digest of: a manifest or an index. An engine with the classic store says nothing. */
  readonly mediaType?: string;
}

/**
 * Reads a bake's metadata file: a document keyed by target, or `null`.
 * A build that made no image leaves no file; that is an empty answer.
 */
export async function readBakeMetadata(file: string): Promise<ReadonlyMap<string, ImageMetadata>> {
  const text = await readFile(file, 'utf8').catch(() => 'null');
  const document: unknown = JSON.parse(text);
  if (!isRecord(document)) return new Map();
  return new Map(
    Object.entries(document).flatMap(([target, value]) =>
      isRecord(value) ? [[target, toMetadata(value)] as const] : [],
    ),
  );
}

/** What the engine calls an image, and the digest that a registry has it under, as far as the builder knows. */
export function identityOf(
  { digest, configDigest, mediaType }: ImageMetadata,
  how: { readonly pushed: boolean; readonly containerdStore: boolean | undefined; readonly dockerDriver: boolean },
): { digest?: string; imageId?: string } {
  // The classic store makes manifests when it pushes: what it calls a digest is the config's.
  const isManifest =
    /manifest|index/.test(mediaType ?? '') ||
    (configDigest !== undefined && digest !== undefined && digest !== configDigest);
  const containerdStore = how.containerdStore ?? (how.dockerDriver && isManifest);
  const imageId = containerdStore ? digest : (configDigest ?? digest);
  const known = digest !== undefined && isManifest && (how.pushed || (containerdStore && how.dockerDriver));
  return {
    ...(known ? { digest } : {}),
    ...(how.pushed || imageId === undefined ? {} : { imageId }),
  };
}

function toMetadata(value: Readonly<Record<string, unknown>>): ImageMetadata {
  const digest = value['containerimage.digest'];
  const configDigest = value['containerimage.config.digest'];
  const descriptor = value['containerimage.descriptor'];
  const mediaType = isRecord(descriptor) ? descriptor.mediaType : undefined;
  return {
    ...(typeof digest === 'string' ? { digest } : {}),
    ...(typeof configDigest === 'string' ? { configDigest } : {}),
    ...(typeof mediaType === 'string' ? { mediaType } : {}),
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
