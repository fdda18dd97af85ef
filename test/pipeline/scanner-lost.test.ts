import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { createRobot } from '../harness/harbor-project.ts';
import { until } from '../harness/processes.ts';
import { createFixture, expectCleanState, expectOutcome, type OwnFixture, requestedChanges } from './fixture.ts';
import { released, repository, stageOf } from './outcome.ts';
import { createWorkspace, readEvents, type Workspace } from './workspace.ts';

const ONE = ['api'];

/** A build that never ends by itself. */
const ENDLESS = `FROM localhost/busybox:bookworm AS api
COPY api.txt /service.txt
RUN while :; do sleep 1; done
`;

const pushes = async (fixture: OwnFixture) =>
  (await requestedChanges(fixture)).filter((change) => change.includes(`/${repository('api')}/`));

/** Takes the scanner down once the build runs. */
async function loseDuringBuild(fixture: OwnFixture, workspace: Workspace) {
  const events = workspace.path('../events.jsonl');
  const running = workspace.pipeline(['--events', events]);
  await until(
    () => readEvents(events),
    (seen) => seen.some((event) => event.type === 'build'),
  );
  await fixture.harbor.setDown('trivy');
  return running;
}

describe.concurrent('a scanner that stops during the build', () => {
  it('ends a build that is still running', async () => {
    await using fixture = await createFixture({ services: ONE });
    const before = await released(fixture);
    await writeFile(fixture.workspace.path('Dockerfile'), ENDLESS);
    const result = await loseDuringBuild(fixture, fixture.workspace);
    expectOutcome(result, 'scanner-down', 3);
    expect([stageOf(result, 'build'), stageOf(result, 'push'), stageOf(result, 'scan')]).toEqual([
      'failed',
      'skipped',
      'skipped',
    ]);
    expect(result.run.stages.find(({ name }) => name === 'build')?.detail).toMatch(
      /^the scanner .* does not respond to Harbor$/,
    );
    expect(await fixture.registry.publicTags()).toEqual(before);
    await expectCleanState(fixture, result);
    expect(await pushes(fixture)).toEqual([]);
  });

  it('ends it as a robot that may not read the scanner', async () => {
    await using fixture = await createFixture({ services: ONE });
    const login = await createRobot(fixture.harbor, 'release');
    await using workspace = await createWorkspace({ host: fixture.harbor.host, login, services: ONE });
    await writeFile(workspace.path('Dockerfile'), ENDLESS);
    const result = await loseDuringBuild(fixture, workspace);
    expectOutcome(result, 'scanner-down', 3);
    expect(result.run.stages.find(({ name }) => name === 'build')).toMatchObject({
      status: 'failed',
      detail: expect.stringContaining('its scanner Trivy is down'),
    });
  });

  it('ends the run before the push when the build is done', async () => {
    await using fixture = await createFixture({ services: ONE });
    const { report } = await fixture.workspace.library({}, {}, async (event) => {
      if (event.type === 'stage-started' && event.stage === 'build') await fixture.harbor.setDown('trivy');
    });
    expect(report.run).toMatchObject({ outcome: 'scanner-down', promoted: false });
    expect(report.run.stages.map(({ name, status }) => `${name} ${status}`)).toContain('push skipped');
    expect(await fixture.workspace.imagesInEngine()).toEqual([]);
    expect(await pushes(fixture)).toEqual([]);
  });

  it('is waited for when it restarts', async () => {
    await using fixture = await createFixture({ services: ONE });
    const { report, events } = await fixture.workspace.library({}, {}, async (event) => {
      if (event.type === 'stage-started' && event.stage === 'build') await fixture.harbor.setDown('trivy');
      if (event.type === 'waiting') await fixture.harbor.setDown();
    });
    expect(report.run.outcome).toBe('passed');
    expect(events.flatMap((event) => (event.type === 'waiting' ? [event.message] : []))).toEqual([
      expect.stringMatching(/^waiting for the scanner: the scanner .* does not respond to Harbor$/),
    ]);
  });
});
