import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FINDING_SEVERITIES } from '../../src/model/enums.ts';
import type { PipelineRun } from '../../src/model/pipeline-run.ts';
import { isImageTag } from '../../src/release/release-tags.ts';
import { docker } from '../harness/sandbox.ts';
import { readJson } from './harbor-api.ts';
import { scannerProblem } from './scanner.ts';
import { skipUnsupported } from './skip.ts';
import { createWorkspace, type Source, type Workspace } from './workspace.ts';

/** The severities for `failOn`, worst first. */
const LEVELS = FINDING_SEVERITIES.slice(0, 4);
const WAIT = ['--timeout', '9m'];

let workspace: Workspace;
let problem: string | undefined;

beforeAll(async () => {
  workspace = await createWorkspace();
  problem = await scannerProblem(workspace);
});
afterAll(() => workspace?.[Symbol.asyncDispose]());
beforeEach(({ skip }) => {
  if (problem !== undefined) skipUnsupported(skip, problem);
});

async function pipeline(source: Source, code: number, args: readonly string[] = WAIT): Promise<PipelineRun> {
  const result = await source.objdocker(['pipeline', '--json', ...args]);
  expect(result.code, `${result.stderr}\n${result.stdout}`).toBe(code);
  const document = JSON.parse(result.stdout) as PipelineRun & { readonly error?: { readonly run?: PipelineRun } };
  return document.error?.run ? { ...document.error.run, error: document.error } : document;
}

interface Artifact {
  readonly digest: string;
  readonly tags: readonly { readonly name: string }[] | null;
}

/** The tags of a repository with their digests, read from Harbor directly; without those that keep the images of releases. */
async function tagsOf(repository: string): Promise<Readonly<Record<string, string>>> {
  const path = `projects/${workspace.name}/repositories/${repository}/artifacts?page_size=100`;
  const artifacts = await readJson<Artifact[]>(await workspace.api('GET', path));
  const tags = artifacts.flatMap(({ digest, tags }) => (tags ?? []).map(({ name }) => [name, digest] as const));
  return Object.fromEntries(tags.filter(([name]) => !isImageTag(name)));
}

