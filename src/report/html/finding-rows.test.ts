import { expect, it } from 'vitest';
import { sampleFinding, withoutFix } from '../sample.fixture.ts';
import { mergeFindings } from './finding-rows.ts';

it('lists a shared finding once, with all its images', () => {
  const shared = sampleFinding();
  const own = sampleFinding({ package: 'libc6' });
  const rows = mergeFindings([{ findings: [shared] }, { findings: [] }, { findings: [{ ...shared }, own] }]);
  expect(rows.map(({ finding, images }) => [finding.package, images])).toEqual([
    ['libc6', [2]],
    ['liblzma5', [0, 2]],
  ]);
});

it('separates findings that differ in package, version, fix or severity', () => {
  const findings = [
    sampleFinding(),
    sampleFinding({ package: 'xz-utils' }),
    sampleFinding({ version: '5.6.1-1' }),
    withoutFix(),
    sampleFinding({ severity: 'high' }),
  ];
  expect(mergeFindings([{ findings }, { findings }])).toHaveLength(5);
});

it('sorts by severity, then by score, then by package', () => {
  const rows = mergeFindings([
    {
      findings: [
        sampleFinding({ id: 'CVE-1', severity: 'unknown' }),
        sampleFinding({ id: 'CVE-2', severity: 'low' }),
        sampleFinding({ id: 'CVE-3', package: 'b', score: 9 }),
        sampleFinding({ id: 'CVE-4', package: 'a', score: 9 }),
        sampleFinding({ id: 'CVE-5', package: 'c', score: 9.8 }),
      ],
    },
  ]);
  expect(rows.map(({ finding }) => finding.id)).toEqual(['CVE-5', 'CVE-4', 'CVE-3', 'CVE-2', 'CVE-1']);
});
