import { afterEach, describe, expect, it } from 'vitest';
import { openTestHarbor } from '../../../test/harness/harbor-client.ts';
import { type RecordedRoutes, recorded, serve, type TestServer } from '../../../test/harness/registry-server.ts';
import { createHttpClient } from '../../lib/http/client.ts';
import { openRegistry } from '../../registry/registry.ts';
import { moveTag, type TagChange } from './set-tag.ts';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

const OCI = 'application/vnd.oci.image';
const layer = (digest: string, size: number) => ({
  mediaType: `${OCI}.layer.v1.tar+gzip`,
  digest: `sha256:${digest}`,
  size,
});
/** The manifest that capture 904 pushed with the tag. */
const MANIFEST = JSON.stringify({
  schemaVersion: 2,
  mediaType: `${OCI}.manifest.v1+json`,
  config: {
    mediaType: `${OCI}.config.v1+json`,
    digest: 'sha256:a5c9a07bed0b4644e9c242cacc95a3a7fe2c9c216f27e2987c0432b14b993681',
    size: 639,
  },
  layers: [
    layer('96c06542ae79f28d1f18fd922a15e5c71f50f0af3b6cf4e9477f29b2638af0be', 1230),
    layer('abd738eb3d3d8913e881df0108552bec6c6d74db942668409dfa540b7ace0a25', 4282),
    layer('973636da4a5a163531407473aeaacee98e74a6ecb0434540199e265f8faabf9d', 16546),
    layer('e1e6c1e976bba0bbba502587e7d92ab93685066aa6a722a105c63698dfcc2961', 41225),
  ],
  annotations: { seed: '1795417104.981/axion/svc-0001/1/amd64' },
});
const DIGEST = 'sha256:075615607d95f051e5d5cddc34655b8b9b76bd12afbcc9580c1a66dd34af8ac1';
const OTHER = 'sha256:c4a4d62c318cc5e722109bf07fb602c307dd0ea40d544beb4ff4641c1ee3abb2';

const ARTIFACTS = '/api/v2.0/projects/axion/repositories/svc-0001/artifacts';
const READ_TAG = `GET ${ARTIFACTS}/released`;
const READ_MANIFEST = `/v2/axion/svc-0001/manifests/${DIGEST}`;
const CHANGE = { repository: 'axion/svc-0001', tag: 'released', digest: DIGEST };

/** A Harbor that responds as recorded, and has the manifest for clients that accept its type. */
async function serveRecorded(routes: RecordedRoutes): Promise<TestServer> {
  const respond = recorded({
    'GET /api/v2.0/users/current': '005-users-current-admin',
    'GET /api/v2.0/projects/axion/repositories/svc-0001': '053-repository-get',
    [`POST ${ARTIFACTS}/${DIGEST}/tags`]: '903-promote-tag-create-on-other-artifact',
    'PUT /v2/axion/svc-0001/manifests/released': '904-promote-manifest-put-moves-tag',
    ...routes,
  });
  const server = await serve((request, origin) =>
    request.method === 'GET' &&
    request.url === READ_MANIFEST &&
    request.headers.accept?.includes(`${OCI}.manifest.v1+json`)
      ? { status: 200, headers: { 'content-type': `${OCI}.manifest.v1+json` }, body: MANIFEST }
      : respond(request, origin),
  );
  open.push(server);
  return server;
}

async function release(server: TestServer): Promise<TagChange> {
  const harbor = openTestHarbor(server.origin);
  const http = createHttpClient({ env: {} });
  open.push(harbor, { [Symbol.asyncDispose]: () => http.close() });
  const project = harbor.project('axion');
  const registry = openRegistry({ url: server.origin, http });
  return moveTag(
    { project, repository: project.repository('svc-0001'), registry },
    { digest: DIGEST, tag: 'released' },
  );
}

const changesOf = ({ seen }: TestServer) =>
  seen.filter(({ method }) => method !== 'GET').map(({ method, body }) => `${method} ${body}`);

describe('moveTag, with recorded responses of Harbor', () => {
  it('leaves a tag alone that points to the artifact', async () => {
    const server = await serveRecorded({ [READ_TAG]: '905-promote-artifact-after-put' });
    expect(await release(server)).toEqual({ ...CHANGE, changed: false });
    expect(changesOf(server)).toEqual([]);
  });

  it('moves a tag that points to another artifact, by pushing the unchanged manifest', async () => {
    const server = await serveRecorded({ [READ_TAG]: '066-artifact-by-tag' });
    expect(await release(server)).toEqual({ ...CHANGE, changed: true, previous: OTHER });
    expect(changesOf(server)).toEqual([`PUT ${MANIFEST}`]);
  });

  it.each([
    ['moves a tag that somebody else has created for another artifact in the meantime', '066-artifact-by-tag', true],
    [
      'leaves a tag alone that somebody else has created for the same artifact in the meantime',
      '905-promote-artifact-after-put',
      false,
    ],
  ])('%s', async (_, holder, changed) => {
    let reads = 0;
    const server = await serveRecorded({
      [READ_TAG]: () => (++reads === 1 ? '068-artifact-unknown-tag' : holder),
    });
    expect(await release(server)).toEqual({ ...CHANGE, changed, ...(changed ? { previous: OTHER } : {}) });
    const created = 'POST {"name":"released"}';
    expect(changesOf(server)).toEqual(changed ? [created, `PUT ${MANIFEST}`] : [created]);
  });

  it('creates a new tag with one request', async () => {
    const server = await serveRecorded({
      [READ_TAG]: '068-artifact-unknown-tag',
      [`POST ${ARTIFACTS}/${DIGEST}/tags`]: '401-tag-create',
    });
    expect(await release(server)).toEqual({ ...CHANGE, changed: true });
    expect(changesOf(server)).toEqual(['POST {"name":"released"}']);
  });

  it('creates a tag by pushing the manifest where only pushing is allowed', async () => {
    const server = await serveRecorded({
      [READ_TAG]: '068-artifact-unknown-tag',
      [`POST ${ARTIFACTS}/${DIGEST}/tags`]: '220-robot-delete-artifact-forbidden',
    });
    expect(await release(server)).toEqual({ ...CHANGE, changed: true });
    expect(changesOf(server)).toEqual(['POST {"name":"released"}', `PUT ${MANIFEST}`]);
  });
});
