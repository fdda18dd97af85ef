import { describe, expect, it } from 'vitest';
import type { ScanPolicy } from '../../config/package.ts';
import { ObjDockerError } from '../../errors.ts';
import type { Finding, FindingSeverity, ImageScan } from '../../model/scan-report.ts';
import type { ImageVerdict } from '../../model/verdict.ts';
import { evaluatePolicy } from './evaluate.ts';
import { outcomeOfError } from './image.ts';
import { DIGEST, finding, fixed, POLICY, report, scan, unscanned } from './scans.fixture.ts';

const NOW = new Date('2026-11-23T15:00:00Z');
const ARM = { platform: 'linux/arm64', digest: `sha256:${'b'.repeat(64)}` };

function judgeFindings(findings: readonly Finding[], policy: Partial<ScanPolicy> = {}, now = NOW) {
  return evaluatePolicy({ ...POLICY, ...policy }, [{ report: report([scan(findings)]) }], now);
}

function judgeOne(images: readonly ImageScan[], policy: Partial<ScanPolicy> = {}): ImageVerdict {
  const { images: verdicts } = evaluatePolicy({ ...POLICY, ...policy }, [{ report: report(images) }], NOW);
  const [only] = verdicts;
  if (only === undefined || verdicts.length !== 1) throw new Error('one image was judged');
  return only;
}

const idsOf = (findings: readonly { readonly id: string }[]): string[] => findings.map(({ id }) => id);

describe('the threshold', () => {
  const severities: readonly FindingSeverity[] = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'];
  const all = severities.map((severity) => finding(`CVE-${severity}`, severity));

  it.each([
    ['critical', ['CVE-critical']],
    ['high', ['CVE-critical', 'CVE-high']],
    ['medium', ['CVE-critical', 'CVE-high', 'CVE-medium']],
    ['low', ['CVE-critical', 'CVE-high', 'CVE-medium', 'CVE-low']],
    ['none', []],
  ] as const)('%s rejects what is as bad or worse, worst first', (failOn, rejecting) => {
    const verdict = judgeFindings(all, { failOn });
    expect(idsOf(verdict.images[0]?.rejecting ?? [])).toEqual(rejecting);
    expect(verdict.outcome).toBe(rejecting.length > 0 ? 'rejected' : 'passed');
  });

  it('is never reached by what is negligible', () => {
    expect(judgeFindings([finding('CVE-1', 'negligible')], { failOn: 'low', unknown: 'fail' }).outcome).toBe('passed');
  });

  it('says which policy, and which day, decided', () => {
    expect(judgeFindings([], { failOn: 'high', unknown: 'fail' }, new Date('2026-12-31T23:59:59.999Z'))).toMatchObject({
      outcome: 'passed',
      policy: { failOn: 'high', ignoreUnfixed: false, unknown: 'fail' },
      day: '2026-12-31',
    });
  });
});

describe('findings of unknown severity', () => {
  const unknown = [finding('CVE-1', 'unknown'), fixed('CVE-2', 'unknown')];

  it('pass and are counted', () => {
    expect(judgeFindings(unknown, { failOn: 'low' })).toMatchObject({
      outcome: 'passed',
      images: [{ rejecting: [], unknownPassed: 2 }],
    });
  });

  it('reject where the policy says so, after those that have one', () => {
    const [image] = judgeFindings([...unknown, finding('CVE-3', 'critical')], { unknown: 'fail' }).images;
    expect(image).toMatchObject({ outcome: 'rejected', unknownPassed: 0 });
    expect(idsOf(image?.rejecting ?? [])).toEqual(['CVE-3', 'CVE-1', 'CVE-2']);
  });

  it('pass with all others under "none"', () => {
    expect(judgeFindings(unknown, { failOn: 'none', unknown: 'fail' })).toMatchObject({
      outcome: 'passed',
      images: [{ unknownPassed: 2 }],
    });
  });
});

describe('ignoreUnfixed', () => {
  it('lets pass and counts what would reject and has no fix', () => {
    const findings = [finding('CVE-1', 'critical'), fixed('CVE-2', 'critical'), finding('CVE-3', 'low')];
    const [image] = judgeFindings(findings, { ignoreUnfixed: true }).images;
    expect(image).toMatchObject({ outcome: 'rejected', unfixedPassed: 1 });
    expect(idsOf(image?.rejecting ?? [])).toEqual(['CVE-2']);
    expect(judgeFindings(findings.slice(0, 1), { ignoreUnfixed: true }).outcome).toBe('passed');
    expect(judgeFindings(findings.slice(0, 1)).images[0]).toMatchObject({ outcome: 'rejected', unfixedPassed: 0 });
  });

  it('holds for unknown severity, too', () => {
    expect(
      judgeFindings([finding('CVE-1', 'unknown')], { ignoreUnfixed: true, unknown: 'fail' }).images[0],
    ).toMatchObject({ outcome: 'passed', unfixedPassed: 1, unknownPassed: 0 });
  });
});

