import { describe, expect, it } from 'vitest';
import type { ScanPolicy } from '../../config/package.ts';
import type { FindingSeverity } from '../../model/enums.ts';
import type { Finding, ImageScan } from '../../model/scan-report.ts';
import { ARM, evaluateFindings, evaluateOne, idsOf, NOW } from './evaluate.fixture.ts';
import { evaluatePolicy } from './evaluate.ts';
import { finding, fixed, POLICY, report, scan, unscanned } from './scans.fixture.ts';

describe('the threshold', () => {
  const severities: readonly FindingSeverity[] = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'];
  const all = severities.map((severity) => finding(`CVE-${severity}`, severity));

  it.each([
    ['critical', ['CVE-critical']],
    ['high', ['CVE-critical', 'CVE-high']],
    ['medium', ['CVE-critical', 'CVE-high', 'CVE-medium']],
    ['low', ['CVE-critical', 'CVE-high', 'CVE-medium', 'CVE-low']],
    ['none', []],
  ] as const)('%s rejects findings of that severity or worse, and lists the worst first', (failOn, rejecting) => {
    const verdict = evaluateFindings(all, { failOn });
    expect(idsOf(verdict.images[0]?.rejecting ?? [])).toEqual(rejecting);
    expect(verdict.outcome).toBe(rejecting.length > 0 ? 'rejected' : 'passed');
  });

  it('is never reached by a negligible finding', () => {
    expect(evaluateFindings([finding('CVE-1', 'negligible')], { failOn: 'low', unknown: 'fail' }).outcome).toBe(
      'passed',
    );
  });

  it('is part of the verdict, with the day of the evaluation', () => {
    expect(
      evaluateFindings([], { failOn: 'high', unknown: 'fail' }, new Date('2026-12-31T23:59:59.999Z')),
    ).toMatchObject({
      outcome: 'passed',
      policy: { failOn: 'high', ignoreUnfixed: false, ignoreStatus: [], unknown: 'fail', requirePackages: false },
      day: '2026-12-31',
    });
  });
});

describe('an image without findings', () => {
  const withoutPackages = ({ packages: _, ...image }: ImageScan): ImageScan => image;
  const NOTHING = 'the scanner found no packages in it: there was nothing to examine';
  const UNKNOWN = 'no findings, and Harbor has no SBOM that says whether the scanner found any packages in it';

  it('passes without a note when it has packages', () => {
    const verdict = evaluateOne([scan([], { packages: 12 })], { requirePackages: true });
    expect(verdict).toMatchObject({ outcome: 'passed', notes: [], platforms: [{ packages: 12 }] });
  });

  it.each([
    ['has no packages', scan([], { state: 'empty', packages: 0 }), NOTHING],
    ['has no SBOM', withoutPackages(scan([])), UNKNOWN],
  ])('passes with a note when it %s, and is rejected by requirePackages', (_what, image, note) => {
    expect(evaluateOne([image])).toMatchObject({ outcome: 'passed', notes: [note] });
    expect(evaluateOne([image], { requirePackages: true })).toMatchObject({
      outcome: 'rejected',
      reason: note,
      rejecting: [],
    });
  });

  it('is named by its platform when others have packages or findings', () => {
    const images = [scan([finding('CVE-1', 'low')]), scan([], { ...ARM, state: 'empty', packages: 0 })];
    expect(evaluateOne(images).notes).toEqual([`linux/arm64: ${NOTHING}`]);
    expect(evaluateOne(images, { requirePackages: true })).toMatchObject({
      outcome: 'rejected',
      reason: `linux/arm64: ${NOTHING}`,
    });
  });

  it('that was not scanned is not rejected for its packages', () => {
    const images = [unscanned('not-scanned'), scan([], { ...ARM, state: 'empty', packages: 0 })];
    expect(evaluateOne(images, { requirePackages: true }).outcome).toBe('not-scanned');
  });
});

describe('findings of unknown severity', () => {
  const unknown = [finding('CVE-1', 'unknown'), fixed('CVE-2', 'unknown')];

  it('pass, and the verdict counts them', () => {
    expect(evaluateFindings(unknown, { failOn: 'low' })).toMatchObject({
      outcome: 'passed',
      images: [{ rejecting: [], unknownPassed: 2 }],
    });
  });

  it('reject when the policy says so, and are listed last', () => {
    const [image] = evaluateFindings([...unknown, finding('CVE-3', 'critical')], { unknown: 'fail' }).images;
    expect(image).toMatchObject({ outcome: 'rejected', unknownPassed: 0 });
    expect(idsOf(image?.rejecting ?? [])).toEqual(['CVE-3', 'CVE-1', 'CVE-2']);
  });

  it('pass with failOn none', () => {
    expect(evaluateFindings(unknown, { failOn: 'none', unknown: 'fail' })).toMatchObject({
      outcome: 'passed',
      images: [{ unknownPassed: 2 }],
    });
  });
});

