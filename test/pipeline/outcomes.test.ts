import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { until } from '../harness/processes.ts';
import { startRegistry } from '../harness/sandbox.ts';
import { pushImage } from '../sandbox/small-images.ts';
import {
  CRITICAL,
  createFixture,
  expectCleanState,
  expectOutcome,
  expectReleased,
  finding,
  makeImmutable,
  requestedChanges,
  setProjectMetadata,
} from './fixture.ts';
import { FEW, promotions, released, repository, triggeredScans, verdictOf } from './outcome.ts';
import { MANIFESTS } from './registry-view.ts';
import { createWorkspace, PACKAGE, repositoryOf, SERVICES } from './workspace.ts';

describe.concurrent('a release', () => {
  it('creates the public tags of all six services without pushing a layer again', async () => {
    await using fixture = await createFixture();
    const result = await fixture.workspace.pipeline();
    expectOutcome(result, 'passed', 0);
    await expectReleased(fixture, result);
    await expectCleanState(fixture, result);
    expect(Object.keys(await fixture.registry.publicTags())).toEqual(
      SERVICES.map((service) => `${repositoryOf(service)}:1.0`),
    );
    expect(promotions(result)).toEqual(Object.fromEntries(SERVICES.map((service) => [service, 'created'])));
    expect(result.run.stages.map(({ name, status }) => [name, status])).toEqual([
      ['preflight', 'done'],
      ['recover', expect.stringMatching(/^(done|skipped)$/)],
      ['plan', 'done'],
      ['build', 'done'],
      ['push', 'done'],
      ['scan', 'done'],
      ['gate', 'done'],
      ['promote', 'done'],
      ['registries', 'skipped'],
    ]);
    expect(result.run).toMatchObject({ package: PACKAGE, tags: ['1.0'], scanned: true, staged: [], warnings: [] });
    expect(result.run.verdict?.outcome).toBe('passed');
    for (const { scan } of await fixture.registry.artifacts()) expect(scan).toBe('Success');
    // A new tag is created through Harbor's API, not by a PUT of the manifest.
    const put = (await requestedChanges(fixture)).filter((change) => / \/v2\/.*\/manifests\/1\.0$/.test(change));
    expect(put).toEqual([]);
    expect(result.inEngine).toEqual(SERVICES.map((service) => `axion/${repositoryOf(service)}:1.0`));
  });

  it('moves the tag of the only service that changed', async () => {
    await using fixture = await createFixture({ services: FEW });
    await expectReleased(fixture, await fixture.workspace.pipeline());
    const before = await fixture.registry.publicTags();
    await fixture.workspace.change('report');
    await fixture.harbor.resetTraffic();
    const result = await fixture.workspace.pipeline();
    await expectReleased(fixture, result);
    await expectCleanState(fixture, result);
    expect(promotions(result)).toEqual({
      ...Object.fromEntries(FEW.map((service) => [service, 'unchanged'])),
      report: 'moved',
    });
    const after = await fixture.registry.publicTags();
    expect(after['report-shop:1.0']).not.toBe(before['report-shop:1.0']);
    expect(after).toEqual({ ...before, 'report-shop:1.0': after['report-shop:1.0'] });
    const moves = (await requestedChanges(fixture)).filter((change) => change.endsWith('/manifests/1.0'));
    expect(moves).toEqual([`PUT /v2/${repository('report')}/manifests/1.0`]);
    expect(result.run.images.find(({ service }) => service === 'report')?.tags[0]?.previous).toBe(
      before['report-shop:1.0'],
    );
    const old = (await fixture.registry.artifacts()).filter(({ digest }) => digest === before['report-shop:1.0']);
    expect(old, 'the old image stays').toHaveLength(1);
  });

  it('of one service does not touch the others', async () => {
    await using fixture = await createFixture({ services: FEW });
    const before = await released(fixture);
    const result = await fixture.workspace.pipeline(['--service', 'worker']);
    expectOutcome(result, 'passed', 0);
    await expectCleanState(fixture, result);
    const after = await fixture.registry.publicTags();
    expect(after).toEqual({ ...before, 'worker-shop:1.0': result.run.images[0]?.digest });
    expect(after['worker-shop:1.0']).not.toBe(before['worker-shop:1.0']);
  });

  it('under another tag does not touch the previous tag', async () => {
    await using fixture = await createFixture({ services: FEW });
    const before = await released(fixture);
    const result = await fixture.workspace.pipeline(['--tag', '2.0']);
    expectOutcome(result, 'passed', 0);
    await expectCleanState(fixture, result);
    const after = await fixture.registry.publicTags();
    expect(Object.keys(after)).toHaveLength(6);
    expect(after).toMatchObject(before);
    expect(promotions(result)).toEqual({ api: 'created', report: 'created', worker: 'created' });
  });
});