describe('the allow-list', () => {
  const bad = [finding('CVE-2026-0001', 'critical'), finding('CVE-2026-0002', 'critical')];
  const entry = { id: 'CVE-2026-0001', reason: 'not reachable' };

  it('lets pass what it names, with its reason, and nothing else', () => {
    const [image] = judgeFindings(bad, { allow: [{ ...entry, until: '2026-12-31' }] }).images;
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
    expect(judgeFindings(bad.slice(0, 1), { allow: [entry] }).outcome).toBe('passed');
  });

  it.each(['cve-2026-0001', ' CVE-2026-0001 ', '\tCve-2026-0001\n'])('takes %j for the same id', (id) => {
    expect(judgeFindings(bad.slice(0, 1), { allow: [{ ...entry, id }] }).outcome).toBe('passed');
  });

  it('names whole ids only', () => {
    for (const id of ['CVE-2026-000', 'CVE-2026-00011', 'CVE-2026-0001,CVE-2026-0002', '', '*', '.*'])
      expect(judgeFindings(bad.slice(0, 1), { allow: [{ ...entry, id }] }).outcome, id).toBe('rejected');
  });

  it.each([
    ['2026-11-23T00:00:00Z', 'passed'],
    ['2026-11-23T23:59:59.999Z', 'passed'],
    ['2026-11-24T00:00:00Z', 'rejected'],
    // The same moments elsewhere.
    ['2026-11-24T11:59:59+12:00', 'passed'],
    ['2026-11-23T13:00:00-11:00', 'rejected'],
  ])('holds until the end of its last day in UTC: at %s', (now, outcome) => {
    const allow = [{ ...entry, until: '2026-11-23' }];
    expect(judgeFindings(bad.slice(0, 1), { allow }, new Date(now)).outcome).toBe(outcome);
  });

  it('tells what has expired, and how many findings it would have let pass', () => {
    const allow = [
      { ...entry, until: '2026-11-22' },
      { id: 'CVE-2020-1', reason: 'long gone', until: '2020-01-01' },
    ];
    const twice = [bad[0], finding('CVE-2026-0001', 'critical', { package: 'other' })].filter((each) => !!each);
    expect(judgeFindings([...twice, finding('CVE-2020-1', 'low')], { allow })).toMatchObject({
      outcome: 'rejected',
      expired: [
        { ...entry, until: '2026-11-22', findings: 2 },
        { id: 'CVE-2020-1', reason: 'long gone', until: '2020-01-01', findings: 0 },
      ],
      unused: [],
    });
  });

  it('takes an entry whose day cannot be read for expired', () => {
    const verdict = judgeFindings(bad.slice(0, 1), { allow: [{ ...entry, until: 'someday' }] });
    expect(verdict).toMatchObject({ outcome: 'rejected', expired: [{ until: 'someday', findings: 1 }] });
  });

  it('goes by the entry that holds longest where several have one id', () => {
    const until = (day: string) => ({ ...entry, reason: `until ${day}`, until: day });
    const judged = (allow: ScanPolicy['allow']) => judgeFindings(bad.slice(0, 1), { allow });
    expect(judged([until('2026-11-30'), until('2026-12-31'), until('2026-12-01')]).images[0]?.allowed).toMatchObject([
      { reason: 'until 2026-12-31' },
    ]);
    expect(judged([until('2026-11-30'), { ...entry, reason: 'for good' }]).images[0]?.allowed).toMatchObject([
      { reason: 'for good' },
    ]);
    expect(judged([until('2020-01-01'), { ...entry, id: 'cve-2026-0001' }])).toMatchObject({
      outcome: 'passed',
      expired: [{ until: '2020-01-01', findings: 0 }],
      unused: [],
    });
  });

  it('names entries that no image has a finding of, whatever its severity, once', () => {
    const allow = ['CVE-2026-0002', 'CVE-1', 'cve-1', 'CVE-3'].map((id) => ({ id, reason: 'r' }));
    expect(judgeFindings([finding('CVE-3', 'low')], { allow }).unused).toEqual(['CVE-2026-0002', 'CVE-1']);
  });

  it('calls no entry unused where an image was not scanned', () => {
    const subjects = [{ report: report([scan([])]) }, { report: report([unscanned('not-scanned')]) }];
    expect(evaluatePolicy({ ...POLICY, allow: [entry] }, subjects, NOW).unused).toEqual([]);
  });

  it('lists nothing as allowed that would not reject', () => {
    const [image] = judgeFindings([finding('CVE-2026-0001', 'low')], { allow: [entry] }).images;
    expect(image).toMatchObject({ outcome: 'passed', allowed: [] });
  });
});

