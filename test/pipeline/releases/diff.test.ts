import { execFile } from 'node:child_process';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { JSON_OUTPUTS } from '../../../src/cli/json-output.ts';
import { startRegistry } from '../../harness/sandbox.ts';
import { objdockerInTerminal } from '../../harness/terminal.ts';
import { createFixture, expectOutcome, finding, type OwnFixture } from '../fixture.ts';
import { repository } from '../outcome.ts';
import { createWorkspace, type PipelineResult, type Workspace } from '../workspace.ts';

const run = promisify(execFile);

const TWO = ['api', 'worker'];
const HIGH = finding('CVE-2026-0001', 'High', '1.0-2');
const LOW = finding('CVE-2026-0002', 'Low');
const NEW = finding('CVE-2026-0003', 'Medium', '1.0-3');

async function diffOf({ cli }: Workspace, args: readonly string[] = [], expected = 0) {
  const { stdout, stderr, code } = await cli(['diff', '--json', ...args]);
  expect(code, stderr).toBe(expected);
  return { diff: JSON_OUTPUTS.diff.parse(JSON.parse(stdout)), stderr };
}

async function failureOf({ cli }: Workspace, args: readonly string[], expected: number) {
  const { stdout, code, stderr } = await cli(['--json', ...args]);
  expect(code, stderr).toBe(expected);
  return JSON_OUTPUTS.error.parse(JSON.parse(stdout)).error;
}

const idsOf = (findings: readonly { readonly id: string }[]) => findings.map(({ id }) => id);
const released = (result: PipelineResult) => expectOutcome(result, 'passed', 0);

/** Two releases: the second has another image of the api, with one finding fixed and one new. */
async function twoReleases(fixture: OwnFixture): Promise<void> {
  const { workspace, harbor } = fixture;
  await harbor.planScans(repository('api'), { findings: [HIGH, LOW] });
  await harbor.planScans(repository('worker'), { findings: [LOW] });
  released(await workspace.pipeline());
  await harbor.planScans(repository('api'), { findings: [LOW, NEW] });
  await workspace.change('api');
  released(await workspace.pipeline());
}

const digestIn = async ({ cli }: Workspace, number: number, service: string) => {
  const { stdout } = await cli(['releases', 'show', String(number), '--json']);
  const { services } = JSON_OUTPUTS['releases-show'].parse(JSON.parse(stdout));
  return services.find((each) => each.service === service)?.digest ?? '';
};