describe.concurrent('the rules of the project', () => {
  it('keep an immutable public tag where it is, and no other tag moves', async () => {
    await using fixture = await createFixture({ services: FEW });
    const before = await released(fixture);
    await makeImmutable(fixture, '1.*');
    const watch = fixture.registry.watch();
    const result = await fixture.workspace.pipeline();
    const seen = await watch.stop();
    expectOutcome(result, 'failed', 1);
    expect(result.run.error?.code).toBe('TAG_IMMUTABLE');
    await expectCleanState(fixture, result);
    expect(await fixture.registry.publicTags()).toEqual(before);
    for (const [name, digests] of seen) expect(digests, name).toEqual([before[name]]);
    // A new tag is not immutable yet.
    const next = await fixture.workspace.pipeline(['--tag', '1.1']);
    expectOutcome(next, 'passed', 0);
    await expectCleanState(fixture, next);
    expect(await fixture.registry.publicTags()).toMatchObject(before);
    // A released tag needs no move.
    await fixture.harbor.resetTraffic();
    const same = await fixture.workspace.pipeline(['--tag', '1.1']);
    expectOutcome(same, 'unchanged', 0);
    expect(promotions(same)).toEqual({ api: 'unchanged', report: 'unchanged', worker: 'unchanged' });
  });

  it('may keep staging tags from being removed, which is a warning', async () => {
    await using fixture = await createFixture({ services: FEW });
    await makeImmutable(fixture, '**');
    const result = await fixture.workspace.pipeline();
    expectOutcome(result, 'passed', 0);
    await expectReleased(fixture, result);
    const own = await fixture.registry.ownTags();
    expect(own).toEqual(expect.arrayContaining(FEW.map((service) => `${repositoryOf(service)}:${result.run.run}`)));
    for (const name of own) expect(name).toContain(`:${result.run.run}`);
    expect(result.run.staged.toSorted()).toEqual(
      FEW.map((service) => `${fixture.harbor.host}/${repository(service)}:${result.run.run}`),
    );
    expect(result.run.warnings.join('\n')).toContain('immutable');
    // The remaining tags do not stop the next release.
    const next = await fixture.workspace.pipeline(['--tag', '2.0']);
    expectOutcome(next, 'passed', 0);
    expect(Object.keys(await fixture.registry.publicTags())).toHaveLength(6);
  });

  it('allow to enable auto_scan, and then no scan is triggered', async () => {
    await using fixture = await createFixture({ services: FEW, registry: { auto_scan: true } });
    const result = await fixture.workspace.pipeline();
    expectOutcome(result, 'passed', 0);
    await expectReleased(fixture, result);
    await expectCleanState(fixture, result);
    expect(await triggeredScans(fixture)).toEqual([]);
    const project = (await (await fixture.harbor.api('GET', 'projects/axion')).json()) as { metadata: object };
    expect(project.metadata).toMatchObject({ auto_scan: 'true' });
    // A push starts a scan, and the run waits for it.
    await fixture.workspace.change('api');
    await fixture.harbor.planScans(repository('api'), { findings: [CRITICAL] });
    const again = await fixture.workspace.pipeline();
    expectOutcome(again, 'rejected', 1);
    await expectCleanState(fixture, again);
  });

  it('allow to enable auto_sbom, and then every image has an SBOM', async () => {
    await using fixture = await createFixture({ services: FEW, registry: { auto_sbom: true } }, { version: '2.15' });
    const result = await fixture.workspace.pipeline();
    expectOutcome(result, 'passed', 0);
    // These images hold BusyBox and a text: the scanner finds no packages in them.
    for (const { platforms } of result.run.verdict?.images ?? []) {
      expect(platforms).toEqual([expect.objectContaining({ state: 'empty', packages: 0 })]);
    }
    const project = (await (await fixture.harbor.api('GET', 'projects/axion')).json()) as { metadata: object };
    expect(project.metadata).toMatchObject({ auto_sbom_generation: 'true' });
    expect(project.metadata).not.toMatchObject({ auto_scan: 'true' });
    for (const { repository: name, digest } of result.run.images) {
      const path = `projects/axion/repositories/${name.slice('axion/'.length)}/artifacts/${digest}?with_sbom_overview=true`;
      const read = async () => (await (await fixture.harbor.api('GET', path)).json()) as { sbom_overview?: object };
      await expect.poll(async () => (await read()).sbom_overview).toMatchObject({ scan_status: 'Success' });
    }
    await fixture.workspace.change('api');
    await fixture.workspace.configure({ scan: { requirePackages: true } });
    const again = await fixture.workspace.pipeline();
    expectOutcome(again, 'rejected', 1);
    expect(verdictOf(again, 'api')).toMatchObject({ reason: expect.stringContaining('found no packages') });
    // It was on already.
    expect((await requestedChanges(fixture)).filter((change) => change.endsWith('/projects/axion'))).toHaveLength(1);
  });

  it('have no auto_sbom before Harbor 2.11, which is a warning', async () => {
    await using fixture = await createFixture({ services: ['api'], registry: { auto_sbom: true } }, { version: '2.9' });
    const result = await fixture.workspace.pipeline(['--report', 'reports', '--summary', 'summary.md']);
    expectOutcome(result, 'passed', 0);
    expect(result.run.warnings.join('\n')).toContain('auto_sbom has no effect: Harbor v2.9');
    expect((await requestedChanges(fixture)).filter((change) => change.endsWith('/projects/axion'))).toEqual([]);
    // Without an SBOM, nothing tells whether there was anything to examine.
    const note = 'no findings, and Harbor has no SBOM that says whether the scanner found any packages in it';
    expect(verdictOf(result, 'api')?.notes).toEqual([note]);
    for (const file of ['reports/index.html', 'summary.md']) {
      expect(await readFile(fixture.workspace.path(file), 'utf8')).toContain(note);
    }
    await fixture.workspace.configure({ scan: { requirePackages: true } });
    await fixture.workspace.change('api');
    const rejected = await fixture.workspace.pipeline();
    expectOutcome(rejected, 'rejected', 1);
    expect(verdictOf(rejected, 'api')).toMatchObject({ outcome: 'rejected', reason: note, rejecting: [] });
  });

  it('may forbid to enable auto_scan, and then the scans are triggered', async () => {
    await using fixture = await createFixture({ services: FEW, registry: { auto_scan: true, auto_sbom: true } });
    const { harbor, workspace } = fixture;
    const member = { role_id: 4, member_user: { username: harbor.outsider.username } };
    expect((await harbor.api('POST', 'projects/axion/members', { body: member })).status).toBe(201);
    await workspace.configure({ login: harbor.outsider });
    const result = await workspace.pipeline();
    expectOutcome(result, 'passed', 0);
    await expectReleased(fixture, result);
    await expectCleanState(fixture, result);
    expect(result.run.warnings.join('\n')).toMatch(/auto_scan.*: the pipeline triggers the scans/);
    expect(await triggeredScans(fixture)).toHaveLength(FEW.length);
  });

  it('may refuse more images than the policy, and that is a rejection, too', async () => {
    await using fixture = await createFixture({ services: FEW });
    const before = await released(fixture);
    await setProjectMetadata(fixture, { prevent_vul: 'true', severity: 'high' });
    await fixture.harbor.planScans(repository('worker'), { findings: [finding('CVE-2026-0003', 'High')] });
    const result = await fixture.workspace.pipeline();
    expectOutcome(result, 'rejected', 1);
    await expectCleanState(fixture, result);
    expect(await fixture.registry.publicTags()).toEqual(before);
    expect(verdictOf(result, 'worker')).toMatchObject({
      outcome: 'rejected',
      reason: expect.stringMatching(/prevent|vulnerab/i),
    });
  });

  it('may refuse unscanned images without stopping a release', async () => {
    await using fixture = await createFixture({ services: FEW });
    await setProjectMetadata(fixture, { prevent_vul: 'true', severity: 'low' });
    await released(fixture);
    const result = await fixture.workspace.pipeline();
    expectOutcome(result, 'passed', 0);
    await expectReleased(fixture, result);
    await expectCleanState(fixture, result);
  });

  it('may refuse unscanned images and scan on push, and then the run waits for the scan of a moved tag', async () => {
    await using fixture = await createFixture({ services: FEW, registry: { auto_scan: true } });
    await setProjectMetadata(fixture, { prevent_vul: 'true', severity: 'low', auto_scan: 'true' });
    await released(fixture);
    const result = await fixture.workspace.pipeline();
    expectOutcome(result, 'passed', 0);
    expect(result.run.warnings.join('\n')).toMatch(/pull/);
    await expectCleanState(fixture, result);
    // The run has waited until all images can be pulled again.
    await expectReleased(fixture, result);
  });
});

