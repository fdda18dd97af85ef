import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { JSON_OUTPUTS } from '../../../src/cli/json-output.ts';
import { chosenVersion } from '../../harness/harbor-server.ts';
import { startRegistry } from '../../harness/sandbox.ts';
import { CRITICAL, createFixture, moveTag, type OwnFixture } from '../fixture.ts';
import { repository } from '../outcome.ts';
import { createWorkspace, type Workspace } from '../workspace.ts';

const TWO = ['api', 'worker'];

async function audit(workspace: Workspace, ...args: string[]) {
  const { stdout, stderr, code } = await workspace.cli(['audit', '--json', ...args]);
  const report = JSON_OUTPUTS.audit.parse(JSON.parse(stdout));
  const kinds = report.packages.flatMap(({ differences }) => differences.map(({ kind }) => kind)).toSorted();
  const unknown = report.packages.flatMap((each) => each.unknown);
  return { code, kinds, report, unknown, stderr };
}

async function release({ workspace }: OwnFixture): Promise<void> {
  const { code, stderr } = await workspace.pipeline();
  expect(code, stderr).toBe(0);
}

describe.concurrent('an audit', () => {
  it('finds nothing after a release, and today what the policy rejects by now', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { workspace, harbor } = fixture;
    const none = await audit(workspace);
    expect(none).toMatchObject({ code: 0, kinds: [], unknown: [] });
    expect(none.report.packages[0]?.tags).toEqual([]);
    await release(fixture);
    const good = await audit(workspace);
    expect(good, JSON.stringify(good.report)).toMatchObject({ code: 0, kinds: [], unknown: [] });
    expect(good.report.packages[0]).toMatchObject({
      name: 'shop',
      tags: [{ tag: '1.0', release: 1 }],
      images: TWO.map((service) => ({ service, since: 1, tags: ['1.0'], verdict: { outcome: 'passed' } })),
    });
    const text = await workspace.cli(['audit']);
    expect(text.stdout).toMatch(/^shop: 1.0 is release 1 \(.* ago\)$/m);
    expect(text.stdout).toContain('as it should be');

    await harbor.planScans(repository('api'), { findings: [CRITICAL] });
    expect([0, 1]).toContain((await workspace.cli(['harbor-trigger-scan', 'api', '--wait'])).code);
    const site = workspace.path('../site');
    const pages = await workspace.cli(['audit', '--format', 'html', '--output', site]);
    expect(pages.code, pages.stderr).toBe(1);
    expect(await readFile(`${site}/index.html`, 'utf8')).toContain('shop');
    expect(await readFile(`${site}/packages/shop.html`, 'utf8')).toContain('CVE-2026-0001');
    for (const args of [
      ['--format', 'html'],
      ['--output', site],
    ])
      expect((await workspace.cli(['audit', ...args])).code).toBe(2);
    const summary = workspace.path('../summary.md');
    const rejected = await audit(workspace, '--summary', summary);
    expect(rejected).toMatchObject({ code: 1, kinds: ['released-but-rejected'] });
    expect(rejected.report.packages[0]?.differences[0]).toMatchObject({
      service: 'api',
      message: expect.stringContaining('CVE-2026-0001'),
    });
    expect(await readFile(summary, 'utf8')).toMatch(/^### Audit: 1 of 1 packages differ$/m);
    await workspace.configure({ scan: { allow: [{ id: 'CVE-2026-0001', reason: 'a test', until: '2099-01-01' }] } });
    expect(await audit(workspace)).toMatchObject({ code: 0, kinds: [] });
  });

  it('finds tags that were moved, images and records that are gone, and a hold is none', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { workspace, harbor, registry } = fixture;
    await release(fixture);
    const first = await registry.publicTags();
    await workspace.change();
    await release(fixture);
    expect((await workspace.cli(['hold', '--reason', 'a test'])).code).toBe(0);
    const held = await audit(workspace);
    expect(held).toMatchObject({ code: 0, kinds: [] });
    expect(held.report.packages[0]).toMatchObject({ held: { number: 3, reason: 'a test' }, tags: [{ release: 2 }] });

    await moveTag(fixture, 'axion/api-shop', '1.0', first['api-shop:1.0'] ?? '');
    const second = (await registry.publicTags())['worker-shop:1.0'];
    expect((await harbor.api('DELETE', `projects/axion/repositories/worker-shop/artifacts/${second}`)).status).toBe(
      200,
    );
    expect((await harbor.api('DELETE', 'projects/axion/repositories/shop-releases/artifacts/1')).status).toBe(200);
    const found = await audit(workspace);
    expect(found.kinds).toEqual(['image-missing', 'record-missing', 'tag-moved', 'tag-moved']);
    expect(found.code).toBe(1);
  });

  it('renews a report that is too old only when it is told to', async () => {
    await using fixture = await createFixture({ services: TWO, scan: { maxAge: '1s' } });
    const { workspace } = fixture;
    await release(fixture);
    await workspace.configure({ scan: { maxAge: '1s' } });
    // Harbor's times have whole seconds.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(await audit(workspace)).toMatchObject({ code: 1, kinds: ['report-too-old', 'report-too-old'] });
    await workspace.configure({ scan: { maxAge: '1h' } });
    const before = await audit(workspace);
    expect(before).toMatchObject({ code: 0 });
    await workspace.configure({ scan: { maxAge: '1s' } });
    const renewed = await audit(workspace, '--rescan');
    const times = (report: typeof before.report) =>
      report.packages[0]?.images.map(({ verdict }) => verdict?.platforms[0]?.finished ?? '');
    expect(times(renewed.report)).not.toEqual(times(before.report));
  });

  it('names retention that deletes what is released, and allowances that end', async () => {
    const until = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10);
    await using fixture = await createFixture({
      services: TWO,
      scan: { allow: [{ id: 'CVE-1', reason: 'a test', until }] },
    });
    const { workspace, harbor } = fixture;
    await release(fixture);
    const { project_id: project } = (await (await harbor.api('GET', 'projects/axion')).json()) as {
      project_id: number;
    };
    const rule = {
      action: 'retain',
      template: 'latestPushedK',
      params: { latestPushedK: 10 },
      scope_selectors: { repository: [{ kind: 'doublestar', decoration: 'repoMatches', pattern: '**' }] },
      tag_selectors: [{ kind: 'doublestar', decoration: 'matches', pattern: '**' }],
    };
    const body = {
      algorithm: 'or',
      rules: [rule],
      scope: { level: 'project', ref: project },
      trigger: { kind: 'Schedule', settings: { cron: '0 0 0 * * *' } },
    };
    expect((await harbor.api('POST', 'retentions', { body })).status).toBe(201);
    const found = await audit(workspace);
    expect(found.kinds, JSON.stringify(found)).toEqual(['allowance-expires', 'retention']);
    expect(found.report.packages[0]?.differences.map(({ message }) => message).join()).toContain('expires in 3 days');
  });

  it('says what it could not ask, and of all packages the others', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { workspace, harbor } = fixture;
    await release(fixture);
    await harbor.setDown('trivy');
    // Before 2.11 Harbor hides the reports meanwhile.
    const hidden = chosenVersion() === '2.9';
    const down = await audit(workspace);
    expect([down.code, down.unknown.length], down.stderr).toEqual(hidden ? [3, 2] : [0, 0]);
    await harbor.setDown();
    expect((await workspace.cli(['audit', '--all', 'shop'])).code).toBe(2);
    expect(await audit(workspace, '--all')).toMatchObject({ code: 0, unknown: [] });
    // The one package of the command line is no part of a result when it cannot be audited.
    await workspace.configure({ login: { username: 'admin', password: 'wrong' } });
    const denied = await workspace.cli(['audit']);
    expect([denied.code, denied.stderr]).toEqual([4, expect.stringContaining('hint: ')]);
  });
});

describe('a plain registry', () => {
  it('is audited without findings', async () => {
    await using registry = await startRegistry();
    await using workspace = await createWorkspace({ host: registry.host, type: 'registry', services: TWO });
    expect((await workspace.pipeline(['--no-scan'])).code).toBe(0);
    const found = await audit(workspace);
    expect(found, JSON.stringify(found.report)).toMatchObject({ code: 0, kinds: [], unknown: [] });
    expect(found.report.packages[0]?.images[0]).not.toHaveProperty('verdict');
  });
});
