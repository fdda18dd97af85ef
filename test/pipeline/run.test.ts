import { readFile, stat, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { isObjDockerError } from '../../src/errors.ts';
import { systemEnvironment } from '../../src/lib/environment.ts';
import { type PipelineReport, STAGES, type StageName } from '../../src/model/pipeline-run.ts';
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

/** A run through the library, with all that it told before it ended, however it ended. */
async function follow(
  { path, directory, env }: Workspace,
  options: PipelineOptions = {},
  onEvent: (event: PipelineEvent) => unknown = () => {},
): Promise<Followed> {
  const machine = systemEnvironment();
  const home = env.HOME ?? machine.home;
  const environment = {
    ...machine,
    cwd: directory,
    home,
    temp: env.TMPDIR ?? machine.temp,
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

/** The run that the last event tells. */
function lastRun({ events }: Followed) {
  const last = events.at(-1);
  if (last?.type !== 'run-finished') throw new Error(`the last event is ${last?.type}`);
  return last.run;
}

/** Stages that were begun, in their order. */
const begun = ({ events }: Followed): StageName[] =>
  events.flatMap((event) => (event.type === 'stage-started' ? [event.stage] : []));

/** Neither the registry nor the engine has a name of the pipeline's own. */
async function expectNothingStaged({ registry, workspace }: OwnFixture): Promise<void> {
  expect(await registry.ownTags()).toEqual([]);
  expect((await workspace.imagesInEngine()).filter((name) => name.includes(':objdocker-'))).toEqual([]);
}

const reference = ({ harbor }: OwnFixture, service: string) => `${harbor.host}/axion/${repositoryOf(service)}:1.0`;

describe('the events of a run', () => {
  it('tell of its stages in their order, and of the run at last', async () => {
    await using fixture = await createFixture({ services: TWO });
    const followed = await follow(fixture.workspace);
    const { events, report } = followed;
    expect(events[0]).toMatchObject({
      type: 'run-started',
      package: 'shop',
      images: TWO.map((service) => ({ service, reference: reference(fixture, service) })),
    });
    expect(begun(followed)).toEqual(STAGES.filter((name) => name !== 'registries'));
    const told = events.flatMap((event) => (event.type === 'stage-finished' ? [event.stage] : []));
    expect(told).toEqual(report?.run.stages);
    expect(told.map(({ detail }) => detail)).toEqual([
      expect.stringMatching(/^\d+ checks passed$/),
      'no promotion was left half done',
      expect.stringMatching(/^2 images, \d+ of \d+ steps from the cache$/),
      // The engine is silent about small layers that it sends in one piece.
      expect.stringMatching(/^2 images(, [1-9][\d.]* [kM]B sent)?$/),
      '2 of 2 scanned',
      'all 2 passed',
      '2 created',
      'deployment.k3s.output names no file',
    ]);
    expect(events.at(-1)).toEqual({ type: 'run-finished', ...report });
    expect(events.filter(({ type }) => type === 'run-finished')).toHaveLength(1);
    for (const scan of events.filter((event) => event.type === 'scan')) {
      expect(TWO.map((service) => reference(fixture, service))).toContain(scan.reference);
    }
    expect(report?.run.images).toEqual(
      TWO.map((service) => ({
        service,
        repository: `axion/${repositoryOf(service)}`,
        reference: reference(fixture, service),
        digest: expect.stringMatching(/^sha256:/),
        sizeBytes: expect.any(Number),
        platforms: ['linux/amd64'],
        promotion: 'created',
      })),
    );
    expect(report?.scans.map(({ repository }) => repository)).toEqual(TWO.map((name) => `axion/${repositoryOf(name)}`));
    expect(JSON.stringify(events)).not.toContain(fixture.harbor.admin.password);
    // What is inside knows nothing of the staging tag.
    const labels = await docker(['inspect', '--format', '{{json .Config.Labels}}', reference(fixture, 'api')]);
    expect(JSON.parse(labels)).toMatchObject({ version: '1.0' });
  });

  it('tell of the run also before its error', async () => {
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
      ['build', 'failed'],
      ...['push', 'scan', 'gate', 'promote', 'registries'].map((name) => [name, 'skipped']),
    ]);
    await expectNothingStaged(fixture);
  });

  it.each([
    ['a Dockerfile that is not there', { image: { dockerfile: 'missing' } }, {}, 'DOCKERFILE_NOT_FOUND'],
    ['a service that there is not', {}, { services: ['apu'] }, 'SERVICE_UNKNOWN'],
    ['a tag of our own form', {}, { tag: 'objdocker-20260531T081500Z-3f9a1c2b7d4e' }, 'REFERENCE_INVALID'],
    ['a tag without room for a note', {}, { tag: 'v'.repeat(90) }, 'REFERENCE_INVALID'],
    ['a tag of 10,000 characters', {}, { tag: 'v'.repeat(10_000) }, 'REFERENCE_INVALID'],
    ['a plain registry, with a scan', { type: 'registry' }, {}, 'REGISTRY_NOT_HARBOR'],
    ['a variable that is not set', { scan: { allow: [{ id: 'CVE-1', reason: '${UNSET}' }] } }, {}, 'VARIABLE_UNSET'],
    [
      'a node’s password that cannot be had',
      { registry: { pull: { username: 'node', password: '${UNSET}' } }, k3s: { output: 'nodes/registries.yaml' } },
      {},
      'VARIABLE_UNSET',
    ],
    ['a folder that cannot be made', { k3s: { output: 'config.yaml/registries.yaml' } }, {}, 'OUTPUT_FAILED'],
  ])('say what is wrong before anything is asked: %s', async (_name, config, options, code) => {
    await using fixture = await createFixture({ services: TWO });
    await fixture.workspace.configure(config);
    await fixture.harbor.forgetTraffic();
    const followed = await follow(fixture.workspace, options);
    expect(isObjDockerError(followed.error) && followed.error.code, String(followed.error)).toBe(code);
    expect(String(followed.error).length).toBeLessThan(500);
    expect(lastRun(followed)).toMatchObject({ outcome: 'failed', images: [], error: { code } });
    expect(lastRun(followed).stages[0]).toMatchObject({ name: 'preflight', status: 'failed' });
    expect((await fixture.harbor.traffic()).requests).toBe(0);
  });
});

describe('a scanner that is missing or down', () => {
  it('ends the run before anything is built', async () => {
    await using fixture = await createFixture({ services: TWO });
    await fixture.harbor.breakDown('trivy');
    const followed = await follow(fixture.workspace);
    expect(begun(followed)).toEqual(['preflight']);
    expect(followed.report?.run).toMatchObject({ outcome: 'scanner-down', promoted: false, scanned: true });
    expect(followed.report?.run.stages[0]).toMatchObject({
      status: 'failed',
      detail: expect.stringMatching(/scanner .* does not answer/),
    });
    // Without a scan it is of no account.
    const unscanned = await follow(fixture.workspace, { scan: false });
    expect(unscanned.report?.run).toMatchObject({ outcome: 'unscanned', promoted: true, scanned: false });
  });

  it('is no reason to fail for another part of Harbor that is down', async () => {
    await using fixture = await createFixture({ services: TWO });
    await fixture.harbor.breakDown('trivy', 'jobservice');
    const followed = await follow(fixture.workspace);
    expect(isObjDockerError(followed.error) && followed.error.code).toBe('REGISTRY_UNHEALTHY');
    expect(lastRun(followed).outcome).toBe('failed');
  });
});

describe('a run that is cancelled', () => {
  it.each(['preflight', 'build', 'push', 'scan'] as const)('in %s ends soon, and leaves nothing', async (stage) => {
    await using fixture = await createFixture({ services: TWO });
    expect((await follow(fixture.workspace)).report?.run.outcome).toBe('passed');
    const before = await fixture.registry.publicTags();
    await fixture.workspace.change();
    await fixture.harbor.planScans(`axion/${repositoryOf('api')}`, { holds: true });
    const abort = new AbortController();
    let cancelled = 0;
    const followed = await follow(fixture.workspace, { signal: abort.signal }, (event) => {
      // In the middle of the stage: with its first event.
      if (event.type !== stage || cancelled > 0) return;
      cancelled = performance.now();
      abort.abort();
    });
    expect(performance.now() - cancelled).toBeLessThan(6_000);
    expect(isObjDockerError(followed.error) && followed.error.code).toBe('CANCELLED');
    expect(lastRun(followed)).toMatchObject({ outcome: 'cancelled', promoted: false, error: { code: 'CANCELLED' } });
    expect(await fixture.registry.publicTags()).toEqual(before);
    await expectNothingStaged(fixture);
  });

  it('in its promotion says what became of the tags: all of them, or none', async () => {
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

  it('by leaving its loop is over when the loop is', async () => {
    await using fixture = await createFixture({ services: TWO });
    await follow(fixture.workspace, {}, ({ type }) => (type === 'push' ? 'leave' : undefined));
    expect(await fixture.registry.publicTags()).toEqual({});
    await expectNothingStaged(fixture);
  });

  it('while it waits for its turn has done nothing', async () => {
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
    const second = await (other ?? Promise.reject(new Error('no scan was waited for')));
    const waiting = second.events.find((event) => event.type === 'waiting');
    expect(waiting?.message).toBe(
      `waiting for another run of the package on this machine: ${lastRun(first).run}, process ${process.pid}`,
    );
    expect(lastRun(second)).toMatchObject({ outcome: 'cancelled' });
    expect(begun(second)).toEqual([]);
  });
});

describe('registries.yaml', () => {
  it('is written after the promotion, for its owner alone, and left alone when it is so already', async () => {
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

describe('what the engine keeps', () => {
  it('loses the names that runs which died long ago have left, and those alone', async () => {
    await using fixture = await createFixture({ services: TWO });
    const name = `${fixture.harbor.host}/axion/${repositoryOf('api')}`;
    const old = `${name}:objdocker-20200101T000000Z-3f9a1c2b7d4e`;
    const young = `${name}:objdocker-${new Date().toISOString().slice(0, 10).replaceAll('-', '')}T000001Z-3f9a1c2b7d4e`;
    const alike = `${name}:objdocker-stable`;
    for (const left of [old, young, alike]) await docker(['tag', 'localhost/busybox:bookworm', left]);
    expect((await follow(fixture.workspace)).report?.run).toMatchObject({ outcome: 'passed', warnings: [] });
    const names = await fixture.workspace.imagesInEngine();
    expect(names.map((each) => `${fixture.harbor.host}/${each}`).filter((each) => each.startsWith(name))).toEqual(
      [`${name}:1.0`, young, alike].toSorted(),
    );
  });
});

describe('moved tags that cannot be pulled before they are scanned once more', () => {
  it('are waited for, and a scan that then fails is a warning', async () => {
    await using fixture = await createFixture({ services: TWO, scan: { timeout: '20s' } });
    await setProjectMetadata(fixture, { auto_scan: 'true' });
    await follow(fixture.workspace);
    await setProjectMetadata(fixture, { auto_scan: 'true', prevent_vul: 'true', severity: 'critical' });
    await fixture.workspace.change('api');
    await fixture.harbor.forgetTraffic();
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

describe('an image that was scanned before', () => {
  it('is judged by the scan of this push: what was found since then counts', async () => {
    await using fixture = await createFixture({ services: TWO, registry: { auto_scan: true } });
    expect((await follow(fixture.workspace)).report?.run.outcome).toBe('passed');
    await fixture.harbor.planScans(`axion/${repositoryOf('worker')}`, {
      findings: [finding('CVE-2026-9', 'Critical')],
    });
    const { report } = await follow(fixture.workspace);
    expect(report?.run.outcome).toBe('rejected');
    expect(report?.run.verdict?.images.map(({ outcome }) => outcome)).toEqual(['passed', 'rejected']);
  });

  it('is not judged by its old scan while Harbor does not begin the one of the push, which is asked for then', async () => {
    await using fixture = await createFixture({ services: TWO, registry: { auto_scan: true } });
    expect((await follow(fixture.workspace)).report?.run.outcome).toBe('passed');
    await fixture.harbor.planScans(`axion/${repositoryOf('worker')}`, { findings: [CRITICAL] });
    await fixture.harbor.forgetTraffic();
    const { report } = await follow(fixture.workspace, {}, async (event) => {
      if (event.type === 'stage-started' && event.stage === 'build')
        await setProjectMetadata(fixture, { auto_scan: 'false' });
    });
    expect(report?.run.outcome).toBe('rejected');
    const asked = (await requestedChanges(fixture)).filter((change) => change.endsWith('/scan'));
    expect(asked).toHaveLength(TWO.length);
  });
});
