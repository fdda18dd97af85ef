import { describe, expect, it } from 'vitest';
import type { ScanPolicy } from '../../config/package.ts';
import type { Finding } from '../../model/scan-report.ts';
import { evaluatePolicy } from './evaluate.ts';
import { describePolicyChanges } from './policy-changes.ts';
import { finding, fixed, POLICY, report, scan } from './scans.fixture.ts';

const NOW = new Date('2026-11-30T12:00:00Z');

function changes(findings: readonly Finding[], policy: Partial<ScanPolicy> = {}): readonly string[] {
  const images = [
    { report: report([scan(findings)]) },
    { report: report([scan(findings)], { repository: 'axion/web' }) },
  ];
  return describePolicyChanges(evaluatePolicy({ ...POLICY, ...policy }, images, NOW));
}

describe('describePolicyChanges', () => {
  it('names each setting that changes the verdict, with its effect on these findings', () => {
    const findings = [
      ...Array.from({ length: 10 }, (_, index) => finding(`CVE-1-${index}`, 'high')),
      finding('CVE-2-1', 'critical', { status: 'will_not_fix' }),
      finding('CVE-2-2', 'critical', { status: 'will_not_fix' }),
      fixed('CVE-3-1', 'critical'),
      fixed('CVE-3-2', 'high'),
      finding('CVE-4-1', 'low'),
    ];
    expect(changes(findings, { failOn: 'high', ignoreStatus: ['end_of_life'] })).toEqual([
      'ignoreUnfixed: true would pass 12 of 14 findings; 2 would remain',
      'ignoreStatus: [end_of_life, will_not_fix] would pass 2 of 14 findings; 12 would remain',
      'failOn: critical would pass 11 of 14 findings; 3 would remain',
      'failOn: none would pass all 14 findings',
      'allow: with CVE-2-1, CVE-2-2, CVE-3-1 and 11 more would pass all 14 findings',
    ]);
  });

  it('counts the images that only requirePackages rejects', () => {
    const empty = report([scan([], { state: 'empty', packages: 0 })]);
    const images = [{ report: empty }, { report: report([scan([])], { repository: 'axion/web' }) }];
    const changesOf = (policy: Partial<ScanPolicy>) =>
      describePolicyChanges(evaluatePolicy({ ...POLICY, ...policy }, images, NOW));
    expect(changesOf({ requirePackages: true })).toEqual([
      'requirePackages: false would pass 1 image without known packages',
    ]);
    expect(changesOf({})).toEqual([]);
  });

  it('names nothing that would change nothing', () => {
    expect(changes([fixed('CVE-1', 'critical')])).toEqual([
      'failOn: none would pass the one finding',
      'allow: with CVE-1 would pass the one finding',
    ]);
    expect(changes([finding('CVE-1', 'high')])).toEqual([]);
    expect(changes([fixed('CVE-1', 'unknown')], { unknown: 'fail', failOn: 'medium' })).toEqual([
      'failOn: none would pass the one finding',
      'unknown: pass would pass the one finding',
      'allow: with CVE-1 would pass the one finding',
    ]);
  });

  it('holds: the policy with the setting passes as many findings as it says', () => {
    const findings = [finding('CVE-1', 'medium'), fixed('CVE-2', 'high'), finding('CVE-3', 'critical')];
    const remaining = (policy: Partial<ScanPolicy>) =>
      evaluatePolicy({ ...POLICY, failOn: 'medium', ...policy }, [{ report: report([scan(findings)]) }], NOW).images[0]
        ?.rejecting.length;
    expect(changes(findings, { failOn: 'medium' })).toEqual([
      `ignoreUnfixed: true would pass 2 of 3 findings; ${remaining({ ignoreUnfixed: true })} would remain`,
      `failOn: high would pass 1 of 3 findings; ${remaining({ failOn: 'high' })} would remain`,
      `failOn: critical would pass 2 of 3 findings; ${remaining({ failOn: 'critical' })} would remain`,
      'failOn: none would pass all 3 findings',
      'allow: with CVE-3, CVE-2 and CVE-1 would pass all 3 findings',
    ]);
    expect(remaining({ failOn: 'none' })).toBe(0);
  });
});
