import { rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { JSON_OUTPUTS } from '../../../src/cli/json-output.ts';
import { startRegistry } from '../../harness/sandbox.ts';
import { CRITICAL, createFixture, finding, moveTag, type OwnFixture, requestedChanges } from '../fixture.ts';
import { repository } from '../outcome.ts';
import { createWorkspace, type PipelineResult, type Workspace } from '../workspace.ts';

const TWO = ['api', 'worker'];

const ended = ({ run, code, stderr }: PipelineResult) => {
  expect(code, `${JSON.stringify(run, null, 2)}\n${stderr}`).toBe(0);
  return [run.outcome, run.release?.number];
};

const stoppedBy = ({ run, code }: PipelineResult) => [code, run.error?.code];

/** Runs a command with `--json`, and returns its JSON output. */
async function json<Name extends 'rollback' | 'promote' | 'hold' | 'resume'>(
  workspace: Workspace,
  name: Name,
  ...args: string[]
) {
  const { stdout, stderr, code } = await workspace.cli([name, '--json', ...args]);
  expect(code, `${stdout}\n${stderr}`).toBe(0);
  return JSON_OUTPUTS[name].parse(JSON.parse(stdout)) as ReturnType<(typeof JSON_OUTPUTS)[Name]['parse']>;
}

async function refused(workspace: Workspace, ...args: string[]) {
  const { stdout, stderr, code } = await workspace.cli([...args, '--json']);
  expect(code, `${stdout}\n${stderr}`).not.toBe(0);
  const { error } = JSON.parse(stdout) as { error: { code: string; message: string; hint: string } };
  return { exit: code, ...error };
}

async function scanAgain(workspace: Workspace, image: string): Promise<void> {
  const started = await workspace.cli(['harbor-trigger-scan', image, '--wait']);
  expect([0, 1], started.stderr).toContain(started.code);
}

/** Releases each service in turn with a new content, and returns what the public tags pointed to after each release. */
async function releases({ workspace, registry }: OwnFixture, ...changes: string[][]) {
  const found = [];
  for (const [index, services] of changes.entries()) {
    if (index > 0) await workspace.change(...services);
    expect(ended(await workspace.pipeline())).toEqual(['passed', index + 1]);
    found.push(await registry.publicTags());
  }
  return found;
}

describe.concurrent('a rollback', () => {
  it('moves the public tags back, holds the package, and withdraws what it left, without Dockerfile and engine', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { workspace, registry } = fixture;
    const [first, second] = await releases(fixture, TWO, ['api']);
    await using bare = await workspace.copy();
    await rm(bare.path('Dockerfile'));
    const env = { DOCKER_HOST: 'unix:///nowhere/docker.sock' };
    const result = await bare.cli(['rollback', '--json', '--reason', 'leaks memory'], { env });
    expect(result.code, result.stderr).toBe(0);
    const report = JSON_OUTPUTS.rollback.parse(JSON.parse(result.stdout));
    expect(report).toMatchObject({ from: 2, to: 1, kept: [], verdict: { outcome: 'passed' } });
    expect(report.release).toMatchObject({
      number: 3,
      kind: 'rollback',
      target: 1,
      reason: 'leaks memory',
      tags: ['1.0'],
      currentFor: ['1.0'],
      held: { number: 3, reason: 'leaks memory' },
      withdrawn: [{ repository: 'axion/api-shop', digest: second?.['api-shop:1.0'], number: 3 }],
    });
    expect(
      report.release.services.map(({ service, since, carried, tags }) => [service, since, carried, tags[0]?.action]),
    ).toEqual([
      ['api', 1, false, 'moved'],
      ['worker', 1, true, 'unchanged'],
    ]);
    expect(await registry.publicTags()).toEqual(first);

    // The next merge does not undo it, and neither does one that nothing has changed for.
    const held = await workspace.pipeline();
    expect(stoppedBy(held)).toEqual([1, 'RELEASE_HELD']);
    expect(held.run.error?.message).toContain('leaks memory');
    expect(held.run.stages.find(({ name }) => name === 'build')?.status).toBe('skipped');
    const plan = await workspace.cli(['plan', '--json']);
    expect([plan.code, JSON.parse(plan.stdout).packages[0].stops[0].code]).toEqual([0, 'RELEASE_HELD']);

    const resumed = await json(workspace, 'resume', '--reason', 'fixed');
    expect(resumed).toMatchObject({ number: 4, kind: 'resume', reason: 'fixed' });
    expect(resumed).not.toHaveProperty('held');
    expect(stoppedBy(await workspace.pipeline())).toEqual([1, 'RELEASE_WITHDRAWN']);
    expect(stoppedBy(await workspace.pipeline(['--rebuild']))).toEqual([1, 'RELEASE_WITHDRAWN']);
    expect(await registry.publicTags()).toEqual(first);

    await workspace.change('api');
    expect(ended(await workspace.pipeline())).toEqual(['passed', 5]);
    expect((await registry.publicTags())['worker-shop:1.0']).toBe(first?.['worker-shop:1.0']);
  });

  it('goes back further each time, and to what it has withdrawn only when that is meant', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { workspace, registry } = fixture;
    const [first, second, third] = await releases(fixture, TWO, ['api'], ['worker']);
    expect(await json(workspace, 'rollback')).toMatchObject({ from: 3, to: 2 });
    expect(await registry.publicTags()).toEqual(second);
    expect(await json(workspace, 'rollback')).toMatchObject({ from: 4, to: 1 });
    expect(await registry.publicTags()).toEqual(first);
    expect(await refused(workspace, 'rollback')).toMatchObject({ exit: 1, code: 'RELEASE_NOT_FOUND' });
    expect(await refused(workspace, 'rollback', '--to', '3')).toMatchObject({ exit: 1, code: 'RELEASE_WITHDRAWN' });
    const forward = await json(workspace, 'rollback', '--to', '3', '--release-withdrawn');
    expect(forward).toMatchObject({ from: 5, to: 3 });
    expect(forward.release).not.toHaveProperty('withdrawn.0.digest', third?.['api-shop:1.0']);
    expect(await registry.publicTags()).toEqual(third);
    // What was released again is not withdrawn any more.
    await json(workspace, 'resume');
    expect(ended(await workspace.pipeline())).toEqual(['unchanged', 6]);
    for (const [to, code] of [
      ['6', 'RELEASE_NOT_FOUND'],
      ['7', 'RELEASE_NOT_FOUND'],
      ['99', 'RECORD_NOT_FOUND'],
    ] as const)
      expect(await refused(workspace, 'rollback', '--to', to), to).toMatchObject({ exit: 1, code });
  });

  it('of one service leaves the others, and moves only tags that both releases list', async () => {
    await using fixture = await createFixture({ services: TWO, image: { tag: undefined, tags: ['2.0', 'latest'] } });
    const { workspace, registry } = fixture;
    await workspace.configure({ image: { tag: undefined, tags: ['1.0', 'latest'] } });
    expect(ended(await workspace.pipeline())).toEqual(['passed', 1]);
    const first = await registry.publicTags();
    await workspace.configure({ image: { tag: undefined, tags: ['2.0', 'latest'] } });
    await workspace.change();
    expect(ended(await workspace.pipeline())).toEqual(['passed', 2]);
    const second = await registry.publicTags();
    expect(await refused(workspace, 'rollback', '--service', 'nobody')).toMatchObject({ exit: 1 });
    const report = await json(workspace, 'rollback', '--service', 'api');
    expect(report.release.tags).toEqual(['latest']);
    expect(await registry.publicTags()).toEqual({ ...second, 'api-shop:latest': first['api-shop:1.0'] });
    expect(report.release.withdrawn?.map(({ repository }) => repository)).toEqual(['axion/api-shop']);
  });

  it('is refused when the policy has more against the images today, unless that is meant and said why', async () => {
    await using fixture = await createFixture({ services: TWO, scan: { failOn: 'critical' } });
    const { workspace, registry, harbor } = fixture;
    const [first, second] = await releases(fixture, TWO, ['api']);
    // The old image is scanned again, and has a finding by now.
    await harbor.planScans(repository('api'), { findings: [CRITICAL, finding('CVE-2', 'Low')] });
    await scanAgain(workspace, `api@${first?.['api-shop:1.0']}`);
    const error = await refused(workspace, 'rollback');
    expect(error).toMatchObject({ exit: 1, code: 'RELEASE_WORSE', hint: expect.stringContaining('--force --reason') });
    expect(error.message).toContain('release 1 is rejected for 1 critical, release 2 passes');
    expect(await registry.publicTags()).toEqual(second);
    expect(await refused(workspace, 'rollback', '--force')).toMatchObject({ exit: 2, code: 'USAGE' });
    const report = await json(workspace, 'rollback', '--force', '--reason', 'data loss');
    expect(report.release).toMatchObject({ forced: true, reason: 'data loss' });
    expect(report.release.services[0]?.verdict).toMatchObject({ outcome: 'rejected', counts: { critical: 1, low: 1 } });
    expect(await registry.publicTags()).toEqual(first);
  });

  it('to an image that somebody has deleted changes nothing, and says which', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { workspace, registry, harbor } = fixture;
    const [first] = await releases(fixture, TWO, TWO);
    const deleted = await harbor.api(
      'DELETE',
      `projects/axion/repositories/worker-shop/artifacts/${first?.['worker-shop:1.0']}`,
    );
    expect(deleted.status).toBe(200);
    const before = await registry.publicTags();
    const error = await refused(workspace, 'rollback');
    expect(error).toMatchObject({ exit: 1, code: 'ARTIFACT_NOT_FOUND', hint: expect.stringContaining('--to NUMBER') });
    expect(error.message).toContain('the image of worker of release 1 is not in the registry any more');
    expect(await registry.publicTags()).toEqual(before);
  });

  it('works while the scanner is down', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { workspace, registry, harbor } = fixture;
    const [first] = await releases(fixture, TWO, TWO);
    await harbor.setDown('trivy');
    const report = await json(workspace, 'rollback');
    expect(await registry.publicTags()).toEqual(first);
    expect(report.to).toBe(1);
  });

  it('on top of tags that somebody has moved by hand needs --adopt, unless they are where they go', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { workspace, registry } = fixture;
    const [first, second, third] = await releases(fixture, TWO, TWO, TWO);
    await moveTag(fixture, 'axion/api-shop', '1.0', first?.['api-shop:1.0'] ?? '');
    expect(await refused(workspace, 'rollback')).toMatchObject({ exit: 1, code: 'RELEASE_TAG_MOVED' });
    expect(await registry.publicTags()).toEqual({ ...third, 'api-shop:1.0': first?.['api-shop:1.0'] });
    await json(workspace, 'rollback', '--adopt');
    expect(await registry.publicTags()).toEqual(second);
    // The operator has gone back by hand: that is put on record.
    for (const service of TWO)
      await moveTag(fixture, `axion/${service}-shop`, '1.0', first?.[`${service}-shop:1.0`] ?? '');
    const report = await json(workspace, 'rollback', '--to', '1');
    expect(report.release.services.map(({ tags }) => tags[0]?.action)).toEqual(['unchanged', 'unchanged']);
    expect(await registry.publicTags()).toEqual(first);
  });

  it('starts no scan before its moves, and costs few requests', async () => {
    await using fixture = await createFixture({ services: ['api', 'report', 'worker'] });
    const { workspace, harbor } = fixture;
    await releases(fixture, ['api', 'report', 'worker'], ['api', 'report', 'worker']);
    await harbor.resetTraffic();
    await json(workspace, 'rollback');
    const { requests } = await harbor.traffic();
    const changes = await requestedChanges(fixture);
    expect(changes.filter((change) => change.endsWith('/scan'))).toEqual([]);
    // 9 of each image, 3 more of which are for tokens, and 30 for login and record.
    expect(requests).toBeLessThanOrEqual(3 * (9 + 3) + 30 + 4);
  });
});