describe.concurrent('without a scan', () => {
  it('Harbor gets the images, and the outcome is unscanned', async () => {
    await using fixture = await createFixture({ services: FEW });
    const result = await fixture.workspace.pipeline(['--no-scan']);
    expectOutcome(result, 'unscanned', 0);
    await expectReleased(fixture, result);
    await expectCleanState(fixture, result);
    expect(result.run).toMatchObject({ scanned: false, promoted: true });
    expect(result.run.verdict).toBeUndefined();
    expect((await fixture.registry.artifacts()).map(({ scan }) => scan)).toEqual([undefined, undefined, undefined]);
  });

  it('a plain registry gets the images only with --no-scan', async () => {
    await using registry = await startRegistry();
    await using workspace = await createWorkspace({ host: registry.host, type: 'registry', services: FEW });
    const tags = async (service: string): Promise<readonly string[]> => {
      const response = await fetch(`http://${registry.host}/v2/${repositoryOf(service)}/tags/list`);
      return response.ok ? ((await response.json()) as { tags: string[] }).tags : [];
    };
    const digestOf = async (service: string) =>
      (
        await fetch(`http://${registry.host}/v2/${repositoryOf(service)}/manifests/1.0`, {
          method: 'HEAD',
          headers: { Accept: MANIFESTS },
        })
      ).headers.get('docker-content-digest');
    const refused = await workspace.pipeline();
    expect([2, 3], refused.stderr).toContain(refused.code);
    expect(refused.stdout).toContain('--no-scan');
    expect(await tags('api')).toEqual([]);

    for (const round of [1, 2]) {
      await workspace.change('api');
      const result = await workspace.pipeline(['--no-scan']);
      expectOutcome(result, 'unscanned', 0);
      expect(result.run).toMatchObject({ scanned: false, promoted: true, registry: { type: 'plain' } });
      for (const { service = '', digest } of result.run.images) expect(await digestOf(service)).toBe(digest);
      // Tags cannot be removed there.
      expect(result.run.staged.length).toBeGreaterThan(0);
      const others = (await tags('api')).filter((name) => !name.startsWith('objdocker-')).toSorted();
      expect(others).toEqual(['1.0', ...Array.from({ length: round }, (_, index) => `release-${index + 1}`)]);
      expect(result.inEngine.filter((name) => name.includes('objdocker-'))).toEqual([]);
      if (round === 2) expect(promotions(result)).toEqual({ api: 'moved', report: 'unchanged', worker: 'unchanged' });
    }
  });
});

