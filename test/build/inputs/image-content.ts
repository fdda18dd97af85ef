import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import * as z from 'zod';
import { readTar } from './tar.ts';

const descriptor = z.object({ digest: z.string() });
const manifestSchema = z.object({ config: descriptor, layers: z.array(descriptor) });
const indexSchema = z.object({ manifests: z.array(descriptor) });
const configSchema = z.object({ config: z.looseObject({}) });

/**
 * What an image makes of a container, as text: the entries of each layer and the configuration, without times and labels.
 *
 * @param archive an OCI layout as a tar archive, with one image without attestations
 */
export function imageContent(archive: Buffer): string {
  const files = new Map(readTar(archive).map(({ name, content }) => [name, content]));
  const blob = ({ digest }: { readonly digest: string }): Buffer => {
    const content = files.get(`blobs/${digest.replace(':', '/')}`);
    if (content === undefined) throw new Error(`the archive has no ${digest}`);
    return content;
  };
  const json = (content: Buffer): unknown => JSON.parse(content.toString('utf8'));
  const [image] = indexSchema.parse(json(files.get('index.json') ?? Buffer.from('{}'))).manifests;
  if (image === undefined) throw new Error('the archive has no image');
  const manifest = manifestSchema.parse(json(blob(image)));
  const { Labels: _labels, ...config } = configSchema.parse(json(blob(manifest.config))).config;
  const layers = manifest.layers.map((layer) =>
    readTar(gunzipSync(blob(layer)))
      .map(({ content, ...entry }) => JSON.stringify([entry, createHash('sha256').update(content).digest('hex')]))
      .sort(),
  );
  return JSON.stringify([config, layers]);
}
