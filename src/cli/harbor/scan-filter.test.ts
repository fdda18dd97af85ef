import { describe, expect, it } from 'vitest';
import type { Finding, FindingSeverity, ScanReport } from '../../model/scan-report.ts';
import { countReaching, filterReport, readSeverities, readThreshold } from './scan-filter.ts';

const NOTHING = { critical: 0, high: 0, medium: 0, low: 0, negligible: 0, unknown: 0 };

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

describe('readSeverities', () => {
  it.each([
    ['high', ['critical', 'high']],
    ['CRITICAL', ['critical']],
    ['negligible', ['critical', 'high', 'medium', 'low', 'negligible']],
    ['unknown', ['unknown']],
    ['low, critical', ['critical', 'low']],
    ['high,high', ['high']],
  ])('%s', (text, severities) => {
    expect(readSeverities(text)).toEqual(severities);
  });

  it.each(['', 'worst', 'high,', ','])('refuses %j', (text) => {
    expect(() => readSeverities(text)).toThrowError(expect.objectContaining({ code: 'USAGE' }));
  });
});

it('a threshold is on the scale, which unknown is not', () => {
  expect(readThreshold('Low')).toBe('low');
  expect(() => readThreshold('unknown')).toThrowError(expect.objectContaining({ code: 'USAGE' }));
});

it('a filtered report counts what it lists, and keeps what the scans came to', () => {
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

it('what reaches a threshold is counted in all images, unknown never', () => {
  expect(countReaching(report, 'negligible', { fixedOnly: false })).toBe(4);
  expect(countReaching(report, 'critical', { fixedOnly: false })).toBe(2);
  expect(countReaching(report, 'high', { fixedOnly: true })).toBe(2);
});
