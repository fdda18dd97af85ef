import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { docker } from '../harness/sandbox.ts';
import { skipLacking } from './lacking.ts';
import { scannerProblem } from './scanner.ts';
import { createWorkspace, type Workspace } from './workspace.ts';

const PLATFORMS = ['linux/amd64', 'linux/arm64'];

interface Index {
  readonly digest: string;
  readonly children: readonly { readonly digest: string; readonly platform?: string }[];
}

let workspace: Workspace | undefined;
let index: Index;

beforeAll(async () => {
  // Without the containerd store the docker driver makes no index.
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
  if (workspace === undefined) skip('this engine has no containerd image store, and pushes one platform at a time');
});

/** The tests run only where there is one. */
const own = (): Workspace => workspace as Workspace;

it('an index is one artifact, with an image for each platform', () => {
  expect(index.children.map(({ platform }) => platform).toSorted()).toEqual(PLATFORMS);
});

it('each platform is scanned', async ({ skip }) => {
  const problem = await scannerProblem(own());
  if (problem !== undefined) skipLacking(skip, problem);
  const wait = ['--wait', '--timeout', '9m'];
  const { report } = await own().json<{ report: { images: { platform: string; state: string }[] } }>([
    'harbor-trigger-scan',
    'both',
    ...wait,
  ]);
  expect(report.images.map(({ platform }) => platform).toSorted()).toEqual(PLATFORMS);
  for (const { state } of report.images) expect(['clean', 'findings']).toContain(state);
});

it('no image is deleted out of an index', async () => {
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

it('an index takes its images along', async () => {
  const digests = index.children.map(({ digest }) => digest).toSorted();
  const deleted = await own().json<{ children: string[] }>(['harbor-delete', 'both', index.digest, '--yes']);
  expect(deleted.children.toSorted()).toEqual(digests);
  for (const digest of digests)
    await expect(own().project.repository('both').getArtifact(digest)).rejects.toMatchObject({
      code: 'ARTIFACT_NOT_FOUND',
    });
});
