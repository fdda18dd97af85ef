import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { isObjDockerError } from '../../src/errors.ts';
import { systemEnvironment } from '../../src/lib/environment.ts';
import { STAGES, type StageName } from '../../src/model/enums.ts';
import type { PipelineReport } from '../../src/model/pipeline-run.ts';
import { ObjDocker } from '../../src/obj-docker/obj-docker.ts';
import type { PipelineEvent } from '../../src/pipeline/events.ts';
import { ObjBuild } from '../../src/pipeline/obj-build.ts';
import type { PipelineOptions } from '../../src/pipeline/options.ts';
import { docker } from '../harness/sandbox.ts';
import { CRITICAL, createFixture, finding, type OwnFixture, requestedChanges, setProjectMetadata } from './fixture.ts';
import { repositoryOf, type Workspace } from './workspace.ts';

const TWO = ['api', 'worker'];

interface Followed {
  readonly events: readonly PipelineEvent[];
  readonly report?: PipelineReport;
  readonly error?: unknown;
}

/** A run through the library, with all its events, however it ends. */
async function follow(
  { path, directory, env }: Workspace,
  options: PipelineOptions = {},
  onEvent: (event: PipelineEvent) => unknown = () => {},
): Promise<Followed> {
  const system = systemEnvironment();
  const home = env.HOME ?? system.home;
  const environment = {
    ...system,
    cwd: directory,
    home,
    temp: env.TMPDIR ?? system.temp,
    env: { ...process.env, ...env },
  };
  const config = await loadConfig(path('config.yaml'), { env: environment.env });
  const substrate = new ObjDocker({ environment });
  const events: PipelineEvent[] = [];
  try {
    const run = new ObjBuild(substrate, { environment }).run(config.selectPackage(), options);
    for await (const event of run) {
      events.push(event);
      if ((await onEvent(event)) === 'leave') return { events };
    }
    return { events, report: await run.result };
  } catch (error) {
    return { events, error };
  } finally {
    substrate.close();
  }
}

/** The run in the last event. */
function lastRun({ events }: Followed) {
  const last = events.at(-1);
  if (last?.type !== 'run-finished') throw new Error(`the last event is ${last?.type}`);
  return last.run;
}

/** The stages that were started, in order. */
const startedStages = ({ events }: Followed): StageName[] =>
  events.flatMap((event) => (event.type === 'stage-started' ? [event.stage] : []));

/** Neither the registry nor the engine has a staging tag. */
async function expectNothingStaged({ registry, workspace }: OwnFixture): Promise<void> {
  expect(await registry.ownTags()).toEqual([]);
  expect((await workspace.imagesInEngine()).filter((name) => name.includes(':objdocker-'))).toEqual([]);
}

const reference = ({ harbor }: OwnFixture, service: string) => `${harbor.host}/axion/${repositoryOf(service)}:1.0`;

