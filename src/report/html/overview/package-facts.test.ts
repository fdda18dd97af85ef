import { describe, expect, it } from 'vitest';
import type { AuditedImage } from '../../../model/audit.ts';
import { noCounts } from '../../../model/severity-counts.ts';
import { sampleImage, samplePackage, sampleVerdict } from './overview-sample.fixture.ts';
import {
  currentReleases,
  imageCounts,
  packageFile,
  packageMarks,
  releasedFindings,
  worstOutcome,
} from './package-facts.ts';

const found = { ...noCounts(), critical: 1, low: 4 };
const image = (outcome: Parameters<typeof sampleVerdict>[1]) =>
  sampleImage({ verdict: sampleVerdict('axion/api', outcome, found) });
const { verdict: _verdict, ...rest } = sampleImage();
const withoutVerdict: AuditedImage = rest;

describe('the file of a package', () => {
  it('has the name of the package where every file system takes it', () => {
    expect(packageFile('pricing-engine.v2')).toBe('pricing-engine.v2.html');
  });

  it.each(['../etc/passwd', '.hidden', 'A', 'a b', '<img>', 'é', '', 'x'.repeat(300), '-n'])(
    'is safe for %j',
    (name) => {
      expect(packageFile(name)).toMatch(/^[a-z0-9-]{0,61}-[0-9a-f]{8}\.html$/);
      expect(packageFile(name).length).toBeLessThan(100);
    },
  );

  it('differs for names that differ in case or in replaced characters', () => {
    const names = ['shop', 'Shop', 'SHOP', 'shop/a', 'shop a', 'shop?a', 'index'];
    expect(new Set(names.map((name) => packageFile(name).toLowerCase())).size).toBe(names.length);
  });
});

describe('the findings of images', () => {
  it('are those of the platform with the most, as in a release record', () => {
    const [first, second] = sampleVerdict('axion/api', 'passed', found).platforms;
    if (first === undefined || second === undefined) throw new Error('the sample has two platforms');
    const platforms = [first, { ...second, counts: { ...noCounts(), critical: 2, low: 1 } }];
    expect(imageCounts({ verdict: { ...sampleVerdict('axion/api', 'passed', found), platforms } })).toEqual({
      ...noCounts(),
      critical: 2,
      low: 4,
    });
  });

  it('are not known without a scan result of each platform', () => {
    expect(imageCounts({})).toBeUndefined();
    expect(imageCounts(image('scan-failed'))).toBeUndefined();
    expect(releasedFindings([image('passed'), image('scan-failed'), withoutVerdict])).toEqual({
      counts: found,
      known: 1,
    });
  });
});

describe('the verdict on a package', () => {
  it('is the worst, and is passed only when every image has passed', () => {
    expect(worstOutcome([image('passed'), image('rejected'), image('report-too-old')])).toBe('report-too-old');
    expect(worstOutcome([image('passed'), image('passed')])).toBe('passed');
    expect(worstOutcome([image('passed'), withoutVerdict])).toBeUndefined();
    expect(worstOutcome([image('rejected'), withoutVerdict])).toBe('rejected');
    expect(worstOutcome([])).toBeUndefined();
  });
});

it('marks a package by what a reader looks for', () => {
  expect(packageMarks(samplePackage())).toEqual([]);
  const held = { number: 3, by: {}, created: '2026-11-29T00:00:00Z' };
  const differences = [{ kind: 'retention' as const, message: 'would delete' }];
  expect(
    packageMarks(samplePackage({ held, differences, images: [image('rejected')], unknown: ['no response'] })),
  ).toEqual(['differences', 'rejected', 'held', 'unknown']);
});

it('names a current release once, with all its public tags, the newest first', () => {
  const released = '2026-11-24T00:00:00Z';
  const tags = [
    { tag: 'prod', release: 4, released },
    { tag: 'staging', release: 6, released },
    { tag: '1.4.2', release: 4, released },
  ];
  expect(currentReleases({ tags })).toEqual([
    { release: 6, released, tags: ['staging'] },
    { release: 4, released, tags: ['prod', '1.4.2'] },
  ]);
});
