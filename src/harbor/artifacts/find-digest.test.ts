import { expect, test } from 'vitest';
import { openTestHarbor } from '../../../test/harness/harbor-client.ts';
import { serve } from '../../../test/harness/registry-server.ts';

const digest = (start: string) => `sha256:${start.padEnd(64, '0')}`;
const [IMAGE, INDEX, CHILD, SBOM] = ['4fc5a1b2', '9d00000a', '4fc5a1b3', 'eeeeeee1'].map(digest) as [
  string,
  string,
  string,
  string,
];

const ROWS = [
  { digest: IMAGE, accessories: [{ digest: SBOM, type: 'subject.accessory', size: 1 }] },
  { digest: INDEX, references: [{ child_digest: CHILD, platform: { os: 'linux', architecture: 'amd64' } }] },
].map((row) => ({ type: 'IMAGE', push_time: '2026-11-23T06:58:39.476Z', tags: [], ...row }));

/** Finds a digest in a repository with an image, its SBOM, and an index with another image. */
async function find(prefix: string): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  await using server = await serve(({ url }) => ({
    status: 200,
    headers,
    body: JSON.stringify(url.includes('/artifacts') ? ROWS : { name: 'axion/api', creation_time: '', update_time: '' }),
  }));
  await using harbor = openTestHarbor(server.origin);
  return await harbor.project('axion').repository('api').findDigest(prefix);
}

test.each([
  ['an artifact', 'sha256:4fc5a1b2', IMAGE],
  ['an index', 'sha256:9d00000', INDEX],
  ['the image of an index', 'sha256:4fc5a1b30', CHILD],
  ['an accessory', 'sha256:eeeeeee', SBOM],
])('completes the digest of %s', async (_what, prefix, whole) => expect(await find(prefix)).toBe(whole));

test('lists the candidates for a beginning that several digests have', async () => {
  await expect(find('sha256:4fc5a1b')).rejects.toMatchObject({
    code: 'ARTIFACT_AMBIGUOUS',
    message: `sha256:4fc5a1b… is the beginning of 2 digests in axion/api: ${IMAGE}, ${CHILD}`,
    details: { candidates: [IMAGE, CHILD] },
  });
});

test('names the beginning that no digest has', async () => {
  await expect(find('sha256:1234567')).rejects.toMatchObject({
    code: 'ARTIFACT_NOT_FOUND',
    message: expect.stringContaining('axion/api'),
    hint: 'List its artifacts: objdocker harbor-artifacts api',
  });
});