describe('ignoreStatus', () => {
  const ignoring = { ignoreStatus: ['will_not_fix'] } as const;

  it('passes findings without a fix that have the status, and counts them', () => {
    const findings = [
      finding('CVE-1', 'critical', { status: 'will_not_fix' }),
      finding('CVE-2', 'critical', { status: 'affected' }),
      finding('CVE-3', 'critical'),
    ];
    const [image] = evaluateFindings(findings, ignoring).images;
    expect(image?.rejecting.map(({ id }) => id)).toEqual(['CVE-2', 'CVE-3']);
    expect(image).toMatchObject({ outcome: 'rejected', statusPassed: 1 });
    expect(evaluateFindings(findings.slice(0, 1), ignoring).outcome).toBe('passed');
  });

  it('rejects a finding with a fix, whatever its status', () => {
    const [image] = evaluateFindings([fixed('CVE-1', 'critical', { status: 'will_not_fix' })], ignoring).images;
    expect(image).toMatchObject({ outcome: 'rejected', statusPassed: 0, rejecting: [{ status: 'will_not_fix' }] });
  });
});

describe('ignoreUnfixed', () => {
  it('lets findings without a fix pass, and counts them', () => {
    const findings = [finding('CVE-1', 'critical'), fixed('CVE-2', 'critical'), finding('CVE-3', 'low')];
    const [image] = evaluateFindings(findings, { ignoreUnfixed: true }).images;
    expect(image).toMatchObject({ outcome: 'rejected', unfixedPassed: 1 });
    expect(idsOf(image?.rejecting ?? [])).toEqual(['CVE-2']);
    expect(evaluateFindings(findings.slice(0, 1), { ignoreUnfixed: true }).outcome).toBe('passed');
    expect(evaluateFindings(findings.slice(0, 1)).images[0]).toMatchObject({ outcome: 'rejected', unfixedPassed: 0 });
  });

  it('applies to unknown severity, too', () => {
    expect(
      evaluateFindings([finding('CVE-1', 'unknown')], { ignoreUnfixed: true, unknown: 'fail' }).images[0],
    ).toMatchObject({ outcome: 'passed', unfixedPassed: 1, unknownPassed: 0 });
  });
});

