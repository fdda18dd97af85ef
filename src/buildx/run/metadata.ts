import { readFile } from 'node:fs/promises';
import { asRecord, asText, parseObject } from '../../lib/json.ts';

/** The metadata that buildx writes for one image. */
export interface ImageMetadata {
  /** `containerimage.digest`: of the manifest or index; of the config when the engine's store has no manifests. */
  readonly digest?: string;
  readonly configDigest?: string;
  /** The media type of the manifest or index. An engine with the classic store sends none. */
  readonly mediaType?: string;
}

/** Reads a bake's metadata file: an object keyed by target, or `null`. Empty when a build made no image and wrote no file. */
export async function readBakeMetadata(file: string): Promise<ReadonlyMap<string, ImageMetadata>> {
  const metadata = parseObject(await readFile(file, 'utf8').catch(() => 'null')) ?? {};
  return new Map(
    Object.entries(metadata).flatMap(([target, value]) => {
      const entry = asRecord(value);
      return entry === undefined ? [] : [[target, toMetadata(entry)] as const];
    }),
  );
}

/** The engine's id of an image, and its digest in a registry, if the builder knows it. */
export function identityOf(
  { digest, configDigest, mediaType }: ImageMetadata,
  how: { readonly pushed: boolean; readonly containerdStore: boolean | undefined; readonly dockerDriver: boolean },
): { digest?: string; imageId?: string } {
  // The classic store creates the manifest at the push. Until then, its digest is that of the config.
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
  const mediaType = asText(asRecord(descriptor)?.mediaType);
  return {
    ...(typeof digest === 'string' ? { digest } : {}),
    ...(typeof configDigest === 'string' ? { configDigest } : {}),
    ...(mediaType === undefined ? {} : { mediaType }),
  };
}
