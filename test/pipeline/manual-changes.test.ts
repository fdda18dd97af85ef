import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { isObjDockerError } from '../../src/errors.ts';
import { type Environment, systemEnvironment } from '../../src/lib/environment.ts';
import type { PipelineReport } from '../../src/model/pipeline-run.ts';
import { ObjDocker } from '../../src/obj-docker/obj-docker.ts';
import { ObjBuild } from '../../src/pipeline/obj-build.ts';
import { pushImage } from '../sandbox/small-images.ts';
import { CRITICAL, createFixture, moveTag, type OwnFixture } from './fixture.ts';

const TWO = ['api', 'worker'];

/** A release during which somebody changes the registry, once, when the first scan is running. */
async function releaseWhile(fixture: OwnFixture, change: (run: string) => Promise<void>) {
  const { workspace, harbor } = fixture;
  for (const service of TWO) await harbor.planScans(`axion/${service}-shop`, { holds: true });
  const environment: Environment = {
    ...systemEnvironment(),
    cwd: workspace.directory,
    env: { ...process.env, ...workspace.env },
  };
  const config = await loadConfig(workspace.path('config.yaml'), { env: environment.env });
  const docker = new ObjDocker({ environment });
  let run = '';
  let done = false;
  let report: PipelineReport | undefined;
  try {
    for await (const event of new ObjBuild(docker, { environment }).run(config.selectPackage())) {
      if (event.type === 'run-started') run = event.run;
      if (event.type === 'run-finished') report = event;
      if (event.type !== 'scan' || done) continue;
      done = true;
      await change(run);
      for (const service of TWO) await harbor.planScans(`axion/${service}-shop`, {});
    }
  } catch (error) {
    if (!isObjDockerError(error)) throw error;
    return { report, error };
  } finally {
    docker.close();
  }
  expect(done).toBe(true);
  return { report, error: undefined };
}

const repository = (service: string) => `projects/axion/repositories/${service}-shop`;

describe.concurrent('somebody who changes the registry during a scan', () => {
  it('and removes the staging tag does not stop the run, which uses the digest', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { report } = await releaseWhile(fixture, async (run) => {
      const path = `${repository('api')}/artifacts/${run}/tags/${run}`;
      expect((await fixture.harbor.api('DELETE', path)).status).toBe(200);
    });
    expect(report?.run).toMatchObject({ outcome: 'passed', promoted: true });
    expect(await fixture.registry.contents()).toMatchObject(await fixture.workspace.contents());
    expect(await fixture.registry.ownTags()).toEqual([]);
  });

  it('and moves the staging tag to another image does not get that image released', async () => {
    await using fixture = await createFixture({ services: TWO });
    const watch = fixture.registry.watch();
    let theirs = '';
    const { report } = await releaseWhile(fixture, async (run) => {
      theirs = await pushImage(fixture.harbor, { repository: 'axion/api-shop', tag: run });
    });
    expect(report?.run).toMatchObject({ outcome: 'passed', promoted: true });
    for (const digests of (await watch.stop()).values()) expect(digests).not.toContain(theirs);
    expect(await fixture.registry.contents()).toMatchObject(await fixture.workspace.contents());
  });

  it('and deletes the image causes a clear error and no public tag', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { report, error } = await releaseWhile(fixture, async (run) => {
      expect((await fixture.harbor.api('DELETE', `${repository('api')}/artifacts/${run}`)).status).toBe(200);
    });
    expect(error).toMatchObject({
      code: 'ARTIFACT_NOT_FOUND',
      message: expect.stringContaining('was deleted from Harbor before it was released'),
      hint: expect.stringMatching(/^Somebody deleted it: no tag retention rule of project axion does\./),
    });
    expect(report?.run.promoted).toBe(false);
    expect(await fixture.registry.publicTags()).toEqual({});
    expect(await fixture.registry.ownTags()).toEqual([]);
  });

  it('and lets a retention rule delete the image causes an error that names the rule', async () => {
    await using fixture = await createFixture({ services: TWO });
    const project = (await (await fixture.harbor.api('GET', 'projects/axion')).json()) as {
      readonly project_id: number;
    };
    const body = {
      algorithm: 'or',
      rules: [
        {
          action: 'retain',
          template: 'latestPushedK',
          params: { latestPushedK: 3 },
          tag_selectors: [{ kind: 'doublestar', decoration: 'matches', pattern: 'v*' }],
          scope_selectors: { repository: [{ kind: 'doublestar', decoration: 'repoMatches', pattern: 'api-*' }] },
        },
      ],
      trigger: { kind: 'Schedule', settings: { cron: '' } },
      scope: { level: 'project', ref: project.project_id },
    };
    const { report, error } = await releaseWhile(fixture, async (run) => {
      expect((await fixture.harbor.api('POST', 'retentions', { body })).status).toBe(201);
      // What its run does.
      expect((await fixture.harbor.api('DELETE', `${repository('api')}/artifacts/${run}`)).status).toBe(200);
    });
    expect(error?.hint).toContain(
      'In project axion this tag retention rule does not keep it: "for the repositories matching api-*, retain the most recently pushed 3 artifacts with tags matching v*"',
    );
    expect(report?.run.promoted).toBe(false);
  });

  it('and deletes the repository causes a clear error and no public tag', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { report, error } = await releaseWhile(fixture, async () => {
      expect((await fixture.harbor.api('DELETE', repository('api'))).status).toBe(200);
    });
    expect(error).toMatchObject({
      code: 'ARTIFACT_NOT_FOUND',
      message: expect.stringContaining('was deleted from Harbor before it was released'),
    });
    expect(report?.run.promoted).toBe(false);
    expect(await fixture.registry.publicTags()).toEqual({});
    expect(await fixture.registry.ownTags()).toEqual([]);
  });

  it('and removes a public tag causes a conflict, and the other tag stays', async () => {
    await using fixture = await createFixture({ services: TWO });
    expect((await releaseWhile(fixture, async () => {})).report?.run.outcome).toBe('passed');
    await fixture.workspace.change();
    const before = await fixture.registry.publicTags();
    const { report } = await releaseWhile(fixture, async () => {
      expect((await fixture.harbor.api('DELETE', `${repository('api')}/artifacts/1.0/tags/1.0`)).status).toBe(200);
    });
    expect(report?.run).toMatchObject({ outcome: 'conflict', promoted: false });
    expect(report?.run.conflicts.map(({ found }) => found)).toEqual([undefined]);
    expect(await fixture.registry.publicTags()).toEqual({ 'worker-shop:1.0': before['worker-shop:1.0'] });
  });

  it('and has forged a release record that is damaged is told, and nothing is overwritten', async () => {
    await using fixture = await createFixture({ services: TWO });
    expect((await releaseWhile(fixture, async () => {})).report?.run.outcome).toBe('passed');
    const bad = await pushImage(fixture.harbor, { repository: 'axion/shop-releases', tag: '2' });
    const before = await fixture.registry.all();
    await fixture.workspace.change();
    const stopped = await fixture.workspace.pipeline();
    expect([stopped.code, stopped.run.error?.code], stopped.stderr).toEqual([3, 'RECORD_INVALID']);
    expect(stopped.run.error?.message).toContain('axion/shop-releases:2');
    expect(await fixture.registry.all()).toEqual(before);
    const next = await fixture.workspace.pipeline(['--ignore-record', '2']);
    expect([next.code, next.run.release?.number], next.stderr).toEqual([0, 3]);
    expect((await fixture.registry.recordTags())['shop-releases:2']).toBe(bad);
    expect(await fixture.registry.contents()).toMatchObject(await fixture.workspace.contents());
  });
});

