import { expect, test } from 'vitest';
import type { Artifact } from '../../harbor/artifacts/artifacts.ts';
import type { HarborProject, HarborRepository } from '../../harbor/harbor.ts';
import type { ScanOverview } from '../../harbor/scan/overview.ts';
import { createScanReader } from './scan-summary.ts';

const CLEAN: ScanOverview = { status: 'Success', severity: 'None', total: 0, fixable: 0, counts: {} };
const BAD: ScanOverview = { status: 'Success', severity: 'Critical', total: 2, fixable: 1, counts: { Critical: 2 } };

function artifact(digest: string, rest: Partial<Artifact> = {}): Artifact {
  return { digest, type: 'IMAGE', mediaType: '', size: 1, pushed: '', tags: [], accessories: [], ...rest };
}

/** What the list says of an index with these artifacts in it; its own overview says clean. */
function stateOf(children: Artifact['children'], images: readonly Artifact[]) {
  const repository = {
    getArtifact: async (digest: string) => images.find((image) => image.digest === digest),
  } as unknown as HarborRepository;
  const project = { scannerProblem: async () => undefined } as unknown as HarborProject;
  const index = artifact('index', { scanOverview: CLEAN, ...(children === undefined ? {} : { children }) });
  return createScanReader(project, new AbortController().signal)(index, repository);
}

test('an index is as bad as its worst platform, whatever its own overview says', async () => {
  const children = [
    { digest: 'a', platform: 'linux/amd64' },
    { digest: 'b', platform: 'linux/arm64' },
    { digest: 'attestation' },
  ];
  const amd64 = artifact('a', { platform: 'linux/amd64', scanOverview: CLEAN });
  const arm64 = artifact('b', { platform: 'linux/arm64' });
  expect(await stateOf(children, [amd64, arm64])).toMatchObject({ state: 'not-scanned' });
  expect(await stateOf(children, [amd64, { ...arm64, scanOverview: BAD }])).toMatchObject({
    state: 'findings',
    counts: { critical: 2 },
    fixable: 1,
  });
});

test('an index that names no platforms is as bad as its worst image', async () => {
  const children = [{ digest: 'a' }, { digest: 'b' }, { digest: 'attestation' }];
  const amd64 = artifact('a', { platform: 'linux/amd64', scanOverview: CLEAN });
  const arm64 = artifact('b', { platform: 'linux/arm64' });
  const attestation = artifact('attestation');
  expect(await stateOf(children, [amd64, arm64, attestation])).toMatchObject({ state: 'not-scanned' });
  expect(await stateOf(children, [amd64, { ...arm64, scanOverview: CLEAN }, attestation])).toMatchObject({
    state: 'clean',
  });
});

test('one index in another is looked into', async () => {
  const inner = artifact('inner', { scanOverview: CLEAN, children: [{ digest: 'a', platform: 'linux/amd64' }] });
  const image = artifact('a', { platform: 'linux/amd64', scanOverview: BAD });
  expect(await stateOf([{ digest: 'inner' }], [inner, image])).toMatchObject({ state: 'findings' });
});

test('of an index without an image nothing can be scanned', async () => {
  expect(await stateOf([{ digest: 'attestation' }], [artifact('attestation')])).toMatchObject({ state: 'unsupported' });
});
