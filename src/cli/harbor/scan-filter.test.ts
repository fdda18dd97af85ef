import { describe, expect, it } from 'vitest';
import type { FindingSeverity } from '../../model/enums.ts';
import type { Finding, ScanReport } from '../../model/scan-report.ts';
import { noCounts } from '../../model/severity-counts.ts';
import { countReaching, filterReport, parseSeverities, parseThreshold } from './scan-filter.ts';

const NOTHING = noCounts();

const finding = (severity: FindingSeverity, fixVersion?: string): Finding => ({
  id: `CVE-${severity}`,
  severity,
  package: 'libc6',
  version: '1.0',
  ...(fixVersion === undefined ? {} : { fixVersion }),
  description: '',
  links: [],
  cwes: [],
});

const report: ScanReport = {
  repository: 'axion/api',
  tags: ['1.0'],
  digest: `sha256:${'0'.repeat(64)}`,
  state: 'findings',
  images: ['linux/amd64', 'linux/arm64'].map((platform) => ({
    platform,
    digest: `sha256:${'1'.repeat(64)}`,
    state: 'findings',
    counts: { ...NOTHING, critical: 1, high: 1, unknown: 1 },
    fixable: 1,
    findings: [finding('critical', '1.1'), finding('high'), finding('unknown')],
  })),
};

describe('parseSeverities', () => {
  it.each([
    ['high', ['critical', 'high']],
    ['CRITICAL', ['critical']],
    ['negligible', ['critical', 'high', 'medium', 'low', 'negligible']],
    ['unknown', ['unknown']],
    ['low, critical', ['critical', 'low']],
    ['high,high', ['high']],
  ])('selects with %s', (text, severities) => {
    expect(parseSeverities(text)).toEqual(severities);
  });

  it.each(['', 'worst', 'high,', ','])('rejects %j', (text) => {
    expect(() => parseSeverities(text)).toThrowError(expect.objectContaining({ code: 'USAGE' }));
  });
});

it('rejects unknown as a threshold', () => {
  expect(parseThreshold('Low')).toBe('low');
  expect(() => parseThreshold('unknown')).toThrowError(expect.objectContaining({ code: 'USAGE' }));
});

it('counts the findings that a filtered report lists, and keeps the states of the scans', () => {
  const { state, images } = filterReport(report, { severities: ['critical', 'unknown'], fixedOnly: true });
  expect(state).toBe('findings');
  expect(images[1]).toMatchObject({
    state: 'findings',
    counts: { ...NOTHING, critical: 1 },
    fixable: 1,
    findings: [{ id: 'CVE-critical' }],
  });
  expect(filterReport(report, { fixedOnly: false })).toEqual(report);
});

it('counts findings at or above a threshold in all images, and never those of unknown severity', () => {
  expect(countReaching(report, 'negligible', { fixedOnly: false })).toBe(4);
  expect(countReaching(report, 'critical', { fixedOnly: false })).toBe(2);
  expect(countReaching(report, 'high', { fixedOnly: true })).toBe(2);
});