describe.concurrent('a public tag that somebody has moved by hand after a release', () => {
  const TAG = 'api-shop:1.0';

  /** Releases twice, then moves one tag back to the first release, as an operator does in an incident. */
  async function movedBack(fixture: OwnFixture): Promise<Readonly<Record<string, string>>> {
    const { workspace, registry, harbor } = fixture;
    expect((await workspace.pipeline()).code).toBe(0);
    const first = await registry.publicTags();
    await workspace.change();
    expect((await workspace.pipeline()).code).toBe(0);
    await moveTag(fixture, 'axion/api-shop', '1.0', first[TAG] ?? '');
    expect((await registry.publicTags())[TAG]).toBe(first[TAG]);
    await harbor.resetTraffic();
    return first;
  }

  it('is not moved by the next run, least of all by one that is rejected', async () => {
    await using fixture = await createFixture({ services: TWO });
    const first = await movedBack(fixture);
    const before = await fixture.registry.all();
    await fixture.workspace.change();
    for (const rejected of [false, true]) {
      if (rejected) await fixture.harbor.planScans('axion/api-shop', { findings: [CRITICAL] });
      const stopped = await fixture.workspace.pipeline();
      expect([stopped.code, stopped.run.error?.code], stopped.stderr).toEqual([1, 'RELEASE_TAG_MOVED']);
      expect(stopped.run.error?.hint).toMatch(/--adopt.*--reset/);
      expect(await fixture.registry.all()).toEqual(before);
    }
    const adopted = await fixture.workspace.pipeline(['--adopt']);
    expect([adopted.code, adopted.run.outcome], adopted.stderr).toEqual([1, 'rejected']);
    expect((await fixture.registry.publicTags())[TAG]).toBe(first[TAG]);
  });

  it('is the state before the release with --adopt, also for a service that the run leaves out', async () => {
    await using fixture = await createFixture({ services: TWO });
    const first = await movedBack(fixture);
    await fixture.workspace.change('worker');
    const result = await fixture.workspace.pipeline(['--adopt', '--service', 'worker']);
    expect(result.code, result.stderr).toBe(0);
    expect((await fixture.registry.publicTags())[TAG]).toBe(first[TAG]);
    // It is on record now.
    const again = await fixture.workspace.pipeline(['--service', 'worker']);
    expect([again.code, again.run.outcome], again.stderr).toEqual([0, 'unchanged']);
  });

  it('is moved to what the release says with --reset, before anything is built', async () => {
    await using fixture = await createFixture({ services: TWO });
    await movedBack(fixture);
    const { tags } = (await fixture.registry.records()).at(-1) ?? { tags: {} };
    await fixture.harbor.planScans('axion/api-shop', { findings: [CRITICAL] });
    await fixture.workspace.change();
    const result = await fixture.workspace.pipeline(['--reset']);
    expect([result.code, result.run.outcome], result.stderr).toEqual([1, 'rejected']);
    expect(await fixture.registry.publicTags()).toEqual(tags);
    expect(result.run.warnings.join('\n')).toContain('was moved back to what the current release says');
  });

  it('is reported as moved by --reset, when the release has the same images', async () => {
    await using fixture = await createFixture({ services: TWO });
    const first = await movedBack(fixture);
    const { code, run, stderr } = await fixture.workspace.pipeline(['--reset']);
    expect([code, run.outcome], stderr).toEqual([0, 'unchanged']);
    const tags = run.images.flatMap(({ service, tags }) =>
      tags.map(({ previous, promotion }) => ({ service, previous, promotion })),
    );
    expect(tags).toContainEqual({ service: 'api', previous: first[TAG], promotion: 'moved' });
    expect(tags).toContainEqual({ service: 'worker', previous: expect.any(String), promotion: 'unchanged' });
  });
});
