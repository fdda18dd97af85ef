import { PassThrough } from 'node:stream';
import { json } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { FindingSeverity } from '../../model/enums.ts';
import type { ImageScan, ScanReport } from '../../model/scan-report.ts';
import { manyFindings, sampleFinding, sampleReport, sampleScan, withoutFix, withoutResult } from '../sample.fixture.ts';
import { sarifOmission, toSarif, writeSarif } from './sarif.ts';

interface Located {
  readonly level: string;
  readonly message: { readonly text: string };
  readonly locations: readonly { readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } } }[];
}

interface Run {
  readonly tool: {
    readonly driver: {
      readonly notifications: readonly { readonly id: string }[];
      readonly rules: readonly {
        readonly id: string;
        readonly helpUri?: string;
        readonly properties: Readonly<Record<string, unknown>>;
      }[];
    };
    readonly extensions: readonly object[];
  };
  readonly invocations: readonly {
    readonly executionSuccessful: boolean;
    readonly toolExecutionNotifications: readonly (Located & { readonly descriptor: { readonly id: string } })[];
  }[];
  readonly results: readonly (Located & {
    readonly ruleId: string;
    readonly partialFingerprints: Readonly<Record<string, string>>;
    readonly properties: Readonly<Record<string, unknown>>;
  })[];
}

function run(...reports: ScanReport[]): Run {
  const { version, runs } = toSarif(reports, { version: '1.2.3' }) as { version: string; runs: [Run] };
  expect(version).toBe('2.1.0');
  expect(runs).toHaveLength(1);
  return runs[0];
}

const prints = ({ results }: Run) =>
  results.map(({ partialFingerprints }) => partialFingerprints.primaryLocationLineHash);

describe('a scan as SARIF', () => {
  it('has a rule for each vulnerability, and a result for each image and package', () => {
    const findings = [
      sampleFinding(),
      sampleFinding({ package: 'xz-utils' }),
      withoutFix({ id: 'CVE-2', severity: 'low' }),
    ];
    const { tool, results, invocations } = run(
      sampleReport([sampleScan(findings), sampleScan(findings, { platform: 'linux/arm64' })]),
    );
    expect(tool.driver).toMatchObject({ name: 'objdocker', version: '1.2.3' });
    expect(tool.extensions).toEqual([{ name: 'Trivy', version: 'v0.52.2', organization: 'Aqua Security' }]);
    expect(tool.driver.rules.map(({ id }) => id)).toEqual(['CVE-2024-3094', 'CVE-2']);
    expect(
      results.map(({ ruleId, level, properties }) => [ruleId, level, properties.package, properties.platform]),
    ).toEqual([
      ['CVE-2024-3094', 'error', 'liblzma5', 'linux/amd64'],
      ['CVE-2024-3094', 'error', 'xz-utils', 'linux/amd64'],
      ['CVE-2', 'note', 'liblzma5', 'linux/amd64'],
      ['CVE-2024-3094', 'error', 'liblzma5', 'linux/arm64'],
      ['CVE-2024-3094', 'error', 'xz-utils', 'linux/arm64'],
      ['CVE-2', 'note', 'liblzma5', 'linux/arm64'],
    ]);
    expect(results[0]?.message.text).toMatch(/fixed in 5\.6\.1/);
    expect(results[2]?.message.text).toMatch(/no fix yet/);
    expect(invocations).toEqual([{ executionSuccessful: true, toolExecutionNotifications: [] }]);
  });

  it('has scores for GitHub: CVSS as text, or the middle of the range of the severity', () => {
    const { score: _, ...unscored } = sampleFinding({ id: 'CVE-2', severity: 'medium' });
    const { score: __, ...unknown } = sampleFinding({ id: 'CVE-3', severity: 'unknown' });
    const { tool } = run(sampleReport([sampleScan([sampleFinding({ score: 9.8 }), unscored, unknown])]));
    expect(tool.driver.rules.map(({ properties }) => properties['security-severity'])).toEqual([
      '9.8',
      '5.5',
      undefined,
    ]);
    expect(tool.driver.rules[0]?.properties.tags).toEqual(expect.arrayContaining(['security', 'CWE-506']));
  });

  it('attaches results to the repository of the image, or to the given file', () => {
    const report = sampleReport([sampleScan([sampleFinding()])]);
    const place = (log: object) =>
      (log as { runs: Run[] }).runs[0]?.results[0]?.locations[0]?.physicalLocation.artifactLocation.uri;
    expect(place(toSarif([report], { version: '1' }))).toBe('axion/meridian-report-homechoice');
    expect(place(toSarif([report], { version: '1', location: 'docker files/axion.dockerfile' }))).toBe(
      'docker%20files/axion.dockerfile',
    );
  });

  it('has fingerprints that are stable over releases and unique within a run', () => {
    const findings = [...manyFindings(200), sampleFinding(), sampleFinding({ version: '5.6.1-1' })];
    const first = run(sampleReport([sampleScan(findings), sampleScan(findings, { platform: 'linux/arm64' })]));
    const upgraded = findings.map((finding) => ({ ...finding, version: `${finding.version}+1` }));
    const next = { tags: ['1.4.3'], digest: `sha256:${'ef'.repeat(32)}` };
    const second = run(sampleReport([sampleScan(upgraded), sampleScan(upgraded, { platform: 'linux/arm64' })], next));
    expect(prints(second)).toEqual(prints(first));
    expect(new Set(prints(first)).size).toBe(first.results.length);
  });

  it('escapes foreign text: placeholders, links of other schemes, control characters', () => {
    const finding = sampleFinding({
      package: '{0} [click](javascript:x) \u001b[1m',
      links: ['javascript:x', 'https://ok.example/'],
    });
    const { results, tool } = run(sampleReport([sampleScan([finding])]));
    expect(results[0]?.message.text).toContain('{{0}} \\[click\\](javascript:x) \\\\e\\[1m');
    expect(tool.driver.rules[0]?.helpUri).toBe('https://ok.example/');
    expect(
      run(sampleReport([sampleScan([{ ...finding, links: ['javascript:x'] }])])).tool.driver.rules[0],
    ).not.toHaveProperty('helpUri');
  });
});