describe.concurrent('a hold', () => {
  it('stops runs until it is resumed, or that are to go through it', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { workspace } = fixture;
    await releases(fixture, TWO);
    expect(await json(workspace, 'hold', '--reason', 'migration')).toMatchObject({
      number: 2,
      kind: 'hold',
      services: [],
    });
    expect(await refused(workspace, 'hold')).toMatchObject({ exit: 1, code: 'RELEASE_HELD' });
    await workspace.change('api');
    expect(stoppedBy(await workspace.pipeline())).toEqual([1, 'RELEASE_HELD']);
    const through = await workspace.pipeline(['--through-hold']);
    expect(ended(through)).toEqual(['passed', 3]);
    // A later run still finds what was released before the hold.
    expect(through.run.images.map(({ action }) => action)).toEqual(['build', 'unchanged']);
    expect(stoppedBy(await workspace.pipeline())).toEqual([1, 'RELEASE_HELD']);
    const listed = await workspace.cli(['releases']);
    expect(listed.stdout).toMatch(/^2 \(hold\).*migration/m);
    const shown = await workspace.cli(['releases', 'show', '3']);
    expect(shown.stdout).toMatch(/held .*record 2: migration/);
    await json(workspace, 'resume');
    expect(await refused(workspace, 'resume')).toMatchObject({ exit: 1, code: 'RELEASE_NOT_HELD' });
    expect(ended(await workspace.pipeline())).toEqual(['unchanged', 3]);
  });
});

