import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { FINDING_SEVERITIES } from '../../src/model/enums.ts';
import type { ScanReport } from '../../src/model/scan-report.ts';
import { scannerProblem } from './scanner.ts';
import { skipUnsupported } from './skip.ts';
import { createWorkspace, type Workspace } from './workspace.ts';

const WAIT = ['--wait', '--timeout', '9m'];

/** The first report. The findings change from day to day, so expectations follow from it. */
let report: ScanReport;
let workspace: Workspace;
let problem: string | undefined;

beforeAll(async () => {
  workspace = await createWorkspace();
  problem = await scannerProblem(workspace);
  if (problem === undefined) await workspace.push({ repository: 'shop' });
});
afterAll(() => workspace?.[Symbol.asyncDispose]());
beforeEach(({ skip }) => {
  if (problem !== undefined) skipUnsupported(skip, problem);
});

const trigger = async () => {
  const { items } = await workspace.json<{ items: { report: ScanReport }[] }>(['harbor-trigger-scan', 'shop', ...WAIT]);
  const [item] = items;
  if (item === undefined) throw new Error('one image was named');
  return item;
};

it('reports an image without a scan as not-scanned, not as clean', async () => {
  expect(await workspace.json(['harbor-scan', 'shop'], { code: 1 })).toMatchObject({ state: 'not-scanned' });
});

it('scans, and waits for the result', async () => {
  ({ report } = await trigger());
  expect(['clean', 'findings']).toContain(report.state);
  expect(report).toMatchObject({ repository: `${workspace.name}/shop`, tags: ['1.0'], images: [expect.anything()] });
  const [image] = report.images;
  expect(image?.scanner?.name).toBeTruthy();
  for (const severity of FINDING_SEVERITIES)
    expect(image?.findings.filter((finding) => finding.severity === severity)).toHaveLength(
      image?.counts[severity] ?? 0,
    );
  expect(image?.findings.every(({ id, package: name, version }) => id !== '' && name !== '' && version !== '')).toBe(
    true,
  );
});

it('shows the same result later and in the lists', async () => {
  expect(await workspace.json(['harbor-scan', 'shop'])).toEqual(report);
  const artifacts = await workspace.json(['harbor-artifacts', 'shop']);
  expect(artifacts).toMatchObject({ items: [{ scan: { state: report.state } }] });
  const repos = await workspace.json(['harbor-repos', '--scan']);
  expect(repos).toMatchObject({ items: [{ newest: { scan: { state: report.state } } }] });
});

it('exits with 1 when the worst finding reaches --fail-on', async () => {
  const found = report.images.flatMap(({ findings }) => findings.map(({ severity }) => severity));
  const levels = FINDING_SEVERITIES.slice(0, 4);
  const worst = levels.findIndex((level) => found.includes(level));
  for (const [rank, level] of levels.entries()) {
    const { code } = await workspace.objdocker(['harbor-scan', 'shop', '--fail-on', level, '--quiet']);
    expect(code, `${level} of ${found.length} findings`).toBe(worst >= 0 && rank >= worst ? 1 : 0);
  }
});

it('writes SARIF and HTML reports', async () => {
  const count = report.images.flatMap(({ findings }) => findings).length;
  const sarif = await workspace.objdocker(['harbor-scan', 'shop', '--format', 'sarif']);
  expect(JSON.parse(sarif.stdout).runs[0].results).toHaveLength(count);
  const html = await workspace.objdocker(['harbor-scan', 'shop', '--format', 'html']);
  expect(html.stdout).toMatch(/^<!doctype html>/i);
  expect(html.stdout).toContain(`${workspace.name}/shop`);
});

it('waits for a new report, also with two concurrent requests', async () => {
  const reportsOf = ({ images }: ScanReport) => images.map(({ reportId }) => reportId);
  const both = await Promise.all([trigger(), trigger()]);
  for (const again of both) {
    expect(again.report.state).toBe(report.state);
    expect(reportsOf(again.report)).not.toEqual(reportsOf(report));
  }
});

it('waits for the result of a scan that auto_scan started', async () => {
  await workspace.project.changePushSettings({ autoScan: true });
  expect((await workspace.project.get()).autoScan).toBe(true);
  const digest = await workspace.push({ repository: 'shop', tag: '2.0' });
  const scanned = await workspace.json<ScanReport>(['harbor-scan', 'shop:2.0', ...WAIT]);
  expect(scanned.digest).toBe(digest);
  expect(['clean', 'findings']).toContain(scanned.state);
});