describe.concurrent('the events of a run', () => {
  it('report the stages in order, and the run at the end', async () => {
    await using fixture = await createFixture({ services: TWO });
    const followed = await follow(fixture.workspace);
    const { events, report } = followed;
    expect(events[0]).toMatchObject({
      type: 'run-started',
      package: 'shop',
      images: TWO.map((service) => ({ service, reference: reference(fixture, service) })),
    });
    expect(startedStages(followed)).toEqual(STAGES.filter((name) => name !== 'registries'));
    const finished = events.flatMap((event) => (event.type === 'stage-finished' ? [event.stage] : []));
    expect(finished).toEqual(report?.run.stages);
    expect(finished.map(({ detail }) => detail)).toEqual([
      expect.stringMatching(/^\d+ checks passed$/),
      'no release yet',
      '2 to build',
      expect.stringMatching(/^2 images, \d+ of \d+ steps from the cache$/),
      // The engine reports no progress for small layers.
      expect.stringMatching(/^2 images(, [1-9][\d.]* [kM]B sent)?$/),
      '2 of 2 scanned',
      'all 2 passed',
      'release 1: 2 created',
      'deployment.k3s.output is not set',
    ]);
    expect(events.at(-1)).toEqual({ type: 'run-finished', ...report });
    expect(events.filter(({ type }) => type === 'run-finished')).toHaveLength(1);
    for (const scan of events.filter((event) => event.type === 'scan')) {
      expect(TWO.map((service) => reference(fixture, service))).toContain(scan.reference);
    }
    expect(report?.run.images).toMatchObject(
      TWO.map((service) => ({
        action: 'build',
        reasons: ['no release has it yet'],
        service,
        repository: `axion/${repositoryOf(service)}`,
        reference: reference(fixture, service),
        digest: expect.stringMatching(/^sha256:/),
        sizeBytes: expect.any(Number),
        platforms: ['linux/amd64'],
        tags: [{ tag: '1.0', reference: reference(fixture, service), promotion: 'created' }],
      })),
    );
    expect(report?.scans.map(({ repository }) => repository)).toEqual(TWO.map((name) => `axion/${repositoryOf(name)}`));
    expect(JSON.stringify(events)).not.toContain(fixture.harbor.admin.password);
    // The image itself does not contain the staging tag.
    const labels = await docker(['inspect', '--format', '{{json .Config.Labels}}', reference(fixture, 'api')]);
    expect(JSON.parse(labels)).toMatchObject({ version: '1.0' });
  });

  it('report the run also before its error', async () => {
    await using fixture = await createFixture({ services: TWO });
    await writeFile(
      fixture.workspace.path('Dockerfile'),
      'FROM localhost/busybox:bookworm AS api\nRUN exit 7\nFROM api AS worker\n',
    );
    const followed = await follow(fixture.workspace);
    expect(isObjDockerError(followed.error) && followed.error.code).toBe('BUILD_FAILED');
    const run = lastRun(followed);
    expect(run).toMatchObject({ outcome: 'failed', promoted: false, error: { code: 'BUILD_FAILED' } });
    expect(run.stages.map(({ name, status }) => [name, status])).toEqual([
      ['preflight', 'done'],
      ['recover', 'done'],
      ['plan', 'done'],
      ['build', 'failed'],
      ...['push', 'scan', 'gate', 'promote', 'registries'].map((name) => [name, 'skipped']),
    ]);
    await expectNothingStaged(fixture);
  });

  it.each([
    ['a missing Dockerfile', { image: { dockerfile: 'missing' } }, {}, 'DOCKERFILE_NOT_FOUND'],
    ['an unknown service', {}, { services: ['apu'] }, 'SERVICE_UNKNOWN'],
    ['a tag of the pipeline form', {}, { tags: ['objdocker-20260531T081500Z-3f9a1c2b7d4e'] }, 'REFERENCE_INVALID'],
    ['a tag that keeps images of releases', {}, { tags: ['2.0', 'release-7'] }, 'REFERENCE_INVALID'],
    ['a tag of 10,000 characters', {}, { tags: ['v'.repeat(10_000)] }, 'REFERENCE_INVALID'],
    ['a scan on a plain registry', { type: 'registry' }, {}, 'REGISTRY_NOT_HARBOR'],
    ['an unset variable', { scan: { allow: [{ id: 'CVE-1', reason: '${UNSET}' }] } }, {}, 'VARIABLE_UNSET'],
    [
      'an unset password variable for nodes',
      { registry: { pull: { username: 'node', password: '${UNSET}' } }, k3s: { output: 'nodes/registries.yaml' } },
      {},
      'VARIABLE_UNSET',
    ],
    ['a folder that cannot be created', { k3s: { output: 'config.yaml/registries.yaml' } }, {}, 'OUTPUT_FAILED'],
  ])('end with an error before any request: %s', async (_name, config, options, code) => {
    await using fixture = await createFixture({ services: TWO });
    await fixture.workspace.configure(config);
    await fixture.harbor.resetTraffic();
    const followed = await follow(fixture.workspace, options);
    expect(isObjDockerError(followed.error) && followed.error.code, String(followed.error)).toBe(code);
    expect(String(followed.error).length).toBeLessThan(500);
    expect(lastRun(followed)).toMatchObject({ outcome: 'failed', images: [], error: { code } });
    expect(lastRun(followed).stages[0]).toMatchObject({ name: 'preflight', status: 'failed' });
    expect((await fixture.harbor.traffic()).requests).toBe(0);
  });
});

describe.concurrent('a scanner that is missing or down', () => {
  it('ends the run before the build', async () => {
    await using fixture = await createFixture({ services: TWO });
    await fixture.harbor.setDown('trivy');
    const followed = await follow(fixture.workspace);
    expect(startedStages(followed)).toEqual(['preflight']);
    expect(followed.report?.run).toMatchObject({ outcome: 'scanner-down', promoted: false, scanned: true });
    expect(followed.report?.run.stages[0]).toMatchObject({
      status: 'failed',
      detail: expect.stringMatching(/scanner .* does not respond/),
    });
    // A run without scans does not need it.
    const unscanned = await follow(fixture.workspace, { scan: false });
    expect(unscanned.report?.run).toMatchObject({ outcome: 'unscanned', promoted: true, scanned: false });
  });

  it('is not the reason when another part of Harbor is down, too', async () => {
    await using fixture = await createFixture({ services: TWO });
    await fixture.harbor.setDown('trivy', 'jobservice');
    const followed = await follow(fixture.workspace);
    expect(isObjDockerError(followed.error) && followed.error.code).toBe('REGISTRY_UNHEALTHY');
    expect(lastRun(followed).outcome).toBe('failed');
  });
});

