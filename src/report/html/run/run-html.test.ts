import { describe, expect, it } from 'vitest';
import type { PipelineOutcome } from '../../../model/enums.ts';
import type { PipelineReport } from '../../../model/pipeline-run.ts';
import { SAMPLE_RUNS } from '../../run-sample.fixture.ts';
import { manyFindings, sampleReport, sampleScan } from '../../sample.fixture.ts';
import { runPage } from './run-html.ts';

const render = (report: PipelineReport) => [...runPage(report)].join('');
const withoutData = (html: string) => html.replace(/<script type="application\/json".*?<\/script>/s, '');
const texts = (html: string) =>
  withoutData(html)
    .replace(/<(style|script)>.*?<\/\1>/gs, '')
    .replace(/<[^>]*>/g, ' ');

describe('the headline of a run', () => {
  it.each<[PipelineOutcome, string, string]>([
    ['passed', 'Released: all 6 images passed', 'clean'],
    ['unscanned', 'Released without a scan', 'unknown'],
    ['rejected', 'Rejected: 1 of 6 images did not pass', 'found'],
    ['scan-failed', 'Not released: a scan failed', 'unknown'],
    ['scanner-down', 'Not released: the scanner is down', 'unknown'],
    ['timed-out', 'Not released: a scan timed out', 'unknown'],
    ['conflict', 'Not released: somebody else moved a tag', 'found'],
    ['failed', 'Failed during the build', 'found'],
    ['cancelled', 'Cancelled during the push', 'unknown'],
  ])('of one that %s', (outcome, headline, kind) => {
    const html = render(SAMPLE_RUNS[outcome]());
    const [, shownKind, shown] =
      /<section class="verdict (\w+)" aria-labelledby="verdict"><h2 id="verdict">(.*?)<\/h2>/.exec(html) ?? [];
    expect([shownKind, shown]).toEqual([kind, headline]);
    if (outcome !== 'passed' && outcome !== 'unscanned') expect(texts(html)).not.toMatch(/points to these images/);
    if (outcome !== 'passed') expect(texts(html)).not.toMatch(/No known vulnerability|all 6 images passed/);
  });

  it('lists the rejecting findings with service and fix', () => {
    const [, verdict = ''] =
      /<section class="verdict.*?<\/section>/s.exec(render(SAMPLE_RUNS.rejected()))?.[0]?.split('<h2') ?? [];
    const text = verdict.replace(/<[^>]*>/g, '');
    expect(text).toContain('meridian-report: 2 critical');
    expect(text).toContain('CVE-2023-50447 in pillow 10.1.0, fixed in 10.2.0');
    expect(text).toContain('1 vulnerability that would reject is allowed, until 2026-09-30: CVE-2023-45853.');
    expect(text).toContain('Expired and counted again: CVE-2023-50447.');
  });
});

it('says what was built and why, and since when the others are released', () => {
  const text = texts(render(SAMPLE_RUNS.passed())).replace(/\s+/g, ' ');
  expect(text).toContain('Built from e2b7f0c4a1 services/report/table.py, services/report/pdf/ (COPY, line 41)');
  expect(text).toContain('Reused since release 40 built on 2026-05-29 09:12 UTC from 9f3c21ab07');
  expect(text).toContain('Unchanged since release 41 built on 2026-05-30 17:42 UTC from c07a5e91b2');
});