describe.concurrent('somebody else', () => {
  it('who moves a public tag during the run keeps it there, and nothing is promoted', async () => {
    await using fixture = await createFixture({ services: FEW });
    const before = await released(fixture);
    await fixture.harbor.planScans(repository('report'), { holds: true });
    const running = fixture.workspace.pipeline();
    await until(
      async () => (await fixture.registry.artifacts()).some(({ scan }) => scan === 'Running'),
      (isRunning) => isRunning,
    );
    const theirs = await pushImage(fixture.harbor, { repository: repository('api'), tag: '1.0' });
    await fixture.harbor.planScans(repository('report'), {});
    const result = await running;
    expectOutcome(result, 'conflict', 1);
    expect(result.run.conflicts).toEqual([
      {
        reference: `${fixture.harbor.host}/${repository('api')}:1.0`,
        expected: before['api-shop:1.0'],
        found: theirs,
      },
    ]);
    await expectCleanState(fixture, result);
    expect(await fixture.registry.publicTags()).toEqual({ ...before, 'api-shop:1.0': theirs });
    expect(result.run.promoted).toBe(false);
    const stopped = await fixture.workspace.pipeline();
    expect([stopped.code, stopped.run.error?.code], stopped.stderr).toEqual([1, 'RELEASE_TAG_MOVED']);
    expect(stopped.run.error?.message).toContain(`${repository('api')}:1.0 points to ${theirs.slice(0, 19)}`);
    const again = await fixture.workspace.pipeline(['--adopt']);
    await expectReleased(fixture, again);
    expect(promotions(again)).toEqual({ api: 'moved', report: 'moved', worker: 'moved' });
  });

  it('who creates a new public tag during the run causes a conflict, too', async () => {
    await using fixture = await createFixture({ services: FEW });
    await fixture.harbor.planScans(repository('api'), { holds: true });
    const running = fixture.workspace.pipeline();
    await until(
      async () => (await fixture.registry.artifacts()).some(({ scan }) => scan === 'Running'),
      (isRunning) => isRunning,
    );
    const theirs = await pushImage(fixture.harbor, { repository: repository('worker'), tag: '1.0' });
    await fixture.harbor.planScans(repository('api'), {});
    const result = await running;
    expectOutcome(result, 'conflict', 1);
    expect(result.run.conflicts).toMatchObject([{ found: theirs }]);
    expect(await fixture.registry.publicTags()).toEqual({ 'worker-shop:1.0': theirs });
    await expectCleanState(fixture, result);
  });
});

