import { describe, expect, it } from 'vitest';
import type { AuditedPackage, EarlierRelease } from '../../../model/audit.ts';
import { noCounts } from '../../../model/severity-counts.ts';
import { toHtml } from '../page-node.ts';
import { indexPage } from './index-page.ts';
import { AUDITED, sampleImage, samplePackage, sampleReleases, sampleVerdict } from './overview-sample.fixture.ts';
import { packagePage } from './package-page.ts';
import { smallTrend, trendTable } from './trend.ts';

const index = (...packages: AuditedPackage[]) => [...indexPage({ created: AUDITED, packages })].join('');
const page = (pkg: AuditedPackage) => [...packagePage(pkg, AUDITED)].join('');
const headline = (html: string) => /<h2 id="verdict">(.*?)<\/h2>/.exec(html)?.[1];
/** The page without its style and script. */
const content = (html: string) => html.replace(/<(style|script)>.*?<\/\1>/gs, '');
const text = (html: string) =>
  content(html)
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

const DIFFERS: AuditedPackage['differences'] = [
  { kind: 'tag-moved', tag: 'latest', message: 'axion/api:latest points to sha256:1' },
  { kind: 'image-missing', message: 'worker is not in the registry' },
];

describe('the headline', () => {
  it.each<[string, AuditedPackage[], string]>([
    ['nothing', [], 'No package was audited'],
    ['one package in order', [samplePackage()], 'The package is as it should be'],
    ['packages in order', [samplePackage(), samplePackage({ name: 'b' })], 'All 2 packages are as they should be'],
    [
      'differences',
      [samplePackage(), samplePackage({ name: 'b', differences: DIFFERS, unknown: ['no response'] })],
      '2 differences in 1 of 2 packages',
    ],
    [
      'what could not be asked',
      [samplePackage(), samplePackage({ name: 'b', unknown: ['no response'] })],
      'Not everything is known about 1 of 2 packages',
    ],
  ])('of %s', (_what, packages, expected) => {
    expect(headline(index(...packages))).toBe(expected);
  });

  it('of a package with both says what could not be asked, too', () => {
    const pkg = samplePackage({ differences: DIFFERS, unknown: ['the rules: no response'] });
    expect(headline(page(pkg))).toBe('2 differences');
    expect(text(page(pkg))).toContain('the rules: no response');
    expect(headline(page(samplePackage({ unknown: ['no response'] })))).toBe('Not everything is known');
  });
});

describe('the page of all packages', () => {
  it('lists differences by kind, the worst kind first, each with its package', () => {
    const html = index(samplePackage({ differences: DIFFERS }));
    expect(text(html)).toMatch(
      /image-missing \(1\).*homechoice : worker is not in.*tag-moved \(1\).*points to sha256:1/,
    );
  });

  it('lists packages with differences first, then those that are not known in full', () => {
    const html = index(
      samplePackage({ name: 'fine' }),
      samplePackage({ name: 'unclear', unknown: ['no response'] }),
      samplePackage({ name: 'moved', differences: DIFFERS }),
    );
    const table = /<table id="released-table".*?<\/table>/s.exec(html)?.[0] ?? '';
    expect([...table.matchAll(/packages\/(\w+)\.html/g)].map(([, name]) => name)).toEqual(['moved', 'unclear', 'fine']);
  });

  it('names who holds a package, when and why', () => {
    const held = { number: 13, by: { user: 'alex' }, created: '2026-11-29T17:39:00Z', reason: 'leaks memory' };
    const words = 'Held by alex, 2026-11-29 17:39 UTC, record 13: leaks memory';
    expect(text(index(samplePackage({ held })))).toContain(words);
    expect(text(page(samplePackage({ held })))).toContain(words);
  });

  it('lists the allowances that expire once, the next first, with all packages that have them', () => {
    const allowance = (id: string, until?: string) => ({
      id,
      reason: 'not used',
      ...(until === undefined ? {} : { until }),
    });
    const html = index(
      samplePackage({ name: 'a', allowances: [allowance('CVE-1', '2027-03-01'), allowance('CVE-3')] }),
      samplePackage({ name: 'b', allowances: [allowance('CVE-2', '2026-12-03'), allowance('CVE-1', '2027-03-01')] }),
    );
    expect(text(html)).toMatch(
      /CVE-2 2026-12-03 expires in 3 days b not used CVE-1 2027-03-01 expires in 91 days a , b not used/,
    );
    expect(html).not.toContain('CVE-3');
  });

  it('never shows findings that are not known as none', () => {
    const { verdict: _verdict, ...unseen } = sampleImage();
    const failed = sampleImage({ verdict: sampleVerdict('axion/api', 'scan-failed', noCounts()) });
    for (const images of [[unseen], [failed], []]) {
      const pkg = samplePackage({ images, releases: [], unknown: ['no response'] });
      for (const html of [index(pkg), page(pkg)])
        expect(text(html)).not.toMatch(/Passed|no known vulnerability|: none/);
      expect(text(index(pkg))).toContain('not known');
    }
  });
});

