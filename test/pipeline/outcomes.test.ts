import { setTimeout as sleep } from 'node:timers/promises';
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
  type OwnFixture,
  requestedChanges,
  setProjectMetadata,
} from './fixture.ts';
import { MANIFESTS } from './registry-view.ts';
import { createWorkspace, PACKAGE, type PipelineResult, repositoryOf, SERVICES } from './workspace.ts';

const FEW = ['api', 'report', 'worker'];

const repository = (service: string) => `axion/${repositoryOf(service)}`;
const promotions = ({ run }: PipelineResult) =>
  Object.fromEntries(run.images.map(({ service, promotion }) => [service, promotion]));
const verdictOf = ({ run }: PipelineResult, service: string) =>
  run.verdict?.images.find((image) => image.service === service);
const stageOf = ({ run }: PipelineResult, name: string) => run.stages.find((stage) => stage.name === name)?.status;

/** A release, and then a change to every service that is not released yet. */
async function released(fixture: OwnFixture): Promise<Readonly<Record<string, string>>> {
  const answer = await fixture.workspace.pipeline();
  await expectReleased(fixture, answer);
  await fixture.workspace.change();
  await fixture.harbor.forgetTraffic();
  return fixture.registry.publicTags();
}

/** How often each image was scanned so far, by the scans that were asked for. */
const scansAskedFor = async (fixture: OwnFixture) =>
  (await requestedChanges(fixture)).filter((change) => change.endsWith('/scan'));

describe.concurrent('a release', () => {
  it('gives all six their public tag, when all have passed, without a layer more', async () => {
    await using fixture = await createFixture();
    const answer = await fixture.workspace.pipeline();
    expectOutcome(answer, 'passed', 0);
    await expectReleased(fixture, answer);
    await expectCleanState(fixture, answer);
    expect(Object.keys(await fixture.registry.publicTags())).toEqual(
      SERVICES.map((service) => `${repositoryOf(service)}:1.0`),
    );
    expect(promotions(answer)).toEqual(Object.fromEntries(SERVICES.map((service) => [service, 'created'])));
    expect(answer.run.stages.map(({ name, status }) => [name, status])).toEqual([
      ['preflight', 'done'],
      ['recover', expect.stringMatching(/^(done|skipped)$/)],
      ['build', 'done'],
      ['push', 'done'],
      ['scan', 'done'],
      ['gate', 'done'],
      ['promote', 'done'],
      ['registries', 'skipped'],
    ]);
    expect(answer.run).toMatchObject({ package: PACKAGE, tag: '1.0', scanned: true, staged: [], warnings: [] });
    expect(answer.run.verdict?.outcome).toBe('passed');
    for (const { scan } of await fixture.registry.artifacts()) expect(scan).toBe('Success');
    // A tag that is new is made by name; nothing is put under it.
    const made = (await requestedChanges(fixture)).filter((change) => / \/v2\/.*\/manifests\/1\.0$/.test(change));
    expect(made).toEqual([]);
    expect(answer.inEngine).toEqual(SERVICES.map((service) => `axion/${repositoryOf(service)}:1.0`));
  });

  it('moves the tag of the one service that changed, and leaves the five others alone', async () => {
    await using fixture = await createFixture();
    await expectReleased(fixture, await fixture.workspace.pipeline());
    const before = await fixture.registry.publicTags();
    await fixture.workspace.change('report');
    await fixture.harbor.forgetTraffic();
    const answer = await fixture.workspace.pipeline();
    await expectReleased(fixture, answer);
    await expectCleanState(fixture, answer);
    expect(promotions(answer)).toEqual({
      ...Object.fromEntries(SERVICES.map((service) => [service, 'unchanged'])),
      report: 'moved',
    });
    const after = await fixture.registry.publicTags();
    expect(after['report-shop:1.0']).not.toBe(before['report-shop:1.0']);
    expect(after).toEqual({ ...before, 'report-shop:1.0': after['report-shop:1.0'] });
    const moves = (await requestedChanges(fixture)).filter((change) => change.endsWith('/manifests/1.0'));
    expect(moves).toEqual([`PUT /v2/${repository('report')}/manifests/1.0`]);
    expect(answer.run.images.find(({ service }) => service === 'report')?.previous).toBe(before['report-shop:1.0']);
    const old = (await fixture.registry.artifacts()).filter(({ digest }) => digest === before['report-shop:1.0']);
    expect(old, 'the old image stays').toHaveLength(1);
  });

  it('of one service leaves the others where they are', async () => {
    await using fixture = await createFixture({ services: FEW });
    const before = await released(fixture);
    const answer = await fixture.workspace.pipeline(['--service', 'worker']);
    expectOutcome(answer, 'passed', 0);
    await expectCleanState(fixture, answer);
    const after = await fixture.registry.publicTags();
    expect(after).toEqual({ ...before, 'worker-shop:1.0': answer.run.images[0]?.digest });
    expect(after['worker-shop:1.0']).not.toBe(before['worker-shop:1.0']);
  });

  it('under another tag leaves the one before alone', async () => {
    await using fixture = await createFixture({ services: FEW });
    const before = await released(fixture);
    const answer = await fixture.workspace.pipeline(['--tag', '2.0']);
    expectOutcome(answer, 'passed', 0);
    await expectCleanState(fixture, answer);
    const after = await fixture.registry.publicTags();
    expect(Object.keys(after)).toHaveLength(6);
    expect(after).toMatchObject(before);
    expect(promotions(answer)).toEqual({ api: 'created', report: 'created', worker: 'created' });
  });
});