describe('several platforms', () => {
  it('have a finding in common, which is one', () => {
    const shared = fixed('CVE-1', 'critical');
    const image = judgeOne([scan([shared]), scan([shared, finding('CVE-2', 'unknown')], ARM)]);
    expect(image.rejecting).toEqual([
      {
        id: 'CVE-1',
        severity: 'critical',
        package: 'libbad',
        version: '1.0',
        fixVersion: '1.1',
        platforms: ['linux/amd64', 'linux/arm64'],
      },
    ]);
    expect(image.unknownPassed).toBe(1);
    expect(judgeOne([scan([shared, shared])]).rejecting).toHaveLength(1);
  });

  it('are told apart by package, version, severity and fix', () => {
    const others = [
      finding('CVE-1', 'critical', { package: 'other' }),
      finding('CVE-1', 'critical', { version: '2.0' }),
      finding('CVE-1', 'high'),
      fixed('CVE-1', 'critical'),
      // Where the parts of one would be those of another, were they only put together.
      finding('CVE-1', 'critical', { package: 'libbad1', version: '.0' }),
    ];
    expect(judgeOne([scan([finding('CVE-1', 'critical'), ...others])], { failOn: 'high' }).rejecting).toHaveLength(6);
  });

  it('all count: the fix that only one of them has rejects under ignoreUnfixed', () => {
    const image = judgeOne([scan([finding('CVE-1', 'critical')]), scan([fixed('CVE-1', 'critical')], ARM)], {
      ignoreUnfixed: true,
    });
    expect(image).toMatchObject({ outcome: 'rejected', rejecting: [{ platforms: ['linux/arm64'] }], unfixedPassed: 1 });
  });
});

describe('an image without a result', () => {
  it.each([
    ['not-scanned', 'not-scanned', 'it was never scanned'],
    ['running', 'not-scanned', 'a scan waits or runs'],
    ['failed', 'scan-failed', 'the scan ended without a result'],
    ['scanner-down', 'scanner-down', 'the scanner is missing or down'],
  ] as const)('does not pass when its scan is %s, not even under "none"', (state, outcome, reason) => {
    expect(judgeOne([unscanned(state)], { failOn: 'none' })).toMatchObject({ outcome, reason, platforms: [{ state }] });
  });

  it('does not pass by its other platforms, and says which one is missing', () => {
    expect(judgeOne([scan([]), unscanned('not-scanned', { ...ARM, reason: 'it cannot be' })])).toMatchObject({
      outcome: 'not-scanned',
      reason: 'linux/arm64: it cannot be',
      platforms: [{ state: 'clean' }, { state: 'not-scanned' }],
    });
  });

  it('is told with what the other platforms have', () => {
    const image = judgeOne([scan([finding('CVE-1', 'critical')]), unscanned('failed', ARM)]);
    expect(image).toMatchObject({ outcome: 'scan-failed', rejecting: [{ id: 'CVE-1' }] });
  });

  it('says the worst, and each reason once', () => {
    const other = { platform: 'linux/s390x', digest: `sha256:${'c'.repeat(64)}` };
    const image = judgeOne([unscanned('not-scanned'), unscanned('failed', ARM), unscanned('failed', other)]);
    expect(image).toMatchObject({
      outcome: 'scan-failed',
      reason: 'linux/arm64, linux/s390x: the scan ended without a result',
    });
  });

  it('does not pass when it holds no image', () => {
    const verdict = evaluatePolicy({ ...POLICY, failOn: 'none' }, [{ report: report([]) }], NOW);
    expect(verdict).toMatchObject({ outcome: 'not-scanned', images: [{ outcome: 'not-scanned' }] });
  });

  it('does not pass when there is no image at all', () => {
    expect(evaluatePolicy({ ...POLICY, failOn: 'none' }, [], NOW).outcome).toBe('not-scanned');
  });

  it('does not pass when its report lacks what it counts', () => {
    const counts = { critical: 1, high: 0, medium: 0, low: 0, negligible: 0, unknown: 0 };
    for (const lacking of [{ state: 'findings' as const }, { counts }]) {
      expect(judgeOne([scan([], lacking)]).outcome).toBe('scan-failed');
      expect(judgeOne([scan([], lacking)], { failOn: 'none' }).outcome).toBe('scan-failed');
    }
  });

  it.each(['timed-out', 'scan-failed', 'scanner-down', 'not-scanned'] as const)(
    'does not pass when it is %s without a report',
    (outcome) => {
      const subject = { service: 'api', repository: 'axion/api', digest: DIGEST, outcome, reason: 'because' };
      expect(evaluatePolicy({ ...POLICY, failOn: 'none' }, [subject], NOW)).toMatchObject({
        outcome,
        images: [
          { service: 'api', repository: 'axion/api', digest: DIGEST, outcome, reason: 'because', platforms: [] },
        ],
      });
    },
  );

  it('is timed out with what is known, whatever that is', () => {
    const known = report([scan([finding('CVE-1', 'critical')]), unscanned('running', ARM)]);
    for (const given of [known, report([scan([])])]) {
      const subject = { repository: 'axion/api', digest: DIGEST, outcome: 'timed-out', reason: 'r' } as const;
      expect(evaluatePolicy(POLICY, [{ ...subject, report: given }], NOW).outcome).toBe('timed-out');
    }
    const subject = { repository: 'axion/api', digest: DIGEST, outcome: 'timed-out', reason: 'r' } as const;
    expect(evaluatePolicy(POLICY, [{ ...subject, report: known }], NOW).images[0]).toMatchObject({
      platforms: [{ state: 'findings' }, { state: 'timed-out' }],
      rejecting: [{ id: 'CVE-1' }],
    });
  });
});

