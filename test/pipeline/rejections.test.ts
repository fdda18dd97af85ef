import { describe, expect, it } from 'vitest';
import { createRobot } from '../harness/harbor-project.ts';
import { until } from '../harness/processes.ts';
import { createRandom, isLongTest } from '../random.ts';
import { CRITICAL, createFixture, expectCleanState, expectOutcome, expectReleased, finding } from './fixture.ts';
import { FEW, promotions, released, repository, stageOf, triggeredScans, verdictOf } from './outcome.ts';
import { createWorkspace, readEvents, repositoryOf } from './workspace.ts';

describe.concurrent('a rejection', () => {
  it('of all images leaves a new package without a public tag', async () => {
    await using fixture = await createFixture({ services: FEW });
    for (const service of FEW) await fixture.harbor.planScans(repository(service), { findings: [CRITICAL] });
    const result = await fixture.workspace.pipeline();
    expectOutcome(result, 'rejected', 1);
    await expectCleanState(fixture, result);
    expect(await fixture.registry.publicTags()).toEqual({});
    expect(result.inEngine).toEqual([]);
    expect(result.run.promoted).toBe(false);
    expect(stageOf(result, 'promote')).toBe('skipped');
    expect(verdictOf(result, 'api')?.rejecting).toMatchObject([{ id: 'CVE-2026-0001', severity: 'critical' }]);
  });

  it('of one image keeps all public tags where they are', async () => {
    await using fixture = await createFixture({ services: FEW });
    const before = await released(fixture);
    await fixture.harbor.planScans(repository('report'), { findings: [finding('CVE-2026-0002', 'Low'), CRITICAL] });
    const watch = fixture.registry.watch();
    const result = await fixture.workspace.pipeline();
    const seen = await watch.stop();
    expectOutcome(result, 'rejected', 1);
    await expectCleanState(fixture, result);
    expect(await fixture.registry.publicTags()).toEqual(before);
    for (const [name, digests] of seen) expect(digests, name).toEqual([before[name]]);
    expect(result.run.verdict?.images.map(({ service, outcome }) => [service, outcome])).toEqual(
      FEW.map((service) => [service, service === 'report' ? 'rejected' : 'passed']),
    );
    expect(promotions(result)).toEqual(Object.fromEntries(FEW.map((service) => [service, 'none'])));
    expect(Object.keys(before).map((name) => `axion/${name}`)).toEqual(result.inEngine);
  });

  it('comes from the lowest severity of the policy, and from none below', async () => {
    await using fixture = await createFixture({ services: ['api'], scan: { failOn: 'medium' } });
    await fixture.harbor.planScans(repository('api'), {
      findings: [finding('CVE-1', 'Medium'), finding('CVE-2', 'Low'), finding('CVE-3', 'Unknown')],
    });
    const result = await fixture.workspace.pipeline();
    expectOutcome(result, 'rejected', 1);
    expect(verdictOf(result, 'api')?.rejecting.map(({ id }) => id)).toEqual(['CVE-1']);
    await fixture.workspace.configure({ scan: { failOn: 'high' } });
    const again = await fixture.workspace.pipeline();
    expectOutcome(again, 'passed', 0);
    expect(verdictOf(again, 'api')).toMatchObject({ outcome: 'passed', unknownPassed: 1 });
    await expectReleased(fixture, again);
  });

  it('follows the policy', async () => {
    await using fixture = await createFixture({ services: ['api'] });
    const cases = [
      [{ ignoreUnfixed: true }, [CRITICAL], 'rejected'],
      [{ unknown: 'fail' }, [finding('CVE-1', 'Unknown')], 'rejected'],
      [{ failOn: 'none' }, [CRITICAL], 'passed'],
      [{ ignoreUnfixed: true }, [finding('CVE-1', 'Critical')], 'passed'],
      [{ ignoreStatus: ['affected'] }, [finding('CVE-1', 'Critical')], 'passed'],
      [{ ignoreStatus: ['will_not_fix'] }, [finding('CVE-1', 'Critical')], 'rejected'],
      [{ unknown: 'pass' }, [finding('CVE-1', 'Unknown')], 'passed'],
    ] as const;
    // The policy has unit tests: a few cases go through a whole run, all of them in a long test.
    const random = createRandom('policy');
    const start = random.below(cases.length);
    for (const [index, [scan, findings, outcome]] of cases.entries()) {
      if (!isLongTest && (index + start) % 3 !== 0) continue;
      await fixture.workspace.configure({ scan });
      await fixture.workspace.change();
      await fixture.harbor.planScans(repository('api'), { findings });
      const before = await fixture.registry.publicTags();
      const result = await fixture.workspace.pipeline();
      expectOutcome(result, outcome, outcome === 'passed' ? 0 : 1);
      await expectCleanState(fixture, result);
      if (outcome === 'passed') await expectReleased(fixture, result);
      else expect(await fixture.registry.publicTags(), JSON.stringify(scan)).toEqual(before);
    }
  });

  it('does not come from an allowed finding until the allowance expires', async () => {
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

describe.concurrent('a missing scan result', () => {
  it('is neither clean nor a rejection when a scan fails', async () => {
    await using fixture = await createFixture({ services: FEW });
    const before = await released(fixture);
    await fixture.harbor.planScans(repository('api'), { fails: 'the disk is full' });
    await fixture.harbor.planScans(repository('worker'), { findings: [CRITICAL] });
    const result = await fixture.workspace.pipeline();
    expectOutcome(result, 'scan-failed', 3);
    await expectCleanState(fixture, result);
    expect(await fixture.registry.publicTags()).toEqual(before);
    expect(verdictOf(result, 'api')?.outcome).toBe('scan-failed');
    expect(verdictOf(result, 'worker')?.outcome, 'the other images have a verdict').toBe('rejected');
  });

  it('comes from a scanner that is down at the start', async () => {
    await using fixture = await createFixture({ services: FEW });
    const before = await released(fixture);
    await fixture.harbor.setDown('trivy');
    const result = await fixture.workspace.pipeline();
    expect([result.code, result.run.promoted ?? false], result.stderr).toEqual([3, false]);
    expect(result.stdout).toMatch(/scanner-down|SCANNER_DOWN/);
    expect(await fixture.registry.publicTags()).toEqual(before);
    expect(await fixture.registry.ownTags()).toEqual([]);
    await fixture.harbor.setDown();
    const again = await fixture.workspace.pipeline();
    await expectReleased(fixture, again);
    await expectCleanState(fixture, again);
  });

  it('comes from a scanner that is down at the start, before the build, as a robot that may not read the scanner', async () => {
    await using fixture = await createFixture({ services: FEW });
    await using workspace = await createWorkspace({
      host: fixture.harbor.host,
      login: await createRobot(fixture.harbor, 'release'),
      services: FEW,
    });
    await fixture.harbor.setDown('trivy');
    const result = await workspace.pipeline();
    expectOutcome(result, 'scanner-down', 3);
    expect(result.run.stages.map(({ name, status }) => `${name} ${status}`)).toContain('build skipped');
    expect(result.stderr + result.stdout).toContain('its scanner Trivy is down');
  });

  it('comes from a scanner that goes down during the scan', async () => {
    await using fixture = await createFixture({ services: FEW });
    const before = await released(fixture);
    for (const service of FEW) await fixture.harbor.planScans(repository(service), { holds: true });
    const running = fixture.workspace.pipeline();
    await until(
      async () => (await fixture.registry.artifacts()).filter(({ scan }) => scan === 'Running').length,
      (count) => count === FEW.length,
    );
    await fixture.harbor.setDown('trivy');
    const result = await running;
    expectOutcome(result, 'scanner-down', 3);
    expect(await fixture.registry.publicTags()).toEqual(before);
  });

  it('comes from a scan that takes too long, and the same command waits for that scan', async () => {
    await using fixture = await createFixture({ services: FEW });
    const before = await released(fixture);
    await fixture.harbor.planScans(repository('report'), { holds: true });
    const result = await fixture.workspace.pipeline(['--timeout', '3s']);
    expectOutcome(result, 'timed-out', 3);
    expect(await fixture.registry.publicTags()).toEqual(before);
    expect(verdictOf(result, 'report')?.outcome).toBe('timed-out');
    expect(verdictOf(result, 'api')?.outcome).toBe('passed');
    // The scan is still running: the staging tag protects its image from gc.
    await expectCleanState(fixture, result, {
      staged: FEW.map((service) => `${repositoryOf(service)}:${result.run.run}`),
    });
    expect(result.run.staged.toSorted()).toEqual(
      FEW.map((service) => `${fixture.harbor.host}/${repository(service)}:${result.run.run}`),
    );
    await fixture.harbor.resetTraffic();
    const events = fixture.workspace.path('../second-run.jsonl');
    const again = fixture.workspace.pipeline(['--events', events]);
    // The second run has seen the scan of the first one.
    await until(
      () => readEvents(events),
      (seen) =>
        seen.some(
          (event) => event.type === 'scan' && event.event.type === 'progress' && event.reference.includes('report'),
        ),
    );
    await fixture.harbor.planScans(repository('report'), {});
    const continued = await again;
    await expectReleased(fixture, continued);
    const asked = await triggeredScans(fixture);
    expect(
      asked.filter((change) => change.includes('report')),
      'the running scan is waited for',
    ).toEqual([]);
  });
});