describe.concurrent('a rejection', () => {
  it('of all leaves a new package without any public tag', async () => {
    await using fixture = await createFixture({ services: FEW });
    for (const service of FEW) await fixture.harbor.planScans(repository(service), { findings: [CRITICAL] });
    const answer = await fixture.workspace.pipeline();
    expectOutcome(answer, 'rejected', 1);
    await expectCleanState(fixture, answer);
    expect(await fixture.registry.publicTags()).toEqual({});
    expect(answer.inEngine).toEqual([]);
    expect(answer.run.promoted).toBe(false);
    expect(stageOf(answer, 'promote')).toBe('skipped');
    expect(verdictOf(answer, 'api')?.rejecting).toMatchObject([{ id: 'CVE-2026-0001', severity: 'critical' }]);
  });

  it('of one of six keeps the five others back, too', async () => {
    await using fixture = await createFixture();
    const before = await released(fixture);
    await fixture.harbor.planScans(repository('gateway'), { findings: [finding('CVE-2026-0002', 'Low'), CRITICAL] });
    const watch = fixture.registry.watch();
    const answer = await fixture.workspace.pipeline();
    const seen = await watch.stop();
    expectOutcome(answer, 'rejected', 1);
    await expectCleanState(fixture, answer);
    expect(await fixture.registry.publicTags()).toEqual(before);
    for (const [name, digests] of seen) expect(digests, name).toEqual([before[name]]);
    expect(answer.run.verdict?.images.map(({ service, outcome }) => [service, outcome])).toEqual(
      SERVICES.map((service) => [service, service === 'gateway' ? 'rejected' : 'passed']),
    );
    expect(promotions(answer)).toEqual(Object.fromEntries(SERVICES.map((service) => [service, 'none'])));
    expect(Object.keys(before).map((name) => `axion/${name}`)).toEqual(answer.inEngine);
  });

  it('comes from the lowest severity that the policy names, and from none below it', async () => {
    await using fixture = await createFixture({ services: ['api'], scan: { failOn: 'medium' } });
    await fixture.harbor.planScans(repository('api'), {
      findings: [finding('CVE-1', 'Medium'), finding('CVE-2', 'Low'), finding('CVE-3', 'Unknown')],
    });
    const answer = await fixture.workspace.pipeline();
    expectOutcome(answer, 'rejected', 1);
    expect(verdictOf(answer, 'api')?.rejecting.map(({ id }) => id)).toEqual(['CVE-1']);
    await fixture.workspace.configure({ scan: { failOn: 'high' } });
    const again = await fixture.workspace.pipeline();
    expectOutcome(again, 'passed', 0);
    expect(verdictOf(again, 'api')).toMatchObject({ outcome: 'passed', unknownPassed: 1 });
    await expectReleased(fixture, again);
  });

  it.each([
    ['failOn: none', { failOn: 'none' }, [CRITICAL], 'passed'],
    ['ignoreUnfixed, without a fix', { ignoreUnfixed: true }, [finding('CVE-1', 'Critical')], 'passed'],
    ['ignoreUnfixed, with a fix', { ignoreUnfixed: true }, [CRITICAL], 'rejected'],
    ['unknown: fail', { unknown: 'fail' }, [finding('CVE-1', 'Unknown')], 'rejected'],
    ['unknown: pass', { unknown: 'pass' }, [finding('CVE-1', 'Unknown')], 'passed'],
  ])('follows the policy: %s', async (_name, scan, findings, outcome) => {
    await using fixture = await createFixture({ services: ['api'], scan });
    await fixture.harbor.planScans(repository('api'), { findings });
    const answer = await fixture.workspace.pipeline();
    expectOutcome(answer, outcome, outcome === 'passed' ? 0 : 1);
    await expectCleanState(fixture, answer);
    expect(Object.keys(await fixture.registry.publicTags())).toEqual(outcome === 'passed' ? ['api-shop:1.0'] : []);
  });

  it('does not come from what is allowed, and comes back when the allowance is over', async () => {
    const allow = (until?: string) => ({
      allow: [{ id: 'CVE-2026-0001', reason: 'we do not call it', ...(until === undefined ? {} : { until }) }],
    });
    const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
    await using fixture = await createFixture({ services: FEW, scan: allow(day(-1)) });
    await fixture.harbor.planScans(repository('api'), { findings: [CRITICAL] });
    const expired = await fixture.workspace.pipeline();
    expectOutcome(expired, 'rejected', 1);
    await expectCleanState(fixture, expired);
    expect(await fixture.registry.publicTags()).toEqual({});
    expect(expired.run.verdict?.expired).toEqual([
      { id: 'CVE-2026-0001', reason: 'we do not call it', until: day(-1), findings: 1 },
    ]);
    await fixture.workspace.configure({ scan: allow(day(1)) });
    const allowed = await fixture.workspace.pipeline();
    expectOutcome(allowed, 'passed', 0);
    await expectReleased(fixture, allowed);
    await expectCleanState(fixture, allowed);
    expect(verdictOf(allowed, 'api')).toMatchObject({
      outcome: 'passed',
      rejecting: [],
      allowed: [{ id: 'CVE-2026-0001', reason: 'we do not call it', until: day(1) }],
    });
  });
});

