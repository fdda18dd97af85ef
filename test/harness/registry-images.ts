import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { docker } from './sandbox.ts';

export interface LayeredImages extends AsyncDisposable {
  /** Full references, in the order of the push. */
  readonly references: readonly string[];
}

/**
 * Builds images whose layers are random bytes, so that no registry has them yet: a base layer for all, a layer for
 * every two images, and a layer for each image.
 */
export async function buildLayeredImages(
  repository: string,
  {
    count = 4,
    baseBytes = 8_000_000,
    env = {},
  }: { count?: number; baseBytes?: number; env?: Record<string, string | undefined> } = {},
): Promise<LayeredImages> {
  const context = mkdtempSync(join(tmpdir(), 'objdocker-images-'));
  const lines = ['FROM scratch AS base', 'COPY base /base'];
  const write = (name: string, bytes: number) => writeFileSync(join(context, name), randomBytes(bytes));
  write('base', baseBytes);
  for (let tier = 0; tier * 2 < count; tier++) {
    write(`tier${tier}`, 2_000_000);
    lines.push(`FROM base AS tier${tier}`, `COPY tier${tier} /tier`);
  }
  for (let image = 0; image < count; image++) {
    write(`own${image}`, 200_000);
    lines.push(`FROM tier${Math.floor(image / 2)} AS image${image}`, `COPY own${image} /own`);
  }
  writeFileSync(join(context, 'Dockerfile'), lines.join('\n'));
  const references: string[] = [];
  const own = { DOCKER_BUILDKIT: '1', BUILDX_NO_DEFAULT_ATTESTATIONS: '1', ...env };
  for (let image = 0; image < count; image++) {
    references.push(`${repository}/image${image}:1.0`);
    await docker(['build', '-q', '--target', `image${image}`, '-t', `${repository}/image${image}:1.0`, context], own);
  }
  rmSync(context, { recursive: true, force: true });
  return {
    references,
    async [Symbol.asyncDispose]() {
      await docker(['rmi', '--force', ...references], env);
    },
  };
}