describe.concurrent('a run that is cancelled', () => {
  it.each(['preflight', 'build', 'push', 'scan'] as const)('in %s ends and leaves nothing', async (stage) => {
    await using fixture = await createFixture({ services: TWO });
    expect((await follow(fixture.workspace)).report?.run.outcome).toBe('passed');
    const before = await fixture.registry.publicTags();
    await fixture.workspace.change();
    await fixture.harbor.planScans(`axion/${repositoryOf('api')}`, { holds: true });
    const abort = new AbortController();
    let cancelled = false;
    const followed = await follow(fixture.workspace, { signal: abort.signal }, (event) => {
      // The first event of a stage is in its middle.
      if (event.type !== stage || cancelled) return;
      cancelled = true;
      abort.abort();
    });
    expect(isObjDockerError(followed.error) && followed.error.code).toBe('CANCELLED');
    expect(lastRun(followed)).toMatchObject({ outcome: 'cancelled', promoted: false, error: { code: 'CANCELLED' } });
    expect(await fixture.registry.publicTags()).toEqual(before);
    await expectNothingStaged(fixture);
  });

  it('in its promotion reports whether all tags were moved, or none', async () => {
    await using fixture = await createFixture({ services: TWO });
    await follow(fixture.workspace);
    const before = await fixture.registry.publicTags();
    await fixture.workspace.change();
    const abort = new AbortController();
    const followed = await follow(fixture.workspace, { signal: abort.signal }, (event) => {
      if (event.type === 'promotion') abort.abort();
    });
    const run = lastRun(followed);
    const after = await fixture.registry.publicTags();
    if (run.promoted) {
      expect(run.outcome).toBe('passed');
      expect(Object.values(after)).toEqual(run.images.map(({ digest }) => digest));
    } else {
      expect(run.outcome).toBe('cancelled');
      expect(after).toEqual(before);
    }
    await expectNothingStaged(fixture);
  });

  it('is over when its caller leaves the event loop', async () => {
    await using fixture = await createFixture({ services: TWO });
    await follow(fixture.workspace, {}, ({ type }) => (type === 'push' ? 'leave' : undefined));
    expect(await fixture.registry.publicTags()).toEqual({});
    await expectNothingStaged(fixture);
  });

  it('while it waits for the lock has done nothing', async () => {
    await using fixture = await createFixture({ services: TWO });
    await fixture.harbor.planScans(`axion/${repositoryOf('api')}`, { holds: true });
    const abort = new AbortController();
    let other: Promise<Followed> | undefined;
    const first = await follow(fixture.workspace, {}, async (event) => {
      if (event.type !== 'scan' || other !== undefined) return;
      other = follow(fixture.workspace, { signal: abort.signal }, ({ type }) => {
        if (type === 'waiting') abort.abort();
      });
      await other;
      await fixture.harbor.planScans(`axion/${repositoryOf('api')}`, {});
    });
    expect(first.report?.run.outcome).toBe('passed');
    const second = await (other ?? Promise.reject(new Error('the first run emitted no scan event')));
    const waiting = second.events.find((event) => event.type === 'waiting');
    expect(waiting?.message).toBe(
      `waiting for another run of the package on this machine: ${lastRun(first).run}, process ${process.pid}`,
    );
    expect(lastRun(second)).toMatchObject({ outcome: 'cancelled' });
    expect(startedStages(second)).toEqual([]);
  });
});

describe.concurrent('registries.yaml', () => {
  it('is written after the promotion with mode 0600, and left alone when it is up to date', async () => {
    await using fixture = await createFixture({ services: TWO, k3s: { output: 'nodes/registries.yaml' } });
    const file = fixture.workspace.path('nodes/registries.yaml');
    await fixture.harbor.planScans(`axion/${repositoryOf('api')}`, { findings: [CRITICAL] });
    expect((await follow(fixture.workspace)).report?.run).toMatchObject({ outcome: 'rejected', promoted: false });
    await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });

    await fixture.harbor.planScans(`axion/${repositoryOf('api')}`, {});
    const { report, events } = await follow(fixture.workspace);
    expect(report?.run).toMatchObject({ outcome: 'passed', registries: { path: file, changed: true } });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).toContain(fixture.harbor.host);
    expect(JSON.stringify(events)).not.toContain(fixture.harbor.admin.password);
    expect((await follow(fixture.workspace)).report?.run.registries).toEqual({ path: file, changed: false });
  });
});

