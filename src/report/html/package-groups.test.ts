import { expect, it } from 'vitest';
import { sampleFinding, withoutFix } from '../sample.fixture.ts';
import { mergeFindings } from './finding-rows.ts';
import { groupByPackage } from './package-groups.ts';

it('counts the findings that an upgrade of a package fixes', () => {
  const findings = [
    withoutFix({ id: 'CVE-1', package: 'openssl', severity: 'critical' }),
    sampleFinding({ id: 'CVE-2', package: 'openssl', severity: 'high', fixVersion: '3.0.14' }),
    sampleFinding({ id: 'CVE-3', package: 'openssl', severity: 'low', fixVersion: '3.0.14' }),
    sampleFinding({ id: 'CVE-4', package: 'openssl', severity: 'low', fixVersion: '3.0.11' }),
    sampleFinding({ id: 'CVE-5', package: 'tar', severity: 'medium' }),
  ];
  const [openssl, tar] = groupByPackage(mergeFindings([{ findings }]));
  expect(openssl).toMatchObject({
    package: 'openssl',
    worst: 'critical',
    worstFixable: 'high',
    total: 4,
    fixable: 3,
    fixes: [
      { version: '3.0.14', fixed: 2 },
      { version: '3.0.11', fixed: 1 },
    ],
  });
  expect(tar).toMatchObject({ package: 'tar', worst: 'medium', total: 1, fixable: 1 });
});

it('separates two versions of a package, each with its images', () => {
  const old = sampleFinding({ version: '1' });
  const recent = sampleFinding({ version: '2' });
  const groups = groupByPackage(mergeFindings([{ findings: [old] }, { findings: [old, recent] }]));
  expect(groups.map(({ version, images }) => [version, images])).toEqual([
    ['1', [0, 1]],
    ['2', [1]],
  ]);
});
