import { describe, expect, it } from 'vitest';
import type { PipelineOutcome } from '../../model/enums.ts';
import type { PipelineReport } from '../../model/pipeline-run.ts';
import { SAMPLE_RUNS } from '../run-sample.fixture.ts';
import { sampleFinding } from '../sample.fixture.ts';
import { runSarif, runSarifOmission, toRunSarif } from './run-sarif.ts';

interface Run {
  readonly automationDetails: { readonly id: string };
  readonly invocations: readonly [
    {
      readonly executionSuccessful: boolean;
      readonly toolExecutionNotifications: readonly {
        readonly level: string;
        readonly descriptor: { readonly id: string };
        readonly message: { readonly text: string };
      }[];
    },
  ];
  readonly tool: { readonly driver: { readonly notifications: readonly { readonly id: string }[] } };
  readonly results: readonly {
    readonly ruleId: string;
    readonly level: string;
    readonly suppressions?: readonly object[];
    readonly properties: { readonly repository: string; readonly platform: string };
  }[];
}

const OPTIONS = { version: '1.2.3' };
const sarifRun = (report: PipelineReport): Run => (toRunSarif(report, OPTIONS) as { runs: [Run] }).runs[0];

describe('a run as SARIF', () => {
  it('has an error for each rejecting finding in each service and platform, and no other', () => {
    const { results } = sarifRun(SAMPLE_RUNS.rejected());
    const errors = results.filter(({ level }) => level === 'error');
    expect(errors.map(({ ruleId, properties }) => [ruleId, properties.repository, properties.platform])).toEqual([
      ['CVE-2024-3094', 'axion/meridian-report-homechoice', 'linux/amd64'],
      ['CVE-2023-50447', 'axion/meridian-report-homechoice', 'linux/amd64'],
      ['CVE-2024-3094', 'axion/meridian-report-homechoice', 'linux/arm64'],
      ['CVE-2023-50447', 'axion/meridian-report-homechoice', 'linux/arm64'],
    ]);
    expect(new Set(results.map(({ properties }) => properties.repository)).size).toBe(6);
    expect(results.filter(({ ruleId }) => ruleId === 'CVE-2024-45491').every(({ level }) => level === 'warning')).toBe(
      true,
    );
  });

  it('suppresses allowed findings with their reason, and no others', () => {
    const { results } = sarifRun(SAMPLE_RUNS.passed());
    const allowed = results.filter(({ ruleId }) => ruleId === 'CVE-2023-45853');
    expect(allowed).toHaveLength(12);
    for (const { suppressions } of allowed) {
      expect(suppressions).toEqual([
        {
          kind: 'external',
          status: 'accepted',
          justification: 'MiniZip is not part of what Debian builds; see SEC-2214 (until 2026-09-30)',
        },
      ]);
    }
    for (const result of results) if (!allowed.includes(result)) expect(result.suppressions).toEqual([]);
  });

  it.each<[PipelineOutcome, boolean, readonly string[]]>([
    ['passed', true, ['run-warning']],
    ['rejected', true, []],
    ['conflict', true, ['run-conflict']],
    ['unscanned', false, ['run-unscanned']],
    ['scan-failed', false, ['scan-failed']],
    ['scanner-down', false, ['scan-scanner-down']],
    ['timed-out', false, ['scan-running']],
    ['failed', false, ['run-ended', 'run-unscanned']],
    ['cancelled', false, ['run-ended', 'run-unscanned']],
  ])('of one that %s succeeded: %s', (outcome, successful, notified) => {
    const run = sarifRun(SAMPLE_RUNS[outcome]());
    const [{ executionSuccessful, toolExecutionNotifications }] = run.invocations;
    expect(executionSuccessful).toBe(successful);
    const ids = new Set(toolExecutionNotifications.map(({ descriptor }) => descriptor.id));
    expect([...ids].sort()).toEqual(notified);
    const described = run.tool.driver.notifications.map(({ id }) => id);
    for (const id of ids) expect(described).toContain(id);
  });

  it('did not succeed when an image could not be evaluated', () => {
    const { run, scans } = SAMPLE_RUNS.passed();
    if (run.verdict === undefined) throw new Error('the sample has a verdict');
    const images = run.verdict.images.map((image, index) =>
      index === 2 ? { ...image, outcome: 'scan-failed' as const, reason: 'its report is not whole' } : image,
    );
    const report = { run: { ...run, outcome: 'scan-failed' as const, verdict: { ...run.verdict, images } }, scans };
    const [{ executionSuccessful, toolExecutionNotifications }] = sarifRun(report).invocations;
    expect(executionSuccessful).toBe(false);
    expect(toolExecutionNotifications[0]?.message.text).toContain('scan failed (its report is not whole)');
  });

  it('reports why the registry refuses to serve an image', () => {
    const { run, scans } = SAMPLE_RUNS.passed();
    if (run.verdict === undefined) throw new Error('the sample has a verdict');
    const images = run.verdict.images.map((image, index) =>
      index === 2
        ? { ...image, outcome: 'rejected' as const, reason: 'the project lets nothing high be pulled' }
        : image,
    );
    const report = { run: { ...run, outcome: 'rejected' as const, verdict: { ...run.verdict, images } }, scans };
    const texts = sarifRun(report).invocations[0].toolExecutionNotifications.map(({ message }) => message.text);
    expect(texts[0]).toContain('meridian-gateway-homechoice:1.4.0: the project lets nothing high be pulled');
  });

  it('keeps rejecting findings and leaves out allowed ones first, when there are more than a code host takes', () => {
    const { run, scans } = SAMPLE_RUNS.rejected();
    const many = Array.from({ length: 25_000 }, (_, at) => sampleFinding({ id: `CVE-${at}`, severity: 'high' }));
    const [first, ...others] = scans;
    if (first === undefined) throw new Error('the sample has scans');
    const images = first.images.map((image) => ({ ...image, findings: [...many, ...image.findings] }));
    const report = { run, scans: [{ ...first, images }, ...others] };
    const { results } = sarifRun(report);
    expect(results).toHaveLength(25_000);
    expect(results.filter(({ level }) => level === 'error')).toHaveLength(4);
    expect(results.filter(({ suppressions }) => suppressions?.length === 1)).toEqual([]);
    expect(runSarifOmission(report)).toContain('least severe are left out');
    expect(runSarifOmission(SAMPLE_RUNS.rejected())).toBeUndefined();
  });

  it('distinguishes packages, and has the same text in pieces', () => {
    const report = SAMPLE_RUNS.rejected();
    expect(sarifRun(report).automationDetails.id).toBe(`objdocker/homechoice/${report.run.run}`);
    expect(JSON.parse([...runSarif(report, OPTIONS)].join(''))).toEqual(
      JSON.parse(JSON.stringify(toRunSarif(report, OPTIONS))),
    );
  });
});
