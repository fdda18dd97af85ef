import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { isObjDockerError } from '../../src/errors.ts';
import { type Environment, systemEnvironment } from '../../src/lib/environment.ts';
import type { PipelineReport } from '../../src/model/pipeline-run.ts';
import { ObjDocker } from '../../src/obj-docker/obj-docker.ts';
import { ObjBuild } from '../../src/pipeline/obj-build.ts';
import { newStagingTag } from '../../src/pipeline/promotion/tag-format.ts';
import { pushImage } from '../sandbox/small-images.ts';
import { createFixture, type OwnFixture } from './fixture.ts';

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

describe('somebody who changes the registry during a scan', () => {
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
      hint: expect.stringContaining('retention rule'),
    });
    expect(report?.run.promoted).toBe(false);
    expect(await fixture.registry.publicTags()).toEqual({});
    expect(await fixture.registry.ownTags()).toEqual([]);
  });

  it('and deletes the repository causes a clear error and no public tag', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { report, error } = await releaseWhile(fixture, async () => {
      expect((await fixture.harbor.api('DELETE', repository('api'))).status).toBe(200);
    });
    expect(error).toMatchObject({ code: 'REPOSITORY_NOT_FOUND', hint: expect.any(String) });
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

  it('and has forged journal tags moves no public tag and does not stop the release', async () => {
    await using fixture = await createFixture({ services: TWO });
    expect((await releaseWhile(fixture, async () => {})).report?.run.outcome).toBe('passed');
    const other = newStagingTag(new Date(Date.now() - 2 * 60 * 60_000));
    const bad = await pushImage(fixture.harbor, { repository: 'axion/api-shop', tag: `${other}.to.1.0` });
    for (const tag of [`${other}.to.2.0`, `${other}.undo.3.0`, `${other}.new.latest`, `${other}.from.1.0.to.1.0`]) {
      await fixture.harbor.api('POST', `${repository('api')}/artifacts/${bad}/tags`, { body: { name: tag } });
    }
    await fixture.workspace.change();
    const watch = fixture.registry.watch();
    const { report, error } = await releaseWhile(fixture, async () => {});
    expect(error).toBeUndefined();
    expect(report?.run.recovered).toEqual([{ run: other, action: 'not-started', references: [] }]);
    expect(report?.run.outcome).toBe('passed');
    for (const [name, digests] of await watch.stop()) expect(digests, name).not.toContain(bad);
    expect(await fixture.registry.contents()).toMatchObject(await fixture.workspace.contents());
  });
});