describe('the outcome of several images', () => {
  const clean = { report: report([scan([])]) };
  const bad = { report: report([scan([finding('CVE-1', 'critical')])]) };
  const worse = (['not-scanned', 'timed-out', 'scan-failed', 'scanner-down'] as const).map((outcome) => ({
    repository: 'axion/api',
    digest: DIGEST,
    outcome,
    reason: 'r',
  }));

  it('is the worst', () => {
    expect(evaluatePolicy(POLICY, [clean, clean], NOW).outcome).toBe('passed');
    expect(evaluatePolicy(POLICY, [clean, bad], NOW).outcome).toBe('rejected');
    for (const [at, subject] of worse.entries()) {
      expect(evaluatePolicy(POLICY, [clean, bad, ...worse.slice(0, at), subject], NOW).outcome).toBe(subject.outcome);
    }
  });

  it('leaves them in their order, each with its service', () => {
    const named = ['web', 'api', 'job'].map((service) => ({ ...clean, service }));
    expect(evaluatePolicy(POLICY, named, NOW).images.map(({ service }) => service)).toEqual(['web', 'api', 'job']);
  });
});

describe('a refusal of the registry', () => {
  it('rejects what would pass, and says whose it is', () => {
    const subject = { report: report([scan([])]), refusal: 'Harbor lets nobody pull it' };
    expect(evaluatePolicy(POLICY, [subject], NOW).images[0]).toMatchObject({
      outcome: 'rejected',
      reason: 'Harbor lets nobody pull it',
      rejecting: [],
    });
  });

  it('is not a result where there is none', () => {
    const subject = { report: report([unscanned('failed')]), refusal: 'no' };
    expect(evaluatePolicy(POLICY, [subject], NOW).outcome).toBe('scan-failed');
  });
});

describe('outcomeOfError', () => {
  it.each([
    ['TIMEOUT', 'timed-out'],
    ['SCANNER_DOWN', 'scanner-down'],
    ['SCANNER_MISSING', 'scanner-down'],
    ['SCAN_FAILED', 'scan-failed'],
    ['SCAN_UNSUPPORTED', 'scan-failed'],
  ] as const)('takes %s for %s', (code, outcome) => {
    expect(outcomeOfError(new ObjDockerError(code, 'why'))).toEqual({ outcome, reason: 'why' });
  });

  it('leaves alone what says nothing of the image', () => {
    expect(outcomeOfError(new ObjDockerError('REGISTRY_UNREACHABLE', 'away'))).toBeUndefined();
    expect(outcomeOfError(new Error('bug'))).toBeUndefined();
  });
});

describe('200,000 findings', () => {
  it('are judged in a moment', () => {
    const severities = ['critical', 'high', 'medium', 'low', 'unknown'] as const;
    const many = Array.from({ length: 100_000 }, (_, at) =>
      finding(`CVE-2026-${at}`, severities[at % 5] ?? 'low', { package: `lib${(at * 7919) % 100_000}` }),
    );
    const images = [scan(many), scan(many, ARM)];
    const allow = Array.from({ length: 500 }, (_, at) => ({ id: `CVE-2026-${at}`, reason: 'r' }));
    const started = performance.now();
    const image = judgeOne(images, { failOn: 'low', unknown: 'fail', allow });
    expect(performance.now() - started).toBeLessThan(3_000);
    expect(image.rejecting).toHaveLength(99_500);
    expect(image.allowed).toHaveLength(500);
  });
});
