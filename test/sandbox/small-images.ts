import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { TestHarbor } from '../harness/harbor-server.ts';

const OCI = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.oci.image.layer.v1.tar+gzip',
] as const;

const DOCKER = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.container.image.v1+json',
  'application/vnd.docker.image.rootfs.diff.tar.gzip',
] as const;

export interface SmallImage {
  /** `axion/services/api` */
  readonly repository: string;
  /** Without a tag the image has only its digest. */
  readonly tag?: string;
  readonly platform?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** The files of its only layer, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Uses Docker's media types instead of OCI's. */
  readonly docker?: boolean;
  /** A config of another artifact type than an image. */
  readonly config?: { readonly type: string; readonly content: object };
}

/** Pushes an image of a few bytes through the registry API. @returns its digest */
export async function pushImage(harbor: TestHarbor, image: SmallImage): Promise<string> {
  const [os, architecture] = (image.platform ?? 'linux/amd64').split('/');
  const unique = `${image.repository} ${image.tag} ${image.platform} ${Math.random()}`;
  const layer = gzipSync(tar({ unique, ...image.files }));
  const [manifestType, configType, layerType] = image.docker === true ? DOCKER : OCI;
  const config = Buffer.from(
    JSON.stringify(
      image.config?.content ?? {
        architecture,
        os,
        author: 'test',
        created: '2026-01-01T10:00:00Z',
        config: { Env: ['PATH=/usr/bin'], ...(image.labels === undefined ? {} : { Labels: image.labels }) },
        rootfs: { type: 'layers', diff_ids: [] },
        history: [{ created: '2026-01-01T10:00:00Z', comment: 'test image' }],
      },
    ),
  );
  const described = async (bytes: Buffer, mediaType: string) => {
    await pushBlob(harbor, image.repository, bytes);
    return { mediaType, digest: digestOf(bytes), size: bytes.length };
  };
  return pushManifest(harbor, image.repository, image.tag, {
    schemaVersion: 2,
    mediaType: manifestType,
    config: await described(config, image.config?.type ?? configType),
    layers: [await described(layer, layerType)],
  });
}

/** Pushes an index of images that are already in the repository. */
export function pushIndex(
  harbor: TestHarbor,
  repository: string,
  tag: string,
  children: readonly { readonly digest: string; readonly platform: string }[],
  { docker = false }: { readonly docker?: boolean } = {},
): Promise<string> {
  return pushManifest(harbor, repository, tag, {
    schemaVersion: 2,
    mediaType: docker
      ? 'application/vnd.docker.distribution.manifest.list.v2+json'
      : 'application/vnd.oci.image.index.v1+json',
    manifests: children.map(({ digest, platform }) => {
      const [os, architecture] = platform.split('/');
      return { mediaType: docker ? DOCKER[0] : OCI[0], digest, size: 100, platform: { os, architecture } };
    }),
  });
}

/** Pushes a manifest by tag or by digest. */
export async function pushManifest(
  harbor: TestHarbor,
  repository: string,
  tag: string | undefined,
  manifest: { readonly mediaType: string } & Readonly<Record<string, unknown>>,
): Promise<string> {
  const body = JSON.stringify(manifest);
  const digest = digestOf(Buffer.from(body));
  const response = await harbor.api('PUT', `/v2/${repository}/manifests/${tag ?? digest}`, {
    body,
    headers: { 'Content-Type': manifest.mediaType },
  });
  if (response.status !== 201) throw new Error(`manifest push failed: ${response.status} ${await response.text()}`);
  return digest;
}

export async function pushBlob(harbor: TestHarbor, repository: string, bytes: Buffer): Promise<void> {
  const start = await harbor.api('POST', `/v2/${repository}/blobs/uploads/`);
  const location = new URL(start.headers.get('location') ?? '', harbor.url);
  location.searchParams.set('digest', digestOf(bytes));
  const response = await harbor.api('PUT', location.pathname + location.search, {
    body: bytes,
    headers: { 'Content-Type': 'application/octet-stream' },
  });
  if (response.status !== 201) throw new Error(`blob push failed: ${response.status} ${await response.text()}`);
}

export const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

function tar(files: Readonly<Record<string, string>>): Buffer {
  const blocks = Object.entries(files).flatMap(([name, content]) => {
    const header = Buffer.alloc(512);
    header.write(name);
    header.write('0000644\0', 100);
    header.write(`${Buffer.byteLength(content).toString(8).padStart(11, '0')}\0`, 124);
    header.write('0', 156);
    header.write('ustar\0', 257);
    const padded = Buffer.alloc(Math.ceil(Buffer.byteLength(content) / 512) * 512);
    padded.write(content);
    return [header, padded];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