describe.concurrent('what a run writes into the build context', () => {
  it('is not in COPY . ., so that an unchanged project gives the same image again', async () => {
    await using fixture = await createFixture({ services: ['api'] });
    const { workspace } = fixture;
    await writeFile(workspace.path('Dockerfile'), 'FROM scratch AS api\nCOPY . .\nARG VERSION\n');
    const outputs = ['--report', 'reports', '--events', 'events.jsonl'];
    const digests = [];
    for (let round = 0; round < 2; round++) {
      const { run, code, stderr } = await workspace.pipeline(outputs);
      expect(code, stderr).toBe(0);
      digests.push(run.images[0]?.digest);
    }
    expect(await readdir(workspace.path('reports'))).toContain('result.json');
    expect(digests[1]).toBe(digests[0]);
  });
});

describe.concurrent('the engine', () => {
  it('loses old staging tags of killed runs, and no other tags', async () => {
    await using fixture = await createFixture({ services: TWO });
    const name = `${fixture.harbor.host}/axion/${repositoryOf('api')}`;
    const old = `${name}:objdocker-20200101T000000Z-3f9a1c2b7d4e`;
    const young = `${name}:objdocker-${new Date().toISOString().slice(0, 10).replaceAll('-', '')}T000001Z-3f9a1c2b7d4e`;
    const similar = `${name}:objdocker-stable`;
    for (const left of [old, young, similar]) await docker(['tag', 'localhost/busybox:bookworm', left]);
    expect((await follow(fixture.workspace)).report?.run).toMatchObject({ outcome: 'passed', warnings: [] });
    const names = await fixture.workspace.imagesInEngine();
    expect(names.map((each) => `${fixture.harbor.host}/${each}`).filter((each) => each.startsWith(name))).toEqual(
      [`${name}:1.0`, young, similar].toSorted(),
    );
  });
});

describe.concurrent('moved tags that cannot be pulled before another scan', () => {
  it('are waited for, and a failed scan is a warning', async () => {
    await using fixture = await createFixture({ services: TWO, scan: { timeout: '20s' } });
    await setProjectMetadata(fixture, { auto_scan: 'true' });
    await follow(fixture.workspace);
    await setProjectMetadata(fixture, { auto_scan: 'true', prevent_vul: 'true', severity: 'critical' });
    await fixture.workspace.change('api');
    await fixture.harbor.resetTraffic();
    const followed = await follow(fixture.workspace, {}, async (event) => {
      if (event.type === 'verdict') {
        await fixture.harbor.planScans(`axion/${repositoryOf('api')}`, { fails: 'the disk is full' });
      }
    });
    const { warnings, outcome, promoted } = lastRun(followed);
    expect({ outcome, promoted }).toEqual({ outcome: 'passed', promoted: true });
    expect(warnings.join('\n')).toMatch(/cannot be pulled until Harbor has scanned/);
    expect(warnings.join('\n')).toContain(`${reference(fixture, 'api')} cannot be pulled: the scan`);
    expect(warnings.join('\n')).not.toContain(reference(fixture, 'worker'));
    expect((await requestedChanges(fixture)).filter((change) => change.endsWith('/scan'))).toEqual([]);
  });
});

describe.concurrent('an image that was scanned before', () => {
  it('is evaluated by the scan of this push, with the findings since then', async () => {
    // Without records every run builds and pushes.
    const release = { record: false };
    await using fixture = await createFixture({ services: TWO, registry: { auto_scan: true }, release });
    expect((await follow(fixture.workspace)).report?.run.outcome).toBe('passed');
    await fixture.harbor.planScans(`axion/${repositoryOf('worker')}`, {
      findings: [finding('CVE-2026-9', 'Critical')],
    });
    const { report } = await follow(fixture.workspace);
    expect(report?.run.outcome).toBe('rejected');
    expect(report?.run.verdict?.images.map(({ outcome }) => outcome)).toEqual(['passed', 'rejected']);
  });

  it('is not evaluated by its old scan when Harbor does not start a new one: the run triggers it', async () => {
    // Without records every run builds and pushes.
    const release = { record: false };
    await using fixture = await createFixture({ services: TWO, registry: { auto_scan: true }, release });
    expect((await follow(fixture.workspace)).report?.run.outcome).toBe('passed');
    await fixture.harbor.planScans(`axion/${repositoryOf('worker')}`, { findings: [CRITICAL] });
    await fixture.harbor.resetTraffic();
    const { report } = await follow(fixture.workspace, {}, async (event) => {
      if (event.type === 'stage-started' && event.stage === 'build')
        await setProjectMetadata(fixture, { auto_scan: 'false' });
    });
    expect(report?.run.outcome).toBe('rejected');
    const triggered = (await requestedChanges(fixture)).filter((change) => change.endsWith('/scan'));
    expect(triggered).toHaveLength(TWO.length);
  });
});
