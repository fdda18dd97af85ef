import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScanPolicy } from '../../config/package.ts';
import { FINDING_SEVERITIES } from '../../model/enums.ts';
import type { ImageScan } from '../../model/scan-report.ts';
import { evaluatePolicy } from './evaluate.ts';
import type { GateImage } from './image.ts';
import { fixed, POLICY, finding as plain, report, scan, unscanned } from './scans.fixture.ts';

const NOW = new Date('2026-06-15T12:00:00Z');
const FAIL_ON = ['none', 'critical', 'high', 'medium', 'low'] as const;

// Few values of each, so that they coincide.
const id = fc.constantFrom('CVE-1', 'CVE-2', 'CVE-3', 'cve-3', 'GHSA-x');
const finding = fc
  .tuple(
    fc.boolean(),
    id,
    fc.constantFrom(...FINDING_SEVERITIES),
    fc.constantFrom('a', 'b', 'c'),
    fc.constantFrom({}, { status: 'affected' }, { status: 'will_not_fix' }),
  )
  .map(([isFixed, name, severity, library, status]) =>
    (isFixed ? fixed : plain)(name, severity, { package: library, ...status }),
  );
const platform = fc.constantFrom('linux/amd64', 'linux/arm64', 'linux/s390x');
const packages = fc.constantFrom<Partial<ImageScan>>({}, { packages: 3 }, { packages: 0, state: 'empty' });
const scanned = fc.tuple(fc.array(finding), platform, packages).map(([findings, name, known]) => {
  const { packages: _, ...withoutPackages } = scan(findings, { platform: name });
  return findings.length > 0 ? withoutPackages : { ...withoutPackages, ...known };
});
const missing = fc
  .tuple(fc.constantFrom('not-scanned', 'running', 'failed', 'scanner-down'), platform)
  .map(([state, name]) => unscanned(state, { platform: name }));
const gateImage = (image: fc.Arbitrary<ImageScan>): fc.Arbitrary<GateImage> =>
  fc.array(image, { minLength: 1, maxLength: 3 }).map((images) => ({ report: report(images) }));
const gateImages = fc.array(gateImage(fc.oneof({ weight: 4, arbitrary: scanned }, missing)), { maxLength: 4 });
const allowance = fc.record(
  { id, reason: fc.constant('r'), until: fc.constantFrom('2026-06-14', '2026-06-15', '2026-06-16') },
  { requiredKeys: ['id', 'reason'] },
);
const policy: fc.Arbitrary<ScanPolicy> = fc.record({
  failOn: fc.constantFrom(...FAIL_ON),
  ignoreUnfixed: fc.boolean(),
  ignoreStatus: fc.subarray(['will_not_fix', 'affected']),
  requirePackages: fc.boolean(),
  unknown: fc.constantFrom('pass', 'fail'),
  allow: fc.array(allowance, { maxLength: 4 }),
  onUnchanged: fc.constant(POLICY.onUnchanged),
  maxAgeMs: fc.constant(POLICY.maxAgeMs),
  timeoutMs: fc.constant(POLICY.timeoutMs),
});

const rejections = (given: ScanPolicy, images: readonly GateImage[]): number =>
  evaluatePolicy(given, images, NOW).images.reduce((sum, { rejecting }) => sum + rejecting.length, 0);
const passes = (given: ScanPolicy, images: readonly GateImage[]): boolean =>
  evaluatePolicy(given, images, NOW).outcome === 'passed';

/** `milder` never rejects an image that `stricter` passes. */
function expectMilder(milder: ScanPolicy, stricter: ScanPolicy, images: readonly GateImage[]): void {
  expect(rejections(milder, images)).toBeLessThanOrEqual(rejections(stricter, images));
  if (passes(stricter, images)) expect(passes(milder, images)).toBe(true);
}

describe('a policy', () => {
  it('is stricter with a lower threshold', () => {
    fc.assert(
      fc.property(policy, gateImages, (given, images) => {
        for (const [at, failOn] of FAIL_ON.entries()) {
          const next = FAIL_ON[at + 1];
          if (next !== undefined) expectMilder({ ...given, failOn }, { ...given, failOn: next }, images);
        }
      }),
    );
  });

  it('is never stricter with one more allowance, ignoreUnfixed, a status to ignore, unknown: pass, or no requirePackages', () => {
    fc.assert(
      fc.property(policy, allowance, gateImages, (given, entry, images) => {
        expectMilder({ ...given, allow: [...given.allow, entry] }, given, images);
        expectMilder({ ...given, ignoreUnfixed: true }, { ...given, ignoreUnfixed: false }, images);
        expectMilder({ ...given, ignoreStatus: ['will_not_fix', 'affected'] }, given, images);
        expectMilder({ ...given, unknown: 'pass' }, { ...given, unknown: 'fail' }, images);
        expectMilder({ ...given, requirePackages: false }, { ...given, requirePackages: true }, images);
      }),
    );
  });

  it('passes an image only with a scan result of every platform', () => {
    fc.assert(
      fc.property(policy, gateImages, gateImage(missing), (given, images, unknown) => {
        for (const list of [[unknown], [...images, unknown], [unknown, ...images]]) {
          expect(['passed', 'rejected']).not.toContain(evaluatePolicy(given, list, NOW).outcome);
        }
      }),
    );
  });

  it('does not depend on the order of findings', () => {
    const shuffled = fc
      .array(finding, { maxLength: 12 })
      .chain((findings) =>
        fc.tuple(
          fc.constant(findings),
          fc.shuffledSubarray(findings, { minLength: findings.length, maxLength: findings.length }),
        ),
      );
    fc.assert(
      fc.property(policy, shuffled, (given, [findings, others]) => {
        const verdict = [findings, others].map((each) =>
          evaluatePolicy(given, [{ report: report([scan(each)]) }], NOW),
        );
        expect(verdict[1]).toEqual(verdict[0]);
      }),
    );
  });

  it('accounts once for every finding that reaches its threshold', () => {
    fc.assert(
      fc.property(policy, scanned, (given, image) => {
        const [verdict] = evaluatePolicy({ ...given, failOn: 'low' }, [{ report: report([image]) }], NOW).images;
        const { rejecting = [], allowed = [], unknownPassed = 0, unfixedPassed = 0, statusPassed = 0 } = verdict ?? {};
        const distinct = new Set(
          image.findings.flatMap(({ severity, ...each }) =>
            severity === 'negligible'
              ? []
              : JSON.stringify([each.id, severity, each.package, each.fixVersion, each.status]),
          ),
        );
        expect(rejecting.length + allowed.length + unknownPassed + unfixedPassed + statusPassed).toBe(distinct.size);
      }),
    );
  });
});