describe.concurrent('diff', () => {
  it('compares the current release with the one before: services, findings and their reports, and sizes', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { workspace } = fixture;
    await twoReleases(fixture);
    const { diff } = await diffOf(workspace);
    expect([diff.from.number, diff.to.number, diff.scanned, diff.warnings]).toEqual([1, 2, true, []]);
    const [api, worker] = diff.services;
    expect(api).toMatchObject({
      name: 'api',
      change: 'changed',
      from: { digest: await digestIn(workspace, 1, 'api'), reports: [{ state: 'findings' }] },
      to: { digest: await digestIn(workspace, 2, 'api'), reports: [{ state: 'findings' }] },
      findings: { new: { medium: 1 }, fixed: { high: 1 }, remaining: { low: 1 } },
    });
    expect(api?.from?.reports[0]?.finished).toMatch(/^\d{4}-/);
    expect(api?.to?.sizeBytes).toBeGreaterThan(0);
    expect(worker).toMatchObject({ name: 'worker', change: 'unchanged', findings: { remaining: { low: 1 } } });
    expect(worker).not.toHaveProperty('packagesUnknown');
    expect(idsOf(diff.findings.new)).toEqual(['CVE-2026-0003']);
    expect(diff.findings.fixed).toMatchObject([{ id: 'CVE-2026-0001', package: 'libexample', services: ['api'] }]);
    expect(diff.findings.remaining).toMatchObject([{ id: 'CVE-2026-0002', services: ['api', 'worker'] }]);

    const { diff: back } = await diffOf(workspace, ['2', '1']);
    expect([idsOf(back.findings.new), idsOf(back.findings.fixed)]).toEqual([['CVE-2026-0001'], ['CVE-2026-0003']]);

    const text = await workspace.cli(['diff', '1']);
    expect([text.code, text.stderr]).toEqual([0, '']);
    expect(text.stdout).toMatch(/^ {2}services +1 changed, 1 unchanged$/m);
    expect(text.stdout).toMatch(/^ {2}findings +1 new, 1 fixed, 1 still there$/m);
    expect(text.stdout).toMatch(/^high +CVE-2026-0001 +libexample +1\.0-1 +1\.0-2 +api$/m);
    const terminal = objdockerInTerminal(['diff'], { cwd: workspace.directory, env: workspace.env });
    expect(await terminal.ended).toBe(0);
    expect(terminal.screen.text).toMatch(/^worker unchanged since release 1$/m);
    for (const line of terminal.screen.lines) expect(line.length).toBeLessThanOrEqual(80);
    const markdown = await workspace.cli(['diff', '--format', 'markdown']);
    expect(markdown.stdout).toMatch(/^### shop: release 1 → 2$/m);
    const page = await workspace.cli(['diff', '--format', 'html', '--output', 'diff.html']);
    expect([page.stdout, page.stderr]).toEqual(['', expect.stringContaining('wrote diff.html')]);
    expect(await readFile(workspace.path('diff.html'), 'utf8')).toContain('CVE-2026-0003');
  });

  it('finds the release before by tag, over records of other tags', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { workspace } = fixture;
    await twoReleases(fixture);
    await workspace.change('worker');
    released(await workspace.pipeline(['--tag', 'other']));
    await workspace.change('api');
    released(await workspace.pipeline());
    const numbers = async (...args: readonly string[]) => {
      const { diff } = await diffOf(workspace, args);
      return [diff.from.number, diff.to.number];
    };
    expect(await numbers()).toEqual([2, 4]);
    expect(await numbers('1')).toEqual([1, 4]);
    expect(await numbers('1', '3')).toEqual([1, 3]);
    expect(await failureOf(workspace, ['diff', '--tag', 'other'], 1)).toMatchObject({
      code: 'RELEASE_NOT_FOUND',
      message: 'shop has no release with the public tag other before 3',
    });
    expect(await failureOf(workspace, ['diff', '--tag', 'nope'], 1)).toMatchObject({ code: 'RELEASE_NOT_FOUND' });
    expect(await failureOf(workspace, ['diff', '9'], 1)).toMatchObject({ message: 'there is no release 9 of shop' });
    expect(await failureOf(workspace, ['diff', 'x'], 2)).toMatchObject({ code: 'USAGE' });
    expect(await failureOf(workspace, ['diff', '--timeout', '5s'], 2)).toMatchObject({ code: 'USAGE' });
    expect(await failureOf(workspace, ['diff', '--format', 'html'], 2)).toMatchObject({ code: 'USAGE' });
  });

  it('takes a rollback for a release, and passes over holds', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { workspace } = fixture;
    await twoReleases(fixture);
    const succeed = async (...args: readonly string[]) => {
      const { code, stderr } = await workspace.cli(args);
      expect(code, stderr).toBe(0);
    };
    await succeed('rollback', '--reason', 'test');
    await succeed('resume');
    await succeed('hold', '--reason', 'test');
    const { diff } = await diffOf(workspace);
    expect([diff.from.number, diff.to.number, diff.to.kind]).toEqual([2, 3, 'rollback']);
    expect([idsOf(diff.findings.new), idsOf(diff.findings.fixed)]).toEqual([['CVE-2026-0001'], ['CVE-2026-0003']]);
    for (const args of [
      ['diff', '1', '5'],
      ['releases', 'show', '5', '--format', 'compose'],
    ]) {
      const { code, stderr } = await workspace.cli(args);
      expect([code, stderr]).toEqual([1, expect.stringContaining('record 5 of shop is a hold, not a release')]);
    }
    const compose = await workspace.cli(['releases', 'show', '3', '--format', 'compose']);
    expect(compose.stdout).toContain(await digestIn(workspace, 1, 'api'));
  });

  it('says what is not known, and never that nothing is new: exit code 3', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { workspace, harbor } = fixture;
    await twoReleases(fixture);
    const old = await digestIn(workspace, 1, 'api');
    const deleted = await harbor.api('DELETE', `projects/axion/repositories/api-shop/artifacts/${old}`);
    expect(deleted.status).toBe(200);
    const { diff } = await diffOf(workspace, [], 3);
    expect(diff.services[0]).toMatchObject({
      change: 'changed',
      findingsUnknown: 'release 1: its image is no longer in Harbor',
      from: { reports: [] },
    });
    expect(diff.services[0]).not.toHaveProperty('findings');
    expect(diff.services[1]).toMatchObject({ findings: { remaining: { low: 1 } } });
    expect([diff.findings.new, diff.findings.fixed]).toEqual([[], []]);
    const text = await workspace.cli(['diff']);
    expect(text.stdout).toMatch(/^ {2}findings +0 new, 0 fixed, 1 still there; not known for api$/m);

    await harbor.setDown('trivy');
    const down = await diffOf(workspace, ['--rescan'], 3);
    expect(down.diff.services.map(({ findingsUnknown }) => findingsUnknown !== undefined)).toEqual([true, true]);
  });

  it('renews the reports of both releases with --rescan', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { workspace, harbor } = fixture;
    await twoReleases(fixture);
    await harbor.planScans(repository('api'), { findings: [LOW, NEW, HIGH] });
    const before = await diffOf(workspace);
    expect(idsOf(before.diff.findings.new)).toEqual(['CVE-2026-0003']);
    const { diff, stderr } = await diffOf(workspace, ['--rescan']);
    // With today's database, both images have it.
    expect([diff.findings.new, diff.findings.fixed]).toEqual([[], []]);
    expect(diff.findings.remaining).toHaveLength(3);
    for (const digest of [await digestIn(workspace, 1, 'api'), await digestIn(workspace, 2, 'api')])
      expect(stderr).toContain(`axion/api-shop@${digest}`);
  });

  it('compares the packages where both releases have an SBOM', async () => {
    await using fixture = await createFixture({ services: ['api'], base: 'scratch' }, { version: '2.15' });
    const { workspace } = fixture;
    await appendFile(workspace.path('Dockerfile'), 'COPY status /var/lib/dpkg/status\n');
    const install = (packages: Readonly<Record<string, string>>) =>
      writeFile(
        workspace.path('status'),
        Object.entries(packages)
          .map(
            ([name, version]) =>
              `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n`,
          )
          .join('\n'),
      );
    await install({ bash: '5.1', tar: '1.34' });
    released(await workspace.pipeline());
    await install({ bash: '5.2', curl: '8.0' });
    released(await workspace.pipeline());
    const trigger = async (number: number) => {
      const digest = await digestIn(workspace, number, 'api');
      const { code, stderr } = await workspace.cli(['harbor-sbom', `api-shop@${digest}`, '--trigger']);
      expect(code, stderr).toBe(0);
    };
    await trigger(2);
    const { diff: half } = await diffOf(workspace);
    expect(half.services[0]?.packagesUnknown).toBe('release 1: no SBOM');
    await trigger(1);
    const { diff } = await diffOf(workspace);
    expect(diff.packages.map(({ change, name, from, to }) => [change, name, from, to])).toEqual([
      ['changed', 'bash', ['5.1'], ['5.2']],
      ['added', 'curl', [], ['8.0']],
      ['removed', 'tar', ['1.34'], []],
    ]);
    expect(diff.services[0]?.packages).toEqual({ changed: 1, added: 1, removed: 1 });
  });

  it('works on a plain registry, where nothing is scanned', async () => {
    await using registry = await startRegistry();
    await using workspace = await createWorkspace({
      host: registry.host,
      type: 'registry',
      services: TWO,
      base: 'scratch',
    });
    expectOutcome(await workspace.pipeline(['--no-scan']), 'unscanned', 0);
    await workspace.change('worker');
    expectOutcome(await workspace.pipeline(['--no-scan']), 'unscanned', 0);
    const { diff } = await diffOf(workspace);
    expect(diff.scanned).toBe(false);
    expect(diff.services.map(({ name, change }) => `${name} ${change}`)).toEqual(['api unchanged', 'worker changed']);
    for (const { findingsUnknown } of diff.services) expect(findingsUnknown).toContain('not scanned');
    const text = await workspace.cli(['diff']);
    expect(text.stdout).toMatch(/^ {2}findings +not scanned: the registry has no scanner$/m);
    const compose = await workspace.cli(['releases', 'show', '2', '--format', 'compose']);
    expect(parse(compose.stdout).services.worker.image).toBe(
      `${registry.host}/worker-shop@${await digestIn(workspace, 2, 'worker')}`,
    );
  });
});