describe('two platforms', () => {
  const platforms = ['linux/amd64', 'linux/arm64'];

  it('are both evaluated, and one that is rejected rejects the index', async () => {
    await using fixture = await createFixture({ services: FEW, base: 'scratch', image: { platforms } });
    await fixture.harbor.planScans(repository('report'), { platform: 'linux/arm64', findings: [CRITICAL] });
    const rejected = await fixture.workspace.pipeline();
    expectOutcome(rejected, 'rejected', 1);
    await expectCleanState(fixture, rejected);
    expect(await fixture.registry.publicTags()).toEqual({});
    const report = verdictOf(rejected, 'report');
    expect(report?.platforms.map(({ platform }) => platform).toSorted()).toEqual(platforms);
    expect(report?.rejecting).toMatchObject([{ id: 'CVE-2026-0001', platforms: ['linux/arm64'] }]);

    await fixture.harbor.planScans(repository('report'), { platform: 'linux/arm64' });
    const passed = await fixture.workspace.pipeline();
    expectOutcome(passed, 'passed', 0);
    await expectReleased(fixture, passed);
    await expectCleanState(fixture, passed);
    for (const { platforms: built } of passed.run.images) expect([...built].toSorted()).toEqual(platforms);
    const indexes = (await fixture.registry.artifacts()).filter(({ children }) => children.length === 2);
    expect(indexes.map(({ digest }) => digest).toSorted()).toEqual(
      Object.values(await fixture.registry.publicTags()).toSorted(),
    );
  });
});
