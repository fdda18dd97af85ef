import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { docker } from '../harness/sandbox.ts';
import { scannerProblem } from './scanner.ts';
import { skipUnsupported } from './skip.ts';
import { createWorkspace, type Workspace } from './workspace.ts';

const PLATFORMS = ['linux/amd64', 'linux/arm64'];

interface Index {
  readonly digest: string;
  readonly children: readonly { readonly digest: string; readonly platform?: string }[];
}

let workspace: Workspace | undefined;
let index: Index;

beforeAll(async () => {
  // The docker driver makes an index only with the containerd image store.
  if (!(await docker(['info', '--format', '{{json .DriverStatus}}'])).includes('io.containerd.snapshotter')) return;
  workspace = await createWorkspace();
  const digest = await workspace.push({ repository: 'both', platforms: PLATFORMS });
  const { items } = await workspace.json<{ items: readonly Index[] }>(['harbor-artifacts', 'both']);
  expect(items).toHaveLength(1);
  expect(items[0]?.digest).toBe(digest);
  index = items[0] as Index;
});
afterAll(() => workspace?.[Symbol.asyncDispose]());
beforeEach(({ skip }) => {
  if (workspace === undefined) skip('this engine has no containerd image store, so it cannot push an index');
});

/** The workspace, which exists when a test runs. */
const own = (): Workspace => workspace as Workspace;

it('lists an index as one artifact with an image for each platform', () => {
  expect(index.children.map(({ platform }) => platform).toSorted()).toEqual(PLATFORMS);
});

it('scans each platform', async ({ skip }) => {
  const problem = await scannerProblem(own());
  if (problem !== undefined) skipUnsupported(skip, problem);
  const wait = ['--wait', '--timeout', '9m'];
  const { items } = await own().json<{ items: { report: { images: { platform: string; state: string }[] } }[] }>([
    'harbor-trigger-scan',
    'both',
    ...wait,
  ]);
  const images = items.flatMap(({ report }) => report.images);
  expect(images.map(({ platform }) => platform).toSorted()).toEqual(PLATFORMS);
  for (const { state } of images) expect(['clean', 'findings']).toContain(state);
});

it('does not delete an image of an index', async () => {
  const [child] = index.children;
  expect(await own().json(['harbor-delete', 'both', child?.digest ?? '', '--yes'], { code: 1 })).toMatchObject({
    error: { code: 'ARTIFACT_IN_INDEX' },
  });
  expect(
    (
      await own()
        .project.repository('both')
        .getArtifact(child?.digest ?? '')
    ).digest,
  ).toBe(child?.digest);
});

it('deletes an index with its images', async () => {
  const digests = index.children.map(({ digest }) => digest).toSorted();
  const deleted = await own().json<{ children: string[] }>(['harbor-delete', 'both', index.digest, '--yes']);
  expect(deleted.children.toSorted()).toEqual(digests);
  for (const digest of digests)
    await expect(own().project.repository('both').getArtifact(digest)).rejects.toMatchObject({
      code: 'ARTIFACT_NOT_FOUND',
    });
});
