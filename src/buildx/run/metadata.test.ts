import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityOf, readBakeMetadata } from './metadata.ts';

const MANIFEST = { mediaType: 'application/vnd.docker.distribution.manifest.v2+json' };
const INDEX = { mediaType: 'application/vnd.docker.distribution.manifest.list.v2+json' };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'metadata-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(document: unknown) {
  const file = join(folder, 'metadata.json');
  await writeFile(file, JSON.stringify(document));
  return readBakeMetadata(file);
}

describe('readBakeMetadata', () => {
  it('reads the file of buildx 0.13 with Engine 26 and the containerd store', async () => {
    const metadata = await read({
      api: {
        'buildx.build.ref': 'default/default/shgsqo8ivomhctkhe7h2uo97m',
        'containerimage.config.digest': 'sha256:c0',
        'containerimage.descriptor': { ...MANIFEST, digest: 'sha256:d1', size: 1470 },
        'containerimage.digest': 'sha256:d1',
        'image.name': 'docker.io/bx/one:1',
      },
    });
    expect(metadata.get('api')).toEqual({ digest: 'sha256:d1', configDigest: 'sha256:c0', ...MANIFEST });
  });

  it('is empty for null, an empty file and no file', async () => {
    expect((await read(null)).size).toBe(0);
    expect((await read({ api: null })).size).toBe(0);
    expect((await readBakeMetadata(join(folder, 'none.json'))).size).toBe(0);
  });
});

describe('identityOf', () => {
  const loaded = { pushed: false, containerdStore: true, dockerDriver: true };

  it('takes the manifest digest as the id of a loaded image with the containerd store', () => {
    expect(identityOf({ digest: 'm', configDigest: 'c', ...MANIFEST }, loaded)).toEqual({ digest: 'm', imageId: 'm' });
  });

  it('takes the config digest as the id, and has no digest, with the classic store', () => {
    const classic = { ...loaded, containerdStore: false };
    expect(identityOf({ digest: 'c' }, classic)).toEqual({ imageId: 'c' });
    expect(identityOf({ digest: 'c', configDigest: 'c' }, classic)).toEqual({ imageId: 'c' });
    // A container builder makes a manifest of its own, which the engine does not keep.
    expect(identityOf({ digest: 'm', configDigest: 'c', ...MANIFEST }, { ...classic, dockerDriver: false })).toEqual({
      imageId: 'c',
    });
  });

  it('has the digest of a pushed image or index', () => {
    const pushed = { ...loaded, pushed: true };
    expect(identityOf({ digest: 'm', configDigest: 'c', ...MANIFEST }, pushed)).toEqual({ digest: 'm' });
    expect(identityOf({ digest: 'i', configDigest: 'i', ...INDEX }, pushed)).toEqual({ digest: 'i' });
    expect(identityOf({ digest: 'c', configDigest: 'c' }, { ...pushed, containerdStore: false })).toEqual({});
  });
});