describe.concurrent('no answer', () => {
  it('is neither clean nor a rejection when a scan fails', async () => {
    await using fixture = await createFixture({ services: FEW });
    const before = await released(fixture);
    await fixture.harbor.planScans(repository('api'), { fails: 'the disk is full' });
    await fixture.harbor.planScans(repository('worker'), { findings: [CRITICAL] });
    const answer = await fixture.workspace.pipeline();
    expectOutcome(answer, 'scan-failed', 3);
    await expectCleanState(fixture, answer);
    expect(await fixture.registry.publicTags()).toEqual(before);
    expect(verdictOf(answer, 'api')?.outcome).toBe('scan-failed');
    expect(verdictOf(answer, 'worker')?.outcome, 'what is known of the others is told').toBe('rejected');
  });

  it('comes from a scanner that is down from the start', async () => {
    await using fixture = await createFixture({ services: FEW });
    const before = await released(fixture);
    await fixture.harbor.breakDown('trivy');
    const answer = await fixture.workspace.pipeline();
    expect([answer.code, answer.run.promoted ?? false], answer.stderr).toEqual([3, false]);
    expect(answer.stdout).toMatch(/scanner-down|SCANNER_DOWN/);
    expect(await fixture.registry.publicTags()).toEqual(before);
    expect(await fixture.registry.ownTags()).toEqual([]);
    await fixture.harbor.breakDown();
    const again = await fixture.workspace.pipeline();
    await expectReleased(fixture, again);
    await expectCleanState(fixture, again);
  });

  it('comes from a scanner that goes down in the middle', async () => {
    await using fixture = await createFixture({ services: FEW });
    const before = await released(fixture);
    for (const service of FEW) await fixture.harbor.planScans(repository(service), { holds: true });
    const running = fixture.workspace.pipeline();
    await until(
      async () => (await fixture.registry.artifacts()).filter(({ scan }) => scan === 'Running').length,
      (count) => count === FEW.length,
    );
    await fixture.harbor.breakDown('trivy');
    const answer = await running;
    expectOutcome(answer, 'scanner-down', 3);
    expect(await fixture.registry.publicTags()).toEqual(before);
  });

  it('comes from a scan that takes too long, and the same command goes on with it', async () => {
    await using fixture = await createFixture({ services: FEW });
    const before = await released(fixture);
    await fixture.harbor.planScans(repository('report'), { holds: true });
    const answer = await fixture.workspace.pipeline(['--timeout', '3s']);
    expectOutcome(answer, 'timed-out', 3);
    expect(await fixture.registry.publicTags()).toEqual(before);
    expect(verdictOf(answer, 'report')?.outcome).toBe('timed-out');
    expect(verdictOf(answer, 'api')?.outcome).toBe('passed');
    // The scan goes on: its image keeps the tag that keeps it from being collected.
    await expectCleanState(fixture, answer, {
      staged: FEW.map((service) => `${repositoryOf(service)}:${answer.run.run}`),
    });
    expect(answer.run.staged.toSorted()).toEqual(
      FEW.map((service) => `${fixture.harbor.host}/${repository(service)}:${answer.run.run}`),
    );
    await fixture.harbor.forgetTraffic();
    const again = fixture.workspace.pipeline();
    await until(
      async () => (await fixture.registry.ownTags()).filter((name) => name.startsWith('report-')).length,
      (count) => count === 2,
    );
    await sleep(1_000);
    await fixture.harbor.planScans(repository('report'), {});
    const continued = await again;
    await expectReleased(fixture, continued);
    const asked = await scansAskedFor(fixture);
    expect(
      asked.filter((change) => change.includes('report')),
      'the scan that ran was waited for',
    ).toEqual([]);
  });
});