it('says of a run that changed nothing first what is released since when, with the findings of today', () => {
  const html = render(SAMPLE_RUNS.unchanged());
  expect([...html.matchAll(/<section class="([\w-]+)/g)].map(([, name]) => name).slice(0, 3)).toEqual([
    'verdict',
    'images',
    'by-service',
  ]);
  const text = texts(html).replace(/\s+/g, ' ');
  expect(text).toContain('Unchanged: all 6 images are released already');
  expect(text).toContain(
    'Release 41 is current. Its 6 images are those of the releases 33, 38, 40 and 41; the oldest was built on 2026-04-17 14:40 UTC, the newest on 2026-05-30 17:42 UTC.',
  );
  expect(text).toContain('Findings by service');
});

it('shows reason and end of an allowance, and which ones are expired', () => {
  const text = texts(render(SAMPLE_RUNS.rejected())).replace(/\s+/g, ' ');
  expect(text).toContain('MiniZip is not part of what Debian builds; see SEC-2214 2026-09-30 all 6 images');
  expect(text).toContain('CVE-2023-50447 until 2026-04-30: only with the next base image (1 finding)');
  expect(text).toContain('In the allow-list and found in no image: CVE-2022-40897.');
});

it('shows the bar of each stage from start to end, and none for a skipped stage', () => {
  const html = render(SAMPLE_RUNS.rejected());
  const rows = [...html.matchAll(/<tr class="stage (\w+)"><th[^>]*>(\w+)<span.*?<\/tr>/gs)].map(
    ([row, status, name]) => {
      const bar = /<rect class="\w+" x="([\d.]+)%" y="20%" width="([\d.]+)%"/.exec(row ?? '');
      return [name, status, bar === null ? undefined : { x: Number(bar[1]), width: Number(bar[2]) }] as const;
    },
  );
  expect(rows.map(([name, status, bar]) => [name, status, bar !== undefined])).toEqual([
    ['preflight', 'done', true],
    ['recover', 'done', true],
    ['plan', 'done', true],
    ['build', 'done', true],
    ['push', 'done', true],
    ['scan', 'done', true],
    ['gate', 'failed', true],
    ['promote', 'skipped', false],
    ['registries', 'skipped', false],
  ]);
  let end = 0;
  for (const [, , bar] of rows) {
    if (bar === undefined) continue;
    expect(bar.x).toBeGreaterThanOrEqual(end);
    end = bar.x + bar.width;
  }
  expect(end).toBeLessThanOrEqual(100);
  const labels = [...html.matchAll(/aria-label="(from .*?)"/g)].map(([, label]) => label);
  expect(labels[3]).toBe('from 2.3s to 1m35s');
});

it('shows a run whose clock was set back, and a run without stages and images', () => {
  const { run, scans } = SAMPLE_RUNS.passed();
  const early = run.stages.map((stage) => ({ ...stage, started: '1970-01-01T00:00:00Z' }));
  expect(render({ run: { ...run, stages: early }, scans })).not.toMatch(/="[^"]*(NaN|Infinity|-\d+(\.\d+)?%)/);
  const bare = { ...run, stages: [], images: [], durationMs: 0, started: 'never' };
  expect(render({ run: bare, scans: [] })).not.toMatch(/NaN|Infinity/);
});

it('escapes markup and control characters, and links to no address with a login', () => {
  const bad = `"'><script>alert(1)</script>\u001b[31m\u202e`;
  const hostile = JSON.parse(JSON.stringify(SAMPLE_RUNS.rejected()), (key, value: unknown) =>
    typeof value === 'string' &&
    !['outcome', 'status', 'severity', 'promotion', 'state', 'failOn', 'unknown'].includes(key)
      ? `${value}${bad}`
      : value,
  ) as PipelineReport;
  const error = { code: 'BUILD_FAILED' as const, message: bad, hint: bad };
  const html = [
    ...runPage(
      { ...hostile, run: { ...hostile.run, error, staged: [bad], warnings: [bad] } },
      { harborUrl: 'https://admin:hunter2@harbor.example.com' },
    ),
  ].join('');
  expect(html).not.toMatch(/<script>alert|[\u001b\u202e]|hunter2/);
  expect(html.match(/<script[ >]/g)).toHaveLength(2);
  expect(html.match(/ (?:src|style|on\w+)=/g)).toBeNull();
});

it('keeps the page small with many findings', () => {
  const { run } = SAMPLE_RUNS.passed();
  const [image] = run.images;
  if (image === undefined) throw new Error('the sample has images');
  const scan = sampleReport([sampleScan(manyFindings(3000))], { repository: image.repository });
  const html = render({ run, scans: [scan] });
  expect(html).toContain('These are the worst 500 of 3,000 findings');
  expect(withoutData(html).length).toBeLessThan(1_500_000);
});
