import { createHash } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { ImageScan, ScanReport } from '../../model/scan-report.ts';
import { manyFindings, sampleFinding, sampleReport, sampleScan, withoutResult } from '../sample.fixture.ts';
import { renderHtmlReport, writeHtmlReport } from './html-report.ts';

const OPTIONS = { title: 'axion/api', generated: new Date('2026-11-23T12:00:00Z') };
const render = (...reports: ScanReport[]) => renderHtmlReport(reports, OPTIONS);
const headline = (html: string) => /<h2 id="verdict">(.*?)<\/h2>/.exec(html)?.[1];
const withoutData = (html: string) => html.replace(/<script type="application\/json".*?<\/script>/s, '');

describe('the headline', () => {
  it.each<[string, ScanReport[], string]>([
    ['nothing found', [sampleReport([sampleScan([])])], 'No known vulnerability'],
    ['no packages', [sampleReport([sampleScan([], { state: 'empty', packages: 0 })])], 'Nothing to examine'],
    [
      'no packages in one of two images',
      [sampleReport([sampleScan([]), sampleScan([], { state: 'empty', packages: 0 })])],
      'No known vulnerability',
    ],
    ['findings', [sampleReport([sampleScan([sampleFinding()])])], '1 finding: 1 critical'],
    [
      'findings that are not grave',
      [sampleReport([sampleScan([sampleFinding({ severity: 'low' })])])],
      '1 finding, none of them critical or high',
    ],
    ['no reports at all', [], 'No result: this report is about no image'],
    ['an artifact of no image', [sampleReport([], { state: 'clean' })], 'No scan result'],
    [
      'one image of two without a result',
      [sampleReport([sampleScan([]), withoutResult('running')])],
      '1 of 2 images has no scan result',
    ],
  ])('of %s', (_what, reports, expected) => {
    expect(headline(render(...reports))).toBe(expected);
  });

  it.each<[ImageScan['state'], string]>([
    ['not-scanned', 'Not scanned'],
    ['running', 'Scan running'],
    ['failed', 'Scan failed'],
    ['scanner-down', 'Scanner down'],
  ])('a scan that is %s is not clean', (state, words) => {
    const html = render(sampleReport([withoutResult(state, { reason: 'because <b>' })]));
    expect(headline(html)).toBe('No scan result');
    expect(html).toContain(`<strong>${words}</strong>`);
    expect(html).toContain('(because &#60;b&#62;)');
    expect(withoutData(html)).not.toMatch(/Clean|No known vulnerability/);
  });
});

it('names the images without packages', () => {
  const empty = sampleScan([], { state: 'empty', packages: 0, platform: 'linux/arm64' });
  const html = render(sampleReport([sampleScan([]), empty]));
  expect(html).toMatch(/The scanner found no packages in [^ ]+ linux\/arm64\./);
  expect(html).toContain('>Nothing to examine<');
});

it('counts a shared finding once, and names the images of the others', () => {
  const scan = sampleScan(manyFindings(8));
  const html = render(sampleReport([scan, { ...scan, platform: 'linux/arm64' }]));
  expect(headline(html)).toMatch(/^8 findings/);
  expect(html.match(/8: 1 critical/g)).toHaveLength(2);
});

it('has a content security policy that allows only its own script and style', () => {
  const html = render(sampleReport([sampleScan(manyFindings(3))]));
  const policy = (/http-equiv="Content-Security-Policy" content="(.*?)"/.exec(html)?.[1] ?? '').replaceAll(
    '&#39;',
    "'",
  );
  const hashes = (tag: string) =>
    [...html.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, 'gs'))].map(
      ([, source = '']) => `'sha256-${createHash('sha256').update(source).digest('base64')}'`,
    );
  expect(policy.split('; ')).toEqual([
    "default-src 'none'",
    `style-src ${hashes('style').join(' ')}`,
    `script-src ${hashes('script').join(' ')}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
  ]);
  expect(hashes('script')).toHaveLength(1);
  expect(html.match(/ (?:src|style|on\w+)=/g)).toBeNull();
});

it('escapes markup in all texts', () => {
  const bad = `"'><script>alert(1)</script>`;
  const finding = sampleFinding({
    id: bad,
    package: bad,
    version: bad,
    fixVersion: bad,
    description: bad,
    links: [bad, `https://example.com/${bad}`],
    cwes: [bad],
  });
  const scan = sampleScan([finding], {
    platform: bad,
    digest: bad,
    finished: bad,
    scanner: { name: bad, vendor: bad, version: bad },
  });
  const reports = [
    sampleReport([scan, withoutResult('failed', { reason: bad })], { repository: bad, tags: [bad, bad] }),
  ];
  const html = renderHtmlReport(reports, { ...OPTIONS, title: bad, harborUrl: bad });
  expect(html).not.toContain('<script>alert');
  expect(html.match(/<script[ >]/g)).toHaveLength(2);
});

it('links to Harbor, unless the address contains a login', () => {
  const about = (harborUrl: string) => renderHtmlReport([], { ...OPTIONS, harborUrl });
  expect(about('https://harbor.example.com')).toContain('>harbor.example.com</a>');
  expect(about('https://admin:hunter2@harbor.example.com')).not.toMatch(/hunter2|harbor\.example/);
});

it('shows the worst 500 findings without JavaScript', () => {
  const rows = (count: number) => {
    const html = render(sampleReport([sampleScan(manyFindings(count))]));
    const [, table = ''] = /<table id="finding-table".*?<tbody>(.*?)<\/tbody>/s.exec(html) ?? [];
    return {
      html,
      rows: table.match(/<tr>/g)?.length,
      severities: [...table.matchAll(/severity (\w+)/g)].map(([, s]) => s),
    };
  };
  expect(rows(20)).toMatchObject({ rows: 20 });
  const many = rows(2000);
  expect(many.rows).toBe(500);
  expect(many.severities.join(' ')).toMatch(/^(critical ){200,}(high ){200,}(medium ?)+$/);
  expect(many.html).toContain('These are the worst 500 of 2,000 findings');
});

it('has the same text in pieces', async () => {
  const reports = [sampleReport([sampleScan(manyFindings(1500))])];
  const stream = new PassThrough({ highWaterMark: 1024 });
  const [written] = await Promise.all([text(stream), writeHtmlReport(reports, OPTIONS, stream)]);
  expect(written).toBe(renderHtmlReport(reports, OPTIONS));
  const abort = new AbortController();
  abort.abort(new Error('enough'));
  const stopped = writeHtmlReport(reports, { ...OPTIONS, signal: abort.signal }, new PassThrough());
  await expect(stopped).rejects.toThrow();
});
