import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Config, loadConfig } from '../../src/config/load.ts';
import { ObjDocker } from '../../src/obj-docker/obj-docker.ts';
import { createHarborProject, type HarborTestProject } from '../harness/harbor-project.ts';
import { startHarbor, type TestHarbor } from '../harness/harbor-server.ts';
import { pushImage, pushIndex } from '../sandbox/small-images.ts';

const docker = new ObjDocker();
const NOWHERE = `sha256:${'0'.repeat(64)}`;

let harbor: TestHarbor;
let project: HarborTestProject;
let robots: HarborTestProject;
let config: Config;
let robotConfig: Config;

beforeAll(async () => {
  harbor = await startHarbor();
  project = await createHarborProject({ host: harbor.host, login: harbor.admin });
  robots = await createHarborProject({ host: harbor.host, login: harbor.robot });
  config = await loadConfig(project.path('config.yaml'), { env: {} });
  robotConfig = await loadConfig(robots.path('config.yaml'), { env: {} });
});

afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await robots[Symbol.asyncDispose]();
  await harbor[Symbol.asyncDispose]();
});

beforeEach(() => setProject({ auto_scan: 'false', prevent_vul: 'false' }));

const setTag = (repo: string, digest: string, tag: string, as = config) =>
  docker.harborSetTag(as.selectPackage('shop'), repo, digest, tag);

async function setProject(metadata: Record<string, string>): Promise<void> {
  const { status } = await harbor.api('PUT', 'projects/axion', { body: { metadata } });
  expect(status).toBe(200);
}

interface ArtifactJson {
  readonly digest: string;
  readonly references: readonly unknown[] | null;
  readonly scan_overview?: Readonly<Record<string, { readonly scan_status: string }>>;
}

async function artifactOf(repo: string, reference: string): Promise<ArtifactJson | undefined> {
  const path = `projects/axion/repositories/${encodeURIComponent(encodeURIComponent(repo))}/artifacts/${reference}`;
  const response = await harbor.api('GET', `${path}?with_scan_overview=true`);
  return response.status === 404 ? undefined : ((await response.json()) as ArtifactJson);
}

/** The digest that a tag points to, if the tag exists. */
async function digestOf(repo: string, tag: string): Promise<string | undefined> {
  return (await artifactOf(repo, tag))?.digest;
}

/** The requests for changes since the traffic was reset: `PUT /v2/axion/one/manifests/latest 201`. */
async function changes(): Promise<string[]> {
  const { recent } = await harbor.traffic();
  return recent
    .filter(({ method, path }) => !['GET', 'HEAD'].includes(method) && !path.startsWith('/service/'))
    .map(({ method, path, status }) => `${method} ${path} ${status}`);
}

async function scanStatus(repo: string, reference: string): Promise<string | undefined> {
  const overview = (await artifactOf(repo, reference))?.scan_overview ?? {};
  return Object.values(overview)[0]?.scan_status;
}

async function scanned(repo: string, reference: string): Promise<void> {
  const { state } = await docker.harborScan(config.selectPackage('shop'), repo, reference).result;
  expect(['clean', 'findings']).toContain(state);
}

test('creates a new tag through the API, which starts no scan', async () => {
  const digest = await pushImage(harbor, { repository: 'axion/services/new', tag: '1.0' });
  await setProject({ auto_scan: 'true' });
  await harbor.resetTraffic();
  expect(await setTag('services/new', digest, 'latest')).toEqual({
    repository: 'axion/services/new',
    tag: 'latest',
    digest,
    changed: true,
  });
  expect(await digestOf('services/new', 'latest')).toBe(digest);
  expect(await changes()).toEqual([
    `POST /api/v2.0/projects/axion/repositories/services%252Fnew/artifacts/${digest}/tags 201`,
  ]);
});

test('leaves a tag that already points to the artifact, and starts no scan', async () => {
  const digest = await pushImage(harbor, { repository: 'axion/same', tag: '1.0' });
  await setTag('same', digest, 'latest');
  await harbor.api('POST', `projects/axion/repositories/same/artifacts/${digest}/scan`);
  await expect.poll(() => scanStatus('same', digest), { timeout: 120_000 }).toBe('Success');
  await setProject({ auto_scan: 'true' });
  await harbor.resetTraffic();
  expect(await setTag('same', digest, 'latest')).toEqual({
    repository: 'axion/same',
    tag: 'latest',
    digest,
    changed: false,
  });
  expect(await changes()).toEqual([]);
  expect(await scanStatus('same', digest)).toBe('Success');
});

test.each([
  ['OCI', false],
  ["Docker's", true],
])('moves a tag with a single manifest push, for a manifest of %s type', async (name, isDocker) => {
  const repo = isDocker ? 'team/docker' : 'team/oci';
  const old = await pushImage(harbor, { repository: `axion/${repo}`, tag: 'latest', docker: isDocker });
  const digest = await pushImage(harbor, { repository: `axion/${repo}`, tag: '1.1', docker: isDocker });
  await harbor.resetTraffic();
  expect(await setTag(`axion/${repo}`, digest, 'latest'), name).toEqual({
    repository: `axion/${repo}`,
    tag: 'latest',
    digest,
    changed: true,
    previous: old,
  });
  expect(await digestOf(repo, 'latest')).toBe(digest);
  expect(await digestOf(repo, '1.1')).toBe(digest);
  expect(await digestOf(repo, old), 'the old artifact stays').toBe(old);
  expect((await changes()).filter((change) => !change.endsWith(' 401'))).toEqual([
    `PUT /v2/axion/${repo}/manifests/latest 201`,
  ]);
});