describe.concurrent('releases show', () => {
  it('prints what a deployment takes, and nothing else on stdout', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { workspace, harbor } = fixture;
    released(await workspace.pipeline());
    const shown = async (format: string, number = 1) => {
      const { stdout, stderr, code } = await workspace.cli(['releases', 'show', String(number), '--format', format]);
      return { stdout, stderr, code };
    };
    const api = `${harbor.host}/axion/api-shop`;
    const digest = await digestIn(workspace, 1, 'api');
    const kustomize = await shown('kustomize');
    expect([kustomize.code, kustomize.stderr]).toEqual([0, '']);
    expect(parse(kustomize.stdout).images[0]).toEqual({ name: api, newName: api, digest });
    expect(parse((await shown('compose')).stdout).services.api).toEqual({ image: `${api}@${digest}` });
    expect((await shown('set-image')).stdout).toContain(`\nkubectl set image deployment/api api=${api}@${digest}\n`);
    expect((await shown('markdown')).stdout).toContain(`axion/api-shop${'\\@'}${digest}`);

    await mkdir(workspace.path('release'));
    await writeFile(workspace.path('release/kustomization.yaml'), kustomize.stdout);
    await writeFile(workspace.path('kustomization.yaml'), 'resources: [pod.yaml]\ncomponents: [release]\n');
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a' },
      spec: { containers: [{ name: 'a', image: `${api}:1.0` }] },
    };
    await writeFile(workspace.path('pod.yaml'), JSON.stringify(pod));
    const built = await run('kubectl', ['kustomize', workspace.directory]).catch(unlessMissing);
    if (built !== undefined) expect(built.stdout).toContain(`image: ${api}@${digest}\n`);

    expect((await workspace.cli(['releases', 'show', '1', '--format', 'yaml'])).code).toBe(2);
    expect(await failureOf(workspace, ['releases', 'show', '1', '--format', 'compose'], 2)).toMatchObject({
      code: 'USAGE',
    });
    expect((await shown('compose', 7)).code).toBe(1);
  });

  it('warns of a release that was undone', async () => {
    await using fixture = await createFixture({ services: TWO });
    const { workspace, harbor } = fixture;
    released(await workspace.pipeline());
    await workspace.change();
    await harbor.failNext({ method: 'PUT', path: 'worker-shop/manifests/1.0$', status: 400, count: 9 });
    expect((await workspace.pipeline()).run.promoted).toBe(false);
    const { stdout, stderr, code } = await workspace.cli(['releases', 'show', '2', '--format', 'compose']);
    expect([code, stderr], stdout).toEqual([0, expect.stringContaining('release 2 was undone')]);
    const { stderr: warned } = await diffOf(workspace, ['1', '2']);
    expect(warned).toContain('release 2 was undone');
  });
});

/** This machine may have no kubectl. */
function unlessMissing(error: { readonly code?: unknown }): undefined {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}