describe.concurrent('a promotion of a release', () => {
  it('gives it another public tag when it passes, forward only, and goes by that tag afterwards', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { workspace, registry, harbor } = fixture;
    const [first, second] = await releases(fixture, TWO, ['api']);
    const promoted = await json(workspace, 'promote', '1', '--tag', 'prod');
    expect(promoted).toMatchObject({
      changed: true,
      release: { number: 3, kind: 'release', target: 1, tags: ['prod'] },
    });
    expect((await registry.publicTags())['api-shop:prod']).toBe(first?.['api-shop:1.0']);
    expect(await json(workspace, 'promote', '2', '--tag', 'prod')).toMatchObject({ changed: true });
    expect((await registry.publicTags())['api-shop:prod']).toBe(second?.['api-shop:1.0']);
    expect(await json(workspace, 'promote', '2', '--tag', 'prod')).toMatchObject({ changed: false });
    expect(await refused(workspace, 'promote', '1', '--tag', 'prod')).toMatchObject({ exit: 1, code: 'RELEASE_NEWER' });
    expect(await refused(workspace, 'promote', '1')).toMatchObject({ exit: 2, code: 'USAGE' });
    expect(await refused(workspace, 'promote', '1', '--tag', 'release-7')).toMatchObject({ exit: 2 });
    // The rollback of that tag leaves the other one.
    expect(await json(workspace, 'rollback', '--tag', 'prod')).toMatchObject({ from: 4, to: 3 });
    expect(await registry.publicTags()).toMatchObject({
      'api-shop:prod': first?.['api-shop:1.0'],
      'api-shop:1.0': second?.['api-shop:1.0'],
    });
    expect(await refused(workspace, 'promote', '1', '--tag', 'qa')).toMatchObject({ exit: 1, code: 'RELEASE_HELD' });
    expect(await refused(workspace, 'promote', '2', '--tag', 'qa', '--through-hold')).toMatchObject({
      exit: 1,
      code: 'RELEASE_WITHDRAWN',
    });
    await harbor.planScans(repository('worker'), { findings: [CRITICAL] });
    await scanAgain(workspace, 'worker');
    const rejected = await refused(workspace, 'promote', '1', '--tag', 'qa', '--through-hold');
    expect(rejected).toMatchObject({ exit: 1, code: 'RELEASE_REJECTED', message: expect.stringContaining('worker') });
    expect(await registry.publicTags()).not.toHaveProperty('api-shop:qa');
  });
});

describe('a plain registry', () => {
  it('takes a rollback, a hold and a promotion, and says that nothing was evaluated', async () => {
    await using registry = await startRegistry();
    await using workspace = await createWorkspace({ host: registry.host, type: 'registry', services: TWO });
    for (const number of [1, 2]) {
      await workspace.change('api');
      expect(ended(await workspace.pipeline(['--no-scan']))).toEqual(['unscanned', number]);
    }
    const { stderr, code } = await workspace.cli(['rollback', '--reason', 'slow']);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('nothing was evaluated');
    expect(stoppedBy(await workspace.pipeline(['--no-scan']))).toEqual([1, 'RELEASE_HELD']);
    await json(workspace, 'resume');
    expect(stoppedBy(await workspace.pipeline(['--no-scan']))).toEqual([1, 'RELEASE_WITHDRAWN']);
    expect(await json(workspace, 'promote', '1', '--tag', 'prod')).toMatchObject({ changed: true });
  });
});