describe.concurrent('the rules of the project', () => {
  it('keep an immutable public tag where it is, and then no other moves', async () => {
    await using fixture = await createFixture({ services: FEW });
    const before = await released(fixture);
    await makeImmutable(fixture, '1.*');
    const watch = fixture.registry.watch();
    const answer = await fixture.workspace.pipeline();
    const seen = await watch.stop();
    expectOutcome(answer, 'failed', 1);
    expect(answer.run.error?.code).toBe('TAG_IMMUTABLE');
    await expectCleanState(fixture, answer);
    expect(await fixture.registry.publicTags()).toEqual(before);
    for (const [name, digests] of seen) expect(digests, name).toEqual([before[name]]);
    // A new version is another tag.
    const next = await fixture.workspace.pipeline(['--tag', '1.1']);
    expectOutcome(next, 'passed', 0);
    await expectCleanState(fixture, next);
    expect(await fixture.registry.publicTags()).toMatchObject(before);
    // What is released already needs no move.
    await fixture.harbor.forgetTraffic();
    const same = await fixture.workspace.pipeline(['--tag', '1.1']);
    expectOutcome(same, 'passed', 0);
    expect(promotions(same)).toEqual({ api: 'unchanged', report: 'unchanged', worker: 'unchanged' });
  });

  it('may keep our own tags from being taken off, which is a warning', async () => {
    await using fixture = await createFixture({ services: FEW });
    await makeImmutable(fixture, '**');
    const answer = await fixture.workspace.pipeline();
    expectOutcome(answer, 'passed', 0);
    await expectReleased(fixture, answer);
    const own = await fixture.registry.ownTags();
    expect(own).toEqual(expect.arrayContaining(FEW.map((service) => `${repositoryOf(service)}:${answer.run.run}`)));
    for (const name of own) expect(name).toContain(`:${answer.run.run}`);
    expect(answer.run.staged.toSorted()).toEqual(
      FEW.map((service) => `${fixture.harbor.host}/${repository(service)}:${answer.run.run}`),
    );
    expect(answer.run.warnings.join('\n')).toContain('immutable');
    // What lies there keeps the next release from nothing.
    const next = await fixture.workspace.pipeline(['--tag', '2.0']);
    expectOutcome(next, 'passed', 0);
    expect(Object.keys(await fixture.registry.publicTags())).toHaveLength(6);
  });

  it('let auto_scan be turned on, and then nothing is scanned twice', async () => {
    await using fixture = await createFixture({ services: FEW, registry: { auto_scan: true } });
    const answer = await fixture.workspace.pipeline();
    expectOutcome(answer, 'passed', 0);
    await expectReleased(fixture, answer);
    await expectCleanState(fixture, answer);
    expect(await scansAskedFor(fixture)).toEqual([]);
    const project = (await (await fixture.harbor.api('GET', 'projects/axion')).json()) as { metadata: object };
    expect(project.metadata).toMatchObject({ auto_scan: 'true' });
    // The push of what is there already has it scanned again, and the run waits for that scan.
    await fixture.workspace.change('api');
    await fixture.harbor.planScans(repository('worker'), { findings: [CRITICAL] });
    const again = await fixture.workspace.pipeline();
    expectOutcome(again, 'rejected', 1);
    await expectCleanState(fixture, again);
  });

  it('let no auto_scan be turned on by whoever may not, and then each image is scanned by hand', async () => {
    await using fixture = await createFixture({ services: FEW, registry: { auto_scan: true } });
    const { harbor, workspace } = fixture;
    const member = { role_id: 4, member_user: { username: harbor.outsider.username } };
    expect((await harbor.api('POST', 'projects/axion/members', { body: member })).status).toBe(201);
    await workspace.configure({ login: harbor.outsider });
    const answer = await workspace.pipeline();
    expectOutcome(answer, 'passed', 0);
    await expectReleased(fixture, answer);
    await expectCleanState(fixture, answer);
    expect(answer.run.warnings.join('\n')).toMatch(/auto_scan/);
    expect(await scansAskedFor(fixture)).toHaveLength(FEW.length);
  });

  it('refuse vulnerable images more strictly than our policy, and that is a rejection, too', async () => {
    await using fixture = await createFixture({ services: FEW });
    const before = await released(fixture);
    await setProjectMetadata(fixture, { prevent_vul: 'true', severity: 'high' });
    await fixture.harbor.planScans(repository('worker'), { findings: [finding('CVE-2026-0003', 'High')] });
    const answer = await fixture.workspace.pipeline();
    expectOutcome(answer, 'rejected', 1);
    await expectCleanState(fixture, answer);
    expect(await fixture.registry.publicTags()).toEqual(before);
    expect(verdictOf(answer, 'worker')).toMatchObject({
      outcome: 'rejected',
      reason: expect.stringMatching(/prevent|vulnerab/i),
    });
  });

  it('refuse unscanned images, which a release does not mind', async () => {
    await using fixture = await createFixture({ services: FEW });
    await setProjectMetadata(fixture, { prevent_vul: 'true', severity: 'low' });
    await released(fixture);
    const answer = await fixture.workspace.pipeline();
    expectOutcome(answer, 'passed', 0);
    await expectReleased(fixture, answer);
    await expectCleanState(fixture, answer);
  });

  it('refuse unscanned images and scan what is pushed: then a moved tag is waited for', async () => {
    await using fixture = await createFixture({ services: FEW, registry: { auto_scan: true } });
    await setProjectMetadata(fixture, { prevent_vul: 'true', severity: 'low', auto_scan: 'true' });
    await released(fixture);
    const answer = await fixture.workspace.pipeline();
    expectOutcome(answer, 'passed', 0);
    expect(answer.run.warnings.join('\n')).toMatch(/pull/);
    await expectCleanState(fixture, answer);
    // The run has waited until all can be pulled again.
    await expectReleased(fixture, answer);
  });
});