describe('the pipeline', () => {
  let source: Source;
  /** The first run. Later images have the same packages, so expectations follow from it. */
  let first: PipelineRun;
  let worst: (typeof LEVELS)[number] | undefined;

  beforeAll(async () => {
    if (problem !== undefined) return;
    source = await workspace.source({ repository: 'shop' });
    await source.configure({ failOn: 'none' });
    first = await pipeline(source, 0);
    const platforms = first.verdict?.images.flatMap(({ platforms }) => platforms) ?? [];
    worst = LEVELS.find((level) => platforms.some(({ counts }) => counts[level] > 0));
  });

  it('releases an image that passed, and leaves no staging tag', async () => {
    expect(first).toMatchObject({ outcome: 'passed', promoted: true, scanned: true, staged: [] });
    expect(first.images).toMatchObject([
      { tags: [{ promotion: 'created' }], digest: expect.stringMatching(/^sha256:/) },
    ]);
    expect(await tagsOf('shop')).toEqual({ '1.0': first.images[0]?.digest });
  });

  it('keeps a release that is up to date', async () => {
    const again = await pipeline(source, 0);
    expect(again).toMatchObject({ outcome: 'unchanged', release: { number: 1 } });
    expect(again.images).toMatchObject([{ tags: [{ promotion: 'unchanged' }], digest: first.images[0]?.digest }]);
    expect(await tagsOf('shop')).toEqual({ '1.0': first.images[0]?.digest });
  });

  it('moves no tag to a rejected image, and reports the rejecting finding', async ({ skip }) => {
    if (worst === undefined) skip('the scanner finds nothing of a severity in the image');
    await source.change();
    await source.configure({ failOn: worst });
    const rejected = await pipeline(source, 1);
    expect(rejected).toMatchObject({ outcome: 'rejected', promoted: false, staged: [] });
    expect(rejected.verdict?.images[0]?.rejecting[0]).toMatchObject({ severity: worst });
    expect(await tagsOf('shop')).toEqual({ '1.0': first.images[0]?.digest });
  });

  it('promotes the same image over the existing tag when the findings are allowed', async () => {
    await source.configure({ failOn: worst ?? 'low' });
    const gate = await source.objdocker(['gate', 'shop', '--json']);
    const { images } = JSON.parse(gate.stdout) as NonNullable<PipelineRun['verdict']>;
    expect(gate.code, gate.stderr).toBe(worst === undefined ? 0 : 1);
    const ids = new Set(images.flatMap(({ rejecting }) => rejecting.map(({ id }) => id)));
    const allow = [...ids].map((id) => ({ id, reason: 'test' }));
    await source.configure({ failOn: worst ?? 'low', allow });
    const before = await tagsOf('shop');
    const moved = await pipeline(source, 0);
    const [image] = moved.images;
    expect(image).toMatchObject({ tags: [{ promotion: 'moved', previous: before['1.0'] }] });
    expect(image?.digest).not.toBe(before['1.0']);
    expect(await tagsOf('shop')).toEqual({ '1.0': image?.digest });
    expect(new Set(moved.verdict?.images[0]?.allowed.map(({ id }) => id))).toEqual(ids);
    const old = await workspace.project.repository('shop').getArtifact(before['1.0'] ?? '');
    expect(
      old.tags.map(({ name }) => name),
      'the old image stays',
    ).toEqual(['release-1']);
    expect((await source.objdocker(['gate', 'shop', '--quiet'])).code).toBe(0);
  });

  it('passes below the threshold', async ({ skip }) => {
    const above = LEVELS[LEVELS.indexOf(worst ?? 'low') - 1];
    if (worst === undefined || above === undefined) skip('the worst finding has the highest severity');
    await source.change();
    await source.configure({ failOn: above });
    expect(await pipeline(source, 0)).toMatchObject({
      outcome: 'passed',
      images: [{ tags: [{ promotion: 'moved' }] }],
    });
  });

  it('moves no tag when the scan times out', async () => {
    await source.change();
    await source.configure({ failOn: 'none' });
    const before = await tagsOf('shop');
    const run = await source.objdocker(['pipeline', '--json', '--timeout', '1ms']);
    expect(run.code, run.stderr).toBe(3);
    const { outcome, staged, run: id } = JSON.parse(run.stdout) as PipelineRun;
    expect(outcome).toBe('timed-out');
    expect(staged).toEqual([`${workspace.host}/${workspace.name}/shop:${id}`]);
    expect(await tagsOf('shop')).toMatchObject(before);
    // The next run releases the image, and --clean removes the staging tag that is left.
    expect(await pipeline(source, 0)).toMatchObject({ outcome: 'passed', promoted: true });
    const swept = await source.objdocker(['pipeline', '--clean', '--older-than', '1s', '--json']);
    expect(swept.code, swept.stderr).toBe(0);
    expect(Object.keys(await tagsOf('shop'))).toEqual(['1.0']);
  });

  it('keeps an immutable tag', async ({ skip }) => {
    const kept = await workspace.source({ repository: 'kept', tag: 'v1' });
    await kept.configure({ failOn: 'none' });
    const { images } = await pipeline(kept, 0);
    const made = await workspace.api('POST', `projects/${workspace.name}/immutabletagrules`, {
      disabled: false,
      action: 'immutable',
      template: 'immutable_template',
      priority: 0,
      tag_selectors: [{ kind: 'doublestar', decoration: 'matches', pattern: 'v*' }],
      scope_selectors: { repository: [{ kind: 'doublestar', decoration: 'repoMatches', pattern: 'kept' }] },
    });
    if (made.status === 403) skipUnsupported(skip, 'this account may not create immutable tag rules');
    await kept.change();
    const refused = await pipeline(kept, 1);
    expect(refused.error?.code).toBe('TAG_IMMUTABLE');
    expect(await tagsOf('kept')).toEqual({ v1: images[0]?.digest });
  });

  it('uses the result of a scan that auto_scan started', async () => {
    await workspace.project.changePushSettings({ autoScan: true });
    try {
      await source.change();
      await source.configure({ failOn: 'none' });
      const run = await pipeline(source, 0);
      expect(run).toMatchObject({ outcome: 'passed', images: [{ tags: [{ promotion: 'moved' }] }] });
      expect(Object.keys(await tagsOf('shop'))).toEqual(['1.0']);
    } finally {
      await workspace.project.changePushSettings({ autoScan: false });
    }
  });

  it('scans and releases an index of two platforms as one image', async ({ skip }) => {
    if (!(await docker(['info', '--format', '{{json .DriverStatus}}'])).includes('io.containerd.snapshotter')) {
      skip('this engine has no containerd image store, so it cannot push an index');
    }
    const platforms = ['linux/amd64', 'linux/arm64'];
    const both = await workspace.source({ repository: 'both', platforms });
    await both.configure({ failOn: 'none' });
    for (const promotion of ['created', 'moved']) {
      await both.change();
      const { images, verdict } = await pipeline(both, 0);
      expect(images).toMatchObject([{ tags: [{ promotion }] }]);
      expect(verdict?.images[0]?.platforms.map(({ platform }) => platform).toSorted()).toEqual(platforms);
      expect(await tagsOf('both')).toEqual({ '1.0': images[0]?.digest });
    }
  });
});