describe('what a code host takes', () => {
  const many = (count: number, severity: FindingSeverity) =>
    Array.from({ length: count }, (_, at) => sampleFinding({ id: `CVE-${severity}-${at}`, severity }));

  it('is 25,000 findings: the worst of all images, and a notification of the others', () => {
    const first = sampleScan([...many(20_000, 'low'), ...many(4_000, 'high')]);
    const second = sampleScan([...many(3_000, 'unknown'), ...many(2_000, 'critical')], { platform: 'linux/arm64' });
    const { results, tool, invocations } = run(sampleReport([first, second]));
    const left = (word: string) => results.filter(({ ruleId }) => ruleId.includes(word)).length;
    expect(results).toHaveLength(25_000);
    expect([left('critical'), left('high'), left('unknown'), left('low')]).toEqual([2_000, 4_000, 3_000, 16_000]);
    expect(tool.driver.rules).toHaveLength(25_000);
    const [invocation] = invocations;
    expect(invocation?.executionSuccessful).toBe(true);
    expect(invocation?.toolExecutionNotifications.map(({ message }) => message.text)).toEqual([
      'the images have 29,000 findings, and a code host takes 25,000: the 4,000 least severe are left out.',
    ]);
    expect(tool.driver.notifications.map(({ id }) => id)).toContain('results-cut');
  });

  it('is 20 tags at a rule', () => {
    const cwes = Array.from({ length: 25 }, (_, at) => `CWE-${at}`);
    const { tool } = run(sampleReport([sampleScan([sampleFinding({ cwes })])]));
    expect(tool.driver.rules[0]?.properties.tags).toHaveLength(20);
    expect(tool.driver.rules[0]?.properties.tags).toEqual(expect.arrayContaining(['security', 'critical', 'CWE-0']));
  });

  it('is told without a log, too', () => {
    const report = sampleReport([sampleScan(many(25_001, 'low'))]);
    expect(sarifOmission([report])).toMatch(/ the 1 least severe are left out$/);
    expect(sarifOmission([sampleReport([sampleScan(many(25_000, 'low'))])])).toBeUndefined();
  });
});

describe('a scan without a result', () => {
  it.each<ImageScan['state']>(['not-scanned', 'running', 'failed', 'scanner-down'])(
    'that is %s is no empty clean run',
    (state) => {
      const { tool, results, invocations } = run(sampleReport([withoutResult(state, { reason: 'because {0}' })]));
      expect(results).toEqual([]);
      const [invocation] = invocations;
      expect(invocation?.executionSuccessful).toBe(false);
      expect(invocation?.toolExecutionNotifications).toMatchObject([
        { level: 'error', descriptor: { id: `scan-${state}` } },
      ]);
      expect(invocation?.toolExecutionNotifications[0]?.message.text).toContain('because {{0}}');
      expect(tool.driver.notifications.map(({ id }) => id)).toContain(`scan-${state}`);
    },
  );

  it('does not hide the findings of other images', () => {
    const { results, invocations } = run(sampleReport([sampleScan([sampleFinding()]), withoutResult('failed')]));
    expect(results).toHaveLength(1);
    expect(invocations[0]?.executionSuccessful).toBe(false);
  });

  it('is the result of an empty list of reports', () => {
    expect(run().invocations[0]?.executionSuccessful).toBe(false);
  });
});

it('has the same text in pieces', async () => {
  const reports = [sampleReport([sampleScan(manyFindings(300)), withoutResult('failed')]), sampleReport([])];
  const stream = new PassThrough({ highWaterMark: 1024 });
  const [written] = await Promise.all([json(stream), writeSarif(reports, { version: '1.2.3' }, stream)]);
  expect(written).toEqual(JSON.parse(JSON.stringify(toSarif(reports, { version: '1.2.3' }))));
});
