import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { JSON_OUTPUTS } from '../../../src/cli/json-output.ts';
import { createFixture, expectReleased, type OwnFixture } from '../fixture.ts';
import type { PipelineResult, Workspace } from '../workspace.ts';

const TWO = ['api', 'worker'];

const run = promisify(execFile);

async function git({ directory, env }: Workspace, ...args: string[]): Promise<string> {
  const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false'];
  const { stdout } = await run('git', ['-C', directory, ...identity, ...args], { env: { ...process.env, ...env } });
  return stdout.trim();
}

/** Commits all files, at a time of its own. */
async function commit(workspace: Workspace, date: string): Promise<string> {
  await git(workspace, 'add', '--all');
  const at = { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
  await git({ ...workspace, env: { ...workspace.env, ...at } }, 'commit', '--quiet', '--message', `at ${date}`);
  return git(workspace, 'rev-parse', 'HEAD');
}

async function listed({ workspace }: OwnFixture, ...args: string[]) {
  const { stdout, stderr, code } = await workspace.cli(['releases', '--json', ...args]);
  expect(code, stderr).toBe(0);
  return JSON_OUTPUTS.releases.parse(JSON.parse(stdout)).items;
}

const ended = ({ run, code, stderr }: PipelineResult) => {
  expect(code, `${JSON.stringify(run, null, 2)}\n${stderr}`).toBe(0);
  return [run.outcome, run.release?.number, run.release?.state];
};

describe.concurrent('releases on record', () => {
  it('are listed and shown, with what changed, from which commit, by whom, and with which findings', async () => {
    await using fixture = await createFixture({ services: TWO, env: { GITLAB_CI: 'true', GITLAB_USER_LOGIN: 'fox' } });
    const { workspace } = fixture;
    expect(await listed(fixture)).toEqual([]);
    await git(workspace, 'init', '--quiet');
    const first = await commit(workspace, '2026-05-30T10:00:00Z');
    expect(ended(await workspace.pipeline())).toEqual(['passed', 1, 'done']);
    await workspace.change('api');
    const second = await commit(workspace, '2026-05-31T10:00:00Z');
    const summary = workspace.path('../summary.md');
    const result = await workspace.pipeline(['--tag', '1.0', '--tag', 'stable', '--summary', summary]);
    expect(ended(result)).toEqual(['passed', 2, 'done']);
    expect(result.run.tags).toEqual(['1.0', 'stable']);
    expect(await readFile(summary, 'utf8')).toMatch(
      /^### shop 1\.0, stable: Released: all 2 images passed \(release 2\)$/m,
    );

    const releases = await listed(fixture);
    expect(releases.map(({ number, state, currentFor }) => [number, state, currentFor])).toEqual([
      [2, 'done', ['1.0', 'stable']],
      [1, 'done', []],
    ]);
    expect(releases.map(({ revision }) => revision?.commit)).toEqual([second, first]);
    expect(await listed(fixture, '--tag', 'stable')).toHaveLength(1);

    const shown = await workspace.cli(['releases', 'show', '2', '--json']);
    const release = JSON_OUTPUTS['releases-show'].parse(JSON.parse(shown.stdout));
    expect(release).toMatchObject({
      number: 2,
      kind: 'release',
      parent: releases[1]?.digest,
      by: { user: 'fox', ci: 'GitLab' },
      revision: { commit: second, committed: '2026-05-31T10:00:00.000Z', dirty: false },
      tags: ['1.0', 'stable'],
      policy: { failOn: 'critical' },
    });
    const [api, worker] = release.services;
    expect(api).toMatchObject({ service: 'api', since: 2, carried: false, verdict: { outcome: 'passed' } });
    expect(api?.tags.map(({ tag, action }) => `${tag} ${action}`)).toEqual(['1.0 moved', 'stable created']);
    expect(api?.platforms).toEqual([
      {
        platform: 'linux/amd64',
        digest: api?.digest,
        report: { id: expect.any(String), finished: expect.any(String) },
      },
    ]);
    expect(worker).toMatchObject({ service: 'worker', since: 1 });

    const text = await workspace.cli(['releases']);
    expect(text.stdout).toMatch(/^NUMBER +AGE +TAGS/);
    expect(text.stdout).toMatch(new RegExp(`^2 .* 1.0 stable +${second} .*passed +fox +current: 1.0 stable$`, 'm'));
    const page = await workspace.cli(['releases', 'show', '2']);
    expect(page.stdout).toContain('release 2 of shop: current: 1.0 stable');
    expect(page.stdout).toContain(second);
    const missing = await workspace.cli(['releases', 'show', '7']);
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('there is no release 7 of shop')]);
    const wrong = await workspace.cli(['releases', 'show', 'seven']);
    expect(wrong.code).toBe(2);
  });

  it('carry over the services that a run leaves out, and are not made when nothing has changed', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { workspace, registry } = fixture;
    expect(ended(await workspace.pipeline())).toEqual(['passed', 1, 'done']);
    const before = await registry.publicTags();
    await workspace.change();
    expect(ended(await workspace.pipeline(['--service', 'api']))).toEqual(['passed', 2, 'done']);
    expect((await registry.publicTags())['worker-shop:1.0']).toBe(before['worker-shop:1.0']);
    const [release] = await listed(fixture);
    expect(release?.services.map(({ service, carried, since }) => [service, carried, since])).toEqual([
      ['api', false, 2],
      ['worker', true, 1],
    ]);
    expect(ended(await workspace.pipeline(['--service', 'api']))).toEqual(['unchanged', 2, 'unchanged']);
    // Another tag takes both along.
    expect(ended(await workspace.pipeline(['--service', 'api', '-t', '2.0', '-t', '1.0']))).toEqual([
      'passed',
      3,
      'done',
    ]);
    const tags = await registry.publicTags();
    expect(tags['worker-shop:2.0']).toBe(before['worker-shop:1.0']);
  });

  it('stop a run of an older commit, also in a clone of depth 1, unless that is meant', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { workspace } = fixture;
    await git(workspace, 'init', '--quiet');
    const old = await commit(workspace, '2026-05-30T10:00:00Z');
    await workspace.change();
    await commit(workspace, '2026-05-31T10:00:00Z');
    expect(ended(await workspace.pipeline())).toEqual(['passed', 1, 'done']);
    await git(workspace, 'checkout', '--quiet', old);

    const stopped = await workspace.pipeline();
    expect([stopped.code, stopped.run.error?.code], stopped.stderr).toEqual([1, 'RELEASE_NEWER']);
    expect(stopped.run.error?.message).toContain('comes before release 1');
    expect(stopped.run.stages.find(({ name }) => name === 'build')?.status).toBe('skipped');

    // A clone of depth 1 knows its own commit only.
    await using shallow = await workspace.copy();
    await rm(shallow.path('.git'), { recursive: true });
    await git(shallow, 'init', '--quiet');
    await commit(shallow, '2026-05-30T09:00:00Z');
    const byDate = await shallow.pipeline();
    expect([byDate.code, byDate.run.error?.message], byDate.stderr).toEqual([
      1,
      expect.stringContaining('is older by its date than release 1'),
    ]);
    expect(ended(await workspace.pipeline(['--backwards']))).toEqual(['passed', 2, 'done']);

    // A clone that does not know the released commit goes on when its own is not older, and says so.
    await shallow.change();
    await commit(shallow, '2026-06-01T11:00:00Z');
    const newer = await shallow.pipeline();
    expect(ended(newer)).toEqual(['passed', 3, 'done']);
    expect(newer.run.warnings.join('\n')).toContain('does not know the commit of release 2');
  });

  it('do not depend on clocks: a machine whose clock is a day behind makes the next number', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { workspace } = fixture;
    expect(ended(await workspace.pipeline())).toEqual(['passed', 1, 'done']);
    await workspace.change();
    const yesterday = new Date(Date.now() - 86_400_000);
    const { report } = await workspace.library({}, { now: () => yesterday });
    expect([report.run.outcome, report.run.release?.number]).toEqual(['passed', 2]);
    const [latest, before] = await listed(fixture);
    expect(latest?.currentFor).toEqual(['1.0']);
    expect((latest?.created ?? '') < (before?.created ?? '')).toBe(true);
  });

  it('are not kept with release.record: false, and the promotion is all or none all the same', async () => {
    await using fixture = await createFixture({ services: TWO, release: { record: false } });
    const { workspace, registry, harbor } = fixture;
    const result = await workspace.pipeline();
    await expectReleased(fixture, result);
    expect(result.run.release).toBeUndefined();
    expect(await registry.recordTags()).toEqual({});
    const before = await registry.publicTags();
    await workspace.change();
    await harbor.failNext({ method: 'PUT', path: 'worker-shop/manifests/1.0$', status: 500, count: 1 });
    const failed = await workspace.pipeline();
    expect([failed.code, failed.run.promoted], failed.stderr).toEqual([3, false]);
    expect(await registry.publicTags()).toEqual(before);
    const list = await workspace.cli(['releases']);
    expect([list.code, list.stderr]).toEqual([1, expect.stringContaining('are not on record')]);
  });

  it('have the repository that config.yaml names', async () => {
    await using fixture = await createFixture({ services: TWO, release: { repository: 'records/shop' } });
    expect(ended(await fixture.workspace.pipeline())).toEqual(['passed', 1, 'done']);
    expect(Object.keys(await fixture.registry.all())).toContain('records/shop:1.end');
  });
});