describe('the page of a package', () => {
  it('shows of each image digest, tags, since, platforms with the times of their reports, and what rejects it', () => {
    const verdict = sampleVerdict('axion/api-homechoice', 'rejected', { ...noCounts(), critical: 1, high: 1 });
    const words = text(page(samplePackage({ images: [sampleImage({ verdict })] })));
    for (const expected of [
      'axion/api-homechoice',
      sampleImage().digest,
      'release 38',
      'built 2026-11-21 03:15 UTC',
      'linux/arm64 report of 2026-11-29 03:15 UTC',
      'Rejected',
      'CVE-2023-45853 in zlib1g 1:1.2.13.dfsg-1, will not be fixed',
      'CVE-2024-6119 in libssl3 3.0.13-1~deb12u1, fixed in 3.0.14-1~deb12u2',
      '2: 1 critical and 1 high',
    ])
      expect(words).toContain(expected);
  });

  it('lists at most five findings that reject an image, and counts the others', () => {
    const verdict = sampleVerdict('axion/api', 'rejected', { ...noCounts(), critical: 3000 });
    const [finding] = verdict.rejecting;
    if (finding === undefined) throw new Error('the sample rejects');
    const rejecting = Array.from({ length: 3000 }, (_, number) => ({ ...finding, id: `CVE-2024-${number}` }));
    const words = text(page(samplePackage({ images: [sampleImage({ verdict: { ...verdict, rejecting } })] })));
    expect(words).toContain('and 2,995 more findings');
    expect(words).not.toContain('CVE-2024-5 ');
  });

  it('lists a release without a scan as not scanned', () => {
    expect(text(page(samplePackage()))).toContain('34 2026-11-09 15:15 UTC 2 weeks ago latest not scanned not known');
  });
});

describe('the trend', () => {
  const release = (number: number, critical: number): EarlierRelease => ({
    number,
    kind: 'release',
    created: AUDITED,
    tags: ['latest'],
    outcome: 'passed',
    counts: { ...noCounts(), critical, low: 1000 },
  });
  const { outcome: _outcome, ...unscanned } = release(2, 0);
  const bars = (html: string, kind: string) =>
    [...html.matchAll(/<rect class="([^"]+)" x="([\d.]+)%"[^>]* height="([\d.]+)%"/g)].filter(
      ([, name]) => name === kind,
    );

  it('draws the newest release at the right, and each severity on a scale of its own', () => {
    const html = toHtml(trendTable([release(2, 1), release(1, 4)]));
    const [newest, oldest] = bars(html, 'fill critical').map(([, , x, height]) => ({
      x: Number(x),
      height: Number(height),
    }));
    expect(newest?.x).toBeGreaterThan(oldest?.x ?? 100);
    expect(oldest?.height).toBe(85);
    expect(newest?.height).toBe(21.25);
    expect(bars(html, 'fill low').map(([, , , height]) => height)).toEqual(['85.00', '85.00']);
    expect(html).not.toContain('fill high');
    expect(html).toContain('aria-label="critical from 4 to 1"');
  });

  it('marks a release whose findings are not known, and draws nothing for none', () => {
    const html = toHtml(smallTrend([release(3, 0), unscanned, release(1, 2)]));
    expect(bars(html, 'unscanned')).toHaveLength(1);
    expect(bars(html, 'fill critical')).toHaveLength(1);
    expect(html).toContain('release 2, 2026-11-30 03:15 UTC: findings not known, not scanned');
  });

  it('is words where there is nothing to draw', () => {
    expect(toHtml(smallTrend([]))).toContain('no release');
    expect(toHtml(smallTrend([unscanned]))).toContain('no release with a scan');
    expect(trendTable([unscanned])).toBeUndefined();
    expect(bars(toHtml(smallTrend(sampleReleases(20, 41, 0))), 'unscanned')).toHaveLength(1);
  });
});

it('shows all text from outside as text', () => {
  const attack = `</script><img src=x onerror="alert(1)">"'\u001b[31m\u202e`;
  const hostile = samplePackage({
    name: attack,
    host: attack,
    database: attack,
    tags: [{ tag: attack, release: 1, released: attack }],
    held: { number: 1, by: { user: attack, url: 'javascript:alert(2)' }, created: attack, reason: attack },
    images: [
      sampleImage({
        service: attack,
        repository: attack,
        digest: attack,
        tags: [attack],
        revision: attack,
        built: attack,
        platforms: [attack],
        verdict: sampleVerdict(attack, 'rejected', noCounts(), { reason: attack, notes: [attack] }),
      }),
    ],
    releases: [{ number: 1, kind: 'release', created: attack, tags: [attack], outcome: 'passed', counts: noCounts() }],
    allowances: [{ id: attack, reason: attack, until: attack }],
    differences: [{ kind: 'tag-moved', service: attack, tag: attack, reference: attack, message: attack }],
    unknown: [attack],
  });
  for (const html of [index(hostile), page(hostile)]) {
    expect(content(html)).not.toMatch(/<img|javascript:|\u001b|\u202e/);
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(content(html)).toContain('&#60;/script&#62;');
  }
});