test('moves the tag of an index with its images', async () => {
  const repository = 'axion/multi';
  const index = async (tag: string) =>
    pushIndex(harbor, repository, tag, [
      { platform: 'linux/amd64', digest: await pushImage(harbor, { repository }) },
      { platform: 'linux/arm64', digest: await pushImage(harbor, { repository, platform: 'linux/arm64' }) },
    ]);
  const [old, digest] = [await index('latest'), await index('2.0')];
  expect(await setTag('multi', digest, 'latest')).toMatchObject({ digest, changed: true, previous: old });
  const moved = await artifactOf('multi', 'latest');
  expect(moved?.digest).toBe(digest);
  expect(moved?.references).toHaveLength(2);
});

test('creates and moves tags by manifest push when a robot has no permission to create tags', async () => {
  const old = await pushImage(harbor, { repository: 'axion/robots', tag: '1.0' });
  const digest = await pushImage(harbor, { repository: 'axion/robots', tag: '1.1' });
  await harbor.resetTraffic();
  const made = await setTag('robots', old, 'latest', robotConfig);
  expect(made).toEqual({ repository: 'axion/robots', tag: 'latest', digest: old, changed: true });
  expect(await changes()).toEqual([
    `POST /api/v2.0/projects/axion/repositories/robots/artifacts/${old}/tags 403`,
    'PUT /v2/axion/robots/manifests/latest 401',
    'PUT /v2/axion/robots/manifests/latest 201',
  ]);
  expect(await setTag('robots', digest, 'latest', robotConfig)).toMatchObject({ changed: true, previous: old });
  expect(await digestOf('robots', 'latest')).toBe(digest);
  await expect(setTag('robots', NOWHERE, 'new', robotConfig)).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
});

test('moves a tag that another client creates meanwhile, unless it already points to the artifact', async () => {
  const other = await pushImage(harbor, { repository: 'axion/race', tag: '1.0' });
  const digest = await pushImage(harbor, { repository: 'axion/race', tag: '1.1' });
  // The first read does not find the tag, although it exists.
  const unknown = {
    method: 'GET',
    path: '/artifacts/(theirs|same)',
    status: 404,
    body: '{"errors":[{"code":"NOT_FOUND","message":"artifact axion/race:theirs not found"}]}',
  };
  await setTag('race', other, 'theirs');
  await harbor.failNext(unknown);
  expect(await setTag('race', digest, 'theirs')).toMatchObject({ changed: true, previous: other });
  expect(await digestOf('race', 'theirs')).toBe(digest);
  await setTag('race', digest, 'same');
  await harbor.failNext(unknown);
  expect(await setTag('race', digest, 'same')).toMatchObject({ changed: false });
});

test('creates a tag for an image that cannot be pulled, but moves none to it', async () => {
  const old = await pushImage(harbor, { repository: 'axion/policy', tag: 'latest' });
  const digest = await pushImage(harbor, { repository: 'axion/policy', tag: '1.1' });
  await setProject({ prevent_vul: 'true', severity: 'low' });
  await expect(setTag('policy', digest, 'latest')).rejects.toMatchObject({
    code: 'PULL_PREVENTED',
    message: expect.stringContaining('without vulnerability scanning'),
  });
  expect(await digestOf('policy', 'latest')).toBe(old);
  expect(await setTag('policy', digest, 'candidate')).toMatchObject({ changed: true });
  await scanned('policy', digest);
  expect(await setTag('policy', digest, 'latest')).toMatchObject({ changed: true, previous: old });
});

test('keeps an immutable tag', async () => {
  const old = await pushImage(harbor, { repository: 'axion/fixed', tag: 'released' });
  const digest = await pushImage(harbor, { repository: 'axion/fixed', tag: '1.1' });
  const rule = {
    action: 'immutable',
    template: 'immutable_template',
    disabled: false,
    scope_selectors: { repository: [{ kind: 'doublestar', decoration: 'repoMatches', pattern: 'fixed' }] },
    tag_selectors: [{ kind: 'doublestar', decoration: 'matches', pattern: 'released' }],
  };
  expect((await harbor.api('POST', 'projects/axion/immutabletagrules', { body: rule })).status).toBe(201);
  await expect(setTag('fixed', digest, 'released')).rejects.toMatchObject({ code: 'TAG_IMMUTABLE' });
  expect(await digestOf('fixed', 'released')).toBe(old);
  expect(await setTag('fixed', old, 'released')).toMatchObject({ changed: false });
});

test('changes nothing for an unknown artifact, an invalid digest or an invalid tag', async () => {
  const old = await pushImage(harbor, { repository: 'axion/missing', tag: 'latest' });
  await expect(setTag('missing', NOWHERE, 'latest')).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
  await expect(setTag('missing', NOWHERE, 'new')).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
  await expect(setTag('nowhere', NOWHERE, 'latest')).rejects.toMatchObject({ code: 'REPOSITORY_NOT_FOUND' });
  await harbor.resetTraffic();
  await expect(setTag('missing', '1.0', 'latest')).rejects.toMatchObject({ code: 'REFERENCE_INVALID' });
  await expect(setTag('missing', old, 'la test')).rejects.toMatchObject({ code: 'REFERENCE_INVALID' });
  expect((await harbor.traffic()).requests, 'requests sent').toBe(0);
  expect(await digestOf('missing', 'latest')).toBe(old);
  expect(await digestOf('missing', 'new')).toBeUndefined();
});
