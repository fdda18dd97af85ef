import { describe, expect, test } from 'vitest';
import { openTestHarbor } from '../../../test/harness/harbor-client.ts';
import { serve } from '../../../test/harness/registry-server.ts';
import type { DeletePreview } from './delete.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const [INDEX, OTHER, AMD, ARM, ATTESTATION, TAGGED] = ['1', '2', 'a', 'b', 'c', 'd'].map(digest) as [
  string,
  string,
  string,
  string,
  string,
  string,
];

interface FakeArtifact {
  readonly digest: string;
  readonly tags: readonly (string | { readonly name: string; readonly immutable: boolean })[];
  readonly children?: readonly (readonly [digest: string, os: string, architecture: string])[];
}

const row = ({ digest, tags, children }: FakeArtifact) => ({
  digest,
  type: 'IMAGE',
  push_time: '2026-11-23T06:58:39.476Z',
  tags: tags.map((tag) => ({
    push_time: '2026-11-23T06:58:39.476Z',
    ...(typeof tag === 'string' ? { name: tag, immutable: false } : tag),
  })),
  references:
    children?.map(([child_digest, os, architecture]) => ({ child_digest, platform: { os, architecture } })) ?? null,
});

/** Previews the deletion of an artifact of a repository with these; `untagged` are those that Harbor lists under an index. */
async function preview(
  of: string,
  listed: readonly FakeArtifact[],
  untagged: readonly FakeArtifact[] = [],
): Promise<DeletePreview> {
  const headers = { 'content-type': 'application/json' };
  await using server = await serve((request) => {
    const path = request.url.split('?')[0] ?? '';
    if (path.endsWith('/users/current')) return { status: 200, headers, body: '{}' };
    if (path.endsWith('/artifacts')) return { status: 200, headers, body: JSON.stringify(listed.map(row)) };
    if (path.endsWith('/repositories/api')) {
      return { status: 200, headers, body: '{"name":"axion/api","creation_time":"","update_time":""}' };
    }
    const found = [...listed, ...untagged].find((artifact) => path.endsWith(artifact.digest));
    if (found !== undefined) return { status: 200, headers, body: JSON.stringify(row(found)) };
    const body = '{"errors":[{"code":"NOT_FOUND","message":"artifact axion/api@sha256 not found"}]}';
    return { status: 404, headers, body };
  });
  await using harbor = openTestHarbor(server.origin);
  const result = await harbor.project('axion').repository('api').previewDelete(of);
  expect(server.seen.every(({ method }) => method === 'GET')).toBe(true);
  return result;
}

const CHILDREN = [
  [AMD, 'linux', 'amd64'],
  [ARM, 'linux', 'arm64'],
  [ATTESTATION, 'unknown', 'unknown'],
] as const;

const untagged = [AMD, ARM, ATTESTATION].map((child) => ({ digest: child, tags: [] }));
const digests = (artifacts: readonly { readonly digest: string }[]) => artifacts.map((artifact) => artifact.digest);

describe('the preview of a deletion', () => {
  test('lists the tags of an image', async () => {
    const result = await preview(AMD, [{ digest: AMD, tags: ['1.0', 'latest'] }]);
    expect(result.tags.map(({ name }) => name)).toEqual(['1.0', 'latest']);
    expect(result).toMatchObject({ children: [], remainingChildren: [], indexes: [] });
    expect(result).not.toHaveProperty('refusal');
  });

  test('lists the untagged images of an index', async () => {
    const result = await preview(INDEX, [{ digest: INDEX, tags: ['1.0'], children: CHILDREN }], untagged);
    expect(digests(result.children)).toEqual([AMD, ARM, ATTESTATION]);
    expect(result.artifact.children?.map(({ platform }) => platform)).toEqual([
      'linux/amd64',
      'linux/arm64',
      undefined,
    ]);
  });

  test('keeps images of an index that have a tag or belong to another index', async () => {
    const result = await preview(
      INDEX,
      [
        { digest: INDEX, tags: [], children: [...CHILDREN, [TAGGED, 'linux', 's390x']] },
        { digest: OTHER, tags: ['2.0'], children: [[ARM, 'linux', 'arm64']] },
        { digest: TAGGED, tags: ['s390x'] },
      ],
      untagged,
    );
    expect(digests(result.children)).toEqual([AMD, ATTESTATION]);
    expect(digests(result.remainingChildren)).toEqual([ARM, TAGGED]);
  });

  test('omits an image of an index that was deleted before', async () => {
    const result = await preview(INDEX, [{ digest: INDEX, tags: [], children: CHILDREN }], untagged.slice(1));
    expect(digests(result.children)).toEqual([ARM, ATTESTATION]);
  });

  test('names the index that prevents the deletion of its image', async () => {
    const result = await preview(AMD, [{ digest: INDEX, tags: ['1.0'], children: CHILDREN }], untagged);
    expect(result).toMatchObject({ refusal: 'in-index', indexes: [INDEX] });
  });

  test('names an immutable tag that prevents the deletion', async () => {
    const result = await preview(AMD, [{ digest: AMD, tags: ['latest', { name: '1.0', immutable: true }] }]);
    expect(result.refusal).toBe('immutable');
    expect(result.tags).toContainEqual(expect.objectContaining({ name: '1.0', immutable: true }));
  });
});

test('requests the immutable status, which Harbor otherwise reports as false', async () => {
  await using server = await serve(() => ({ status: 200, body: JSON.stringify(row({ digest: AMD, tags: [] })) }));
  await using harbor = openTestHarbor(server.origin);
  await harbor.project('axion').repository('api').getArtifact('1.0');
  const request = server.seen.find(({ url }) => url.includes('/artifacts/1.0'));
  expect(request?.url).toContain('with_immutable_status=true');
  expect(request?.headers['x-accept-vulnerabilities']).toContain('version=1.1');
});

test.each(['latest', 'sha256:123', '', '1.0/../x', `${AMD}\n`])(
  'deletes by digest only, and rejects %j',
  async (reference) => {
    await using server = await serve(() => ({ status: 200 }));
    await using harbor = openTestHarbor(server.origin);
    const repository = harbor.project('axion').repository('api');
    await expect(repository.deleteArtifact(reference)).rejects.toMatchObject({ code: 'REFERENCE_INVALID' });
    expect(server.seen).toEqual([]);
  },
);

describe('hostile names', () => {
  const names = [
    '-x',
    '$(id)',
    'a/../b',
    '..',
    '.',
    'a\nb',
    'a b',
    'a?b',
    'a#b',
    'a%2fb',
    '/a',
    'a/',
    '',
    'x'.repeat(10_000),
  ];

  test.each(names)('reach no path: %j', async (name) => {
    await using server = await serve(() => ({ status: 200, body: '{}' }));
    await using harbor = openTestHarbor(server.origin);
    const axion = harbor.project('axion');
    const invalid = { code: 'REFERENCE_INVALID', hint: expect.any(String) };
    await expect((async () => harbor.project(name).get())()).rejects.toMatchObject(invalid);
    await expect((async () => harbor.project(name).create())()).rejects.toMatchObject(invalid);
    await expect((async () => axion.repository(name).get())()).rejects.toMatchObject(invalid);
    await expect(axion.repository('api').getArtifact(name)).rejects.toMatchObject(invalid);
    await expect(axion.repository('api').untag(name)).rejects.toMatchObject(invalid);
    await expect(axion.repository('api').createTag(AMD, name)).rejects.toMatchObject(invalid);
    expect(server.seen).toEqual([]);
  });
});