describe.concurrent('without a scan', () => {
  it('a Harbor gets its images, and the result says that nothing was scanned', async () => {
    await using fixture = await createFixture({ services: FEW });
    const answer = await fixture.workspace.pipeline(['--no-scan']);
    expectOutcome(answer, 'unscanned', 0);
    await expectReleased(fixture, answer);
    await expectCleanState(fixture, answer);
    expect(answer.run).toMatchObject({ scanned: false, promoted: true });
    expect(answer.run.verdict).toBeUndefined();
    expect((await fixture.registry.artifacts()).map(({ scan }) => scan)).toEqual([undefined, undefined, undefined]);
  });

  it('a plain registry refuses, unless it is asked for so', async () => {
    await using registry = await startRegistry();
    await using workspace = await createWorkspace({ host: registry.host, type: 'registry', services: FEW });
    const tags = async (service: string): Promise<readonly string[]> => {
      const answer = await fetch(`http://${registry.host}/v2/${repositoryOf(service)}/tags/list`);
      return answer.ok ? ((await answer.json()) as { tags: string[] }).tags : [];
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
      const answer = await workspace.pipeline(['--no-scan']);
      expectOutcome(answer, 'unscanned', 0);
      expect(answer.run).toMatchObject({ scanned: false, promoted: true, registry: { type: 'plain' } });
      for (const { service = '', digest } of answer.run.images) expect(await digestOf(service)).toBe(digest);
      // Nothing is taken off there.
      expect(answer.run.staged.length).toBeGreaterThan(0);
      expect((await tags('api')).filter((name) => !name.startsWith('objdocker-'))).toEqual(['1.0']);
      expect(answer.inEngine.filter((name) => name.includes('objdocker-'))).toEqual([]);
      if (round === 2) expect(promotions(answer)).toEqual({ api: 'moved', report: 'unchanged', worker: 'unchanged' });
    }
  });
});

