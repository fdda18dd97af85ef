import { describe, expect, it } from 'vitest';
import { ObjDockerError } from '../../errors.ts';
import { ARM, evaluateOne, NOW } from './evaluate.fixture.ts';
import { evaluatePolicy } from './evaluate.ts';
import { outcomeOfError } from './image.ts';
import { DIGEST, finding, fixed, POLICY, report, scan, unscanned } from './scans.fixture.ts';

describe('several platforms', () => {
  it('list a common finding once', () => {
    const shared = fixed('CVE-1', 'critical');
    const image = evaluateOne([scan([shared]), scan([shared, finding('CVE-2', 'unknown')], ARM)]);
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
    expect(evaluateOne([scan([shared, shared])]).rejecting).toHaveLength(1);
  });

  it('list findings separately that differ in package, version, severity or fix', () => {
    const others = [
      finding('CVE-1', 'critical', { package: 'other' }),
      finding('CVE-1', 'critical', { version: '2.0' }),
      finding('CVE-1', 'high'),
      fixed('CVE-1', 'critical'),
      // Equal to another finding if the fields were only concatenated.
      finding('CVE-1', 'critical', { package: 'libbad1', version: '.0' }),
    ];
    expect(evaluateOne([scan([finding('CVE-1', 'critical'), ...others])], { failOn: 'high' }).rejecting).toHaveLength(
      6,
    );
  });

  it('reject under ignoreUnfixed when only one of them has a fix', () => {
    const image = evaluateOne([scan([finding('CVE-1', 'critical')]), scan([fixed('CVE-1', 'critical')], ARM)], {
      ignoreUnfixed: true,
    });
    expect(image).toMatchObject({ outcome: 'rejected', rejecting: [{ platforms: ['linux/arm64'] }], unfixedPassed: 1 });
  });
});

describe('an image without a result', () => {
  it.each([
    ['not-scanned', 'not-scanned', 'it was never scanned'],
    ['running', 'not-scanned', 'a scan is queued or running'],
    ['failed', 'scan-failed', 'the scan ended without a result'],
    ['scanner-down', 'scanner-down', 'the scanner is missing or down'],
  ] as const)('does not pass when its scan is %s, not even with failOn none', (state, outcome, reason) => {
    expect(evaluateOne([unscanned(state)], { failOn: 'none' })).toMatchObject({
      outcome,
      reason,
      platforms: [{ state }],
    });
  });

  it('does not pass when one platform is missing, and names the platform', () => {
    expect(evaluateOne([scan([]), unscanned('not-scanned', { ...ARM, reason: 'unsupported' })])).toMatchObject({
      outcome: 'not-scanned',
      reason: 'linux/arm64: unsupported',
      platforms: [{ state: 'clean' }, { state: 'not-scanned' }],
    });
  });

  it('lists the findings of its other platforms', () => {
    const image = evaluateOne([scan([finding('CVE-1', 'critical')]), unscanned('failed', ARM)]);
    expect(image).toMatchObject({ outcome: 'scan-failed', rejecting: [{ id: 'CVE-1' }] });
  });

  it('has the worst outcome, and gives each reason once', () => {
    const other = { platform: 'linux/s390x', digest: `sha256:${'c'.repeat(64)}` };
    const image = evaluateOne([unscanned('not-scanned'), unscanned('failed', ARM), unscanned('failed', other)]);
    expect(image).toMatchObject({
      outcome: 'scan-failed',
      reason: 'linux/arm64, linux/s390x: the scan ended without a result',
    });
  });

  it('does not pass when its index contains no image', () => {
    const verdict = evaluatePolicy({ ...POLICY, failOn: 'none' }, [{ report: report([]) }], NOW);
    expect(verdict).toMatchObject({ outcome: 'not-scanned', images: [{ outcome: 'not-scanned' }] });
  });

  it('does not pass when there is no image at all', () => {
    expect(evaluatePolicy({ ...POLICY, failOn: 'none' }, [], NOW).outcome).toBe('not-scanned');
  });

  it('does not pass when its report lists fewer findings than it counts', () => {
    const counts = { critical: 1, high: 0, medium: 0, low: 0, negligible: 0, unknown: 0 };
    for (const lacking of [{ state: 'findings' as const }, { counts }]) {
      expect(evaluateOne([scan([], lacking)]).outcome).toBe('scan-failed');
      expect(evaluateOne([scan([], lacking)], { failOn: 'none' }).outcome).toBe('scan-failed');
    }
  });

  it.each(['timed-out', 'scan-failed', 'scanner-down', 'not-scanned'] as const)(
    'does not pass when it is %s without a report',
    (outcome) => {
      const image = { service: 'api', repository: 'axion/api', digest: DIGEST, outcome, reason: 'because' };
      expect(evaluatePolicy({ ...POLICY, failOn: 'none' }, [image], NOW)).toMatchObject({
        outcome,
        images: [
          { service: 'api', repository: 'axion/api', digest: DIGEST, outcome, reason: 'because', platforms: [] },
        ],
      });
    },
  );

  it('is timed out whatever its partial report says', () => {
    const known = report([scan([finding('CVE-1', 'critical')]), unscanned('running', ARM)]);
    for (const given of [known, report([scan([])])]) {
      const image = { repository: 'axion/api', digest: DIGEST, outcome: 'timed-out', reason: 'r' } as const;
      expect(evaluatePolicy(POLICY, [{ ...image, report: given }], NOW).outcome).toBe('timed-out');
    }
    const image = { repository: 'axion/api', digest: DIGEST, outcome: 'timed-out', reason: 'r' } as const;
    expect(evaluatePolicy(POLICY, [{ ...image, report: known }], NOW).images[0]).toMatchObject({
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
    for (const [at, image] of worse.entries()) {
      expect(evaluatePolicy(POLICY, [clean, bad, ...worse.slice(0, at), image], NOW).outcome).toBe(image.outcome);
    }
  });

  it('keeps the order of the images, each with its service', () => {
    const named = ['web', 'api', 'job'].map((service) => ({ ...clean, service }));
    expect(evaluatePolicy(POLICY, named, NOW).images.map(({ service }) => service)).toEqual(['web', 'api', 'job']);
  });
});

describe('a refusal of the registry', () => {
  it('rejects an image that would pass, and gives the reason', () => {
    const image = { report: report([scan([])]), refusal: 'Harbor lets nobody pull it' };
    expect(evaluatePolicy(POLICY, [image], NOW).images[0]).toMatchObject({
      outcome: 'rejected',
      reason: 'Harbor lets nobody pull it',
      rejecting: [],
    });
  });

  it('does not replace a missing scan result', () => {
    const image = { report: report([unscanned('failed')]), refusal: 'no' };
    expect(evaluatePolicy(POLICY, [image], NOW).outcome).toBe('scan-failed');
  });
});

describe('outcomeOfError', () => {
  it.each([
    ['TIMEOUT', 'timed-out'],
    ['SCANNER_DOWN', 'scanner-down'],
    ['SCANNER_MISSING', 'scanner-down'],
    ['SCAN_FAILED', 'scan-failed'],
    ['SCAN_UNSUPPORTED', 'scan-failed'],
  ] as const)('maps %s to %s', (code, outcome) => {
    expect(outcomeOfError(new ObjDockerError(code, 'why'))).toEqual({ outcome, reason: 'why' });
  });

  it('returns undefined for an error that does not concern the image', () => {
    expect(outcomeOfError(new ObjDockerError('REGISTRY_UNREACHABLE', 'away'))).toBeUndefined();
    expect(outcomeOfError(new Error('bug'))).toBeUndefined();
  });
});