describe('the allow-list', () => {
  const bad = [finding('CVE-2026-0001', 'critical'), finding('CVE-2026-0002', 'critical')];
  const entry = { id: 'CVE-2026-0001', reason: 'not reachable' };

  it('allows the findings that it names, with the reason, and no others', () => {
    const [image] = evaluateFindings(bad, { allow: [{ ...entry, until: '2026-12-31' }] }).images;
    expect(image?.allowed).toEqual([
      {
        id: 'CVE-2026-0001',
        severity: 'critical',
        package: 'libbad',
        version: '1.0',
        platforms: ['linux/amd64'],
        reason: 'not reachable',
        until: '2026-12-31',
      },
    ]);
    expect(idsOf(image?.rejecting ?? [])).toEqual(['CVE-2026-0002']);
    expect(evaluateFindings(bad.slice(0, 1), { allow: [entry] }).outcome).toBe('passed');
  });

  it.each(['cve-2026-0001', ' CVE-2026-0001 ', '\tCve-2026-0001\n'])('accepts %j as the same id', (id) => {
    expect(evaluateFindings(bad.slice(0, 1), { allow: [{ ...entry, id }] }).outcome).toBe('passed');
  });

  it('matches whole ids only', () => {
    for (const id of ['CVE-2026-000', 'CVE-2026-00011', 'CVE-2026-0001,CVE-2026-0002', '', '*', '.*'])
      expect(evaluateFindings(bad.slice(0, 1), { allow: [{ ...entry, id }] }).outcome, id).toBe('rejected');
  });

  it.each([
    ['2026-11-23T00:00:00Z', 'passed'],
    ['2026-11-23T23:59:59.999Z', 'passed'],
    ['2026-11-24T00:00:00Z', 'rejected'],
    // The same moments in other time zones.
    ['2026-11-24T11:59:59+12:00', 'passed'],
    ['2026-11-23T13:00:00-11:00', 'rejected'],
  ])('is valid until the end of its last day in UTC: at %s', (now, outcome) => {
    const allow = [{ ...entry, until: '2026-11-23' }];
    expect(evaluateFindings(bad.slice(0, 1), { allow }, new Date(now)).outcome).toBe(outcome);
  });

  it('lists expired entries with the number of findings that they would have allowed', () => {
    const allow = [
      { ...entry, until: '2026-11-22' },
      { id: 'CVE-2020-1', reason: 'long gone', until: '2020-01-01' },
    ];
    const twice = [bad[0], finding('CVE-2026-0001', 'critical', { package: 'other' })].filter((each) => !!each);
    expect(evaluateFindings([...twice, finding('CVE-2020-1', 'low')], { allow })).toMatchObject({
      outcome: 'rejected',
      expired: [
        { ...entry, until: '2026-11-22', findings: 2 },
        { id: 'CVE-2020-1', reason: 'long gone', until: '2020-01-01', findings: 0 },
      ],
      unused: [],
    });
  });

  it('treats an entry with an invalid last day as expired', () => {
    const verdict = evaluateFindings(bad.slice(0, 1), { allow: [{ ...entry, until: 'someday' }] });
    expect(verdict).toMatchObject({ outcome: 'rejected', expired: [{ until: 'someday', findings: 1 }] });
  });

  it('uses the entry that is valid longest when several have one id', () => {
    const until = (day: string) => ({ ...entry, reason: `until ${day}`, until: day });
    const evaluated = (allow: ScanPolicy['allow']) => evaluateFindings(bad.slice(0, 1), { allow });
    expect(evaluated([until('2026-11-30'), until('2026-12-31'), until('2026-12-01')]).images[0]?.allowed).toMatchObject(
      [{ reason: 'until 2026-12-31' }],
    );
    expect(evaluated([until('2026-11-30'), { ...entry, reason: 'for good' }]).images[0]?.allowed).toMatchObject([
      { reason: 'for good' },
    ]);
    expect(evaluated([until('2020-01-01'), { ...entry, id: 'cve-2026-0001' }])).toMatchObject({
      outcome: 'passed',
      expired: [{ until: '2020-01-01', findings: 0 }],
      unused: [],
    });
  });

  it('lists each entry once that matches no finding of any severity', () => {
    const allow = ['CVE-2026-0002', 'CVE-1', 'cve-1', 'CVE-3'].map((id) => ({ id, reason: 'r' }));
    expect(evaluateFindings([finding('CVE-3', 'low')], { allow }).unused).toEqual(['CVE-2026-0002', 'CVE-1']);
  });

  it('reports no unused entries when an image was not scanned', () => {
    const images = [{ report: report([scan([])]) }, { report: report([unscanned('not-scanned')]) }];
    expect(evaluatePolicy({ ...POLICY, allow: [entry] }, images, NOW).unused).toEqual([]);
  });

  it('does not list a finding as allowed that would not reject', () => {
    const [image] = evaluateFindings([finding('CVE-2026-0001', 'low')], { allow: [entry] }).images;
    expect(image).toMatchObject({ outcome: 'passed', allowed: [] });
  });
});

describe('many findings', () => {
  const severities = ['critical', 'high', 'medium', 'low', 'unknown'] as const;

  /** Findings whose package is read through a counter: every comparison of two findings reads it. */
  function countedFindings(count: number, onRead: () => void): Finding[] {
    return Array.from({ length: count }, (_, index) => ({
      ...finding(`CVE-2026-${index}`, severities[index % 5] ?? 'low'),
      get package() {
        onRead();
        return `lib${(index * 7919) % count}`;
      },
    }));
  }

  function countReads(count: number): number {
    let reads = 0;
    const many = countedFindings(count, () => reads++);
    const image = evaluateOne([scan(many), scan(many, ARM)], { failOn: 'low', unknown: 'fail' });
    expect(image.rejecting).toHaveLength(count);
    return reads;
  }

  it('take a number of comparisons that grows as n log n', () => {
    expect(countReads(8_000) / countReads(4_000)).toBeLessThan(2.5);
  });

  it('are each rejected or allowed', () => {
    const many = countedFindings(20_000, () => {});
    const allow = Array.from({ length: 500 }, (_, index) => ({ id: `CVE-2026-${index}`, reason: 'r' }));
    const image = evaluateOne([scan(many)], { failOn: 'low', unknown: 'fail', allow });
    expect(image.rejecting).toHaveLength(19_500);
    expect(image.allowed).toHaveLength(500);
  });
});