describe.concurrent('somebody else', () => {
  it('who moves a public tag meanwhile keeps his, and nothing is promoted', async () => {
    await using fixture = await createFixture({ services: FEW });
    const before = await released(fixture);
    await fixture.harbor.planScans(repository('report'), { holds: true });
    const running = fixture.workspace.pipeline();
    await until(
      async () => (await fixture.registry.artifacts()).some(({ scan }) => scan === 'Running'),
      (isSo) => isSo,
    );
    const theirs = await pushImage(fixture.harbor, { repository: repository('api'), tag: '1.0' });
    await fixture.harbor.planScans(repository('report'), {});
    const answer = await running;
    expectOutcome(answer, 'conflict', 1);
    expect(answer.run.conflicts).toEqual([
      {
        reference: `${fixture.harbor.host}/${repository('api')}:1.0`,
        expected: before['api-shop:1.0'],
        found: theirs,
      },
    ]);
    await expectCleanState(fixture, answer);
    expect(await fixture.registry.publicTags()).toEqual({ ...before, 'api-shop:1.0': theirs });
    expect(answer.run.promoted).toBe(false);
    const again = await fixture.workspace.pipeline();
    await expectReleased(fixture, again);
    expect(promotions(again)).toEqual({ api: 'moved', report: 'moved', worker: 'moved' });
  });

  it('who makes a public tag meanwhile that was not there is a conflict, too', async () => {
    await using fixture = await createFixture({ services: FEW });
    await fixture.harbor.planScans(repository('api'), { holds: true });
    const running = fixture.workspace.pipeline();
    await until(
      async () => (await fixture.registry.artifacts()).some(({ scan }) => scan === 'Running'),
      (isSo) => isSo,
    );
    const theirs = await pushImage(fixture.harbor, { repository: repository('worker'), tag: '1.0' });
    await fixture.harbor.planScans(repository('api'), {});
    const answer = await running;
    expectOutcome(answer, 'conflict', 1);
    expect(answer.run.conflicts).toMatchObject([{ found: theirs }]);
    expect(await fixture.registry.publicTags()).toEqual({ 'worker-shop:1.0': theirs });
    await expectCleanState(fixture, answer);
  });
});

describe('two platforms', () => {
  const platforms = ['linux/amd64', 'linux/arm64'];

  it('are both judged: one that is rejected keeps the index back', async () => {
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
