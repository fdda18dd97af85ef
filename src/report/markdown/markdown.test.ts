import { describe, expect, it } from 'vitest';
import { PIPELINE_OUTCOMES } from '../../model/enums.ts';
import { SAMPLE_RUNS } from '../run-sample.fixture.ts';
import { markdownText } from './markdown.ts';
import { runMarkdown } from './run-markdown.ts';
import { verdictMarkdown } from './verdict-markdown.ts';

const rejected = () => SAMPLE_RUNS.rejected().run;
const cellsOf = (line: string) => line.replace(/^\| | \|$/g, '').split(' | ');

describe('markdownText', () => {
  it.each([
    ['a | b\n# c', 'a \\| b\\\\n\\# c'],
    ['<img src=x onerror=y> &amp;', '&lt;img src=x onerror=y&gt; &amp;amp;'],
    ['[click](https://evil.example)', '\\[click\\]\\(https&#8203;://evil.example\\)'],
    ['@team `x` *y* ~z~ $m$', '\\@team \\`x\\` \\*y\\* \\~z\\~ \\$m\\$'],
    ['www.example.com', 'www&#8203;.example.com'],
    ['\u001b[31mred', '\\\\e\\[31mred'],
  ])('takes %j as text', (text, markdown) => {
    expect(markdownText(text)).toBe(markdown);
  });
});

describe('runMarkdown', () => {
  it('says the outcome first, then the public tags, the images, the findings and the stages', () => {
    const lines = [...runMarkdown(rejected(), { remarks: ['ignoreUnfixed: true would pass 1 of 4 findings'] })];
    expect(lines[0]).toMatch(/^### homechoice \S+: Rejected: 1 of 6 images did not pass$/);
    expect(lines[2]).toMatch(/^No public tag was touched/);
    expect(lines).toContain('| Image | What | Public tag | Why not | Digest |');
    const report = lines.find((line) => line.startsWith('| meridian-report '));
    expect(cellsOf(report ?? '')).toEqual([
      'meridian-report',
      'built',
      'none',
      expect.stringMatching(/critical/),
      expect.stringMatching(/^sha256:[0-9a-f]{12}$/),
    ]);
    expect(lines.find((line) => line.startsWith('<details>'))).toMatch(/\d rejecting findings<\/summary>$/);
    expect(lines.filter((line) => line.includes('CVE-2024-3094'))).toHaveLength(1);
    expect(lines).toContain('- ignoreUnfixed: true would pass 1 of 4 findings');
    expect(lines.find((line) => line.startsWith('| gate '))).toContain('failed');
  });

  it('says what was built and why, and since when the others are released', () => {
    const text = [...runMarkdown(SAMPLE_RUNS.passed().run)].join('\n');
    expect(text).toContain('| meridian-worker | unchanged \\(since release 41\\) | unchanged |');
    expect(text).toContain('| meridian-api | reused \\(image of release 40\\) | moved |');
    expect(text).toContain('\n- meridian-exporter built: no release has it yet\n');
    expect(text).toMatch(/^- meridian-report built: services\/report\/table.py, .*; build-arg FEATURES$/m);
  });

  it.each(PIPELINE_OUTCOMES)('has tables with equal rows for a run that ended as %s', (outcome) => {
    const lines = [...runMarkdown(SAMPLE_RUNS[outcome]().run)];
    let width = 0;
    for (const [index, line] of lines.entries()) {
      if (!line.startsWith('|')) continue;
      if (lines[index - 1] === '') width = cellsOf(line).length;
      expect(line.replaceAll('\\|', '').split('|').length - 2, line).toBe(width);
    }
    expect(width).toBeGreaterThan(0);
  });

  it('shows at most 100 findings, and counts the others', () => {
    const run = rejected();
    const [image] = run.verdict?.images.filter(({ rejecting }) => rejecting.length > 0) ?? [];
    const [finding] = image?.rejecting ?? [];
    if (run.verdict === undefined || image === undefined || finding === undefined) throw new Error('no finding');
    const many = { ...image, rejecting: Array.from({ length: 150 }, () => finding) };
    const lines = [...runMarkdown({ ...run, verdict: { ...run.verdict, images: [many] } })];
    expect(lines.filter((line) => line.includes(finding.id))).toHaveLength(100);
    expect(lines).toContain('and 50 more findings');
  });
});

describe('verdictMarkdown', () => {
  it('has the outcome of each image under the name that a user gave', () => {
    const { verdict } = rejected();
    if (verdict === undefined) throw new Error('no verdict');
    const lines = [...verdictMarkdown(verdict, { nameOf: ({ repository }) => `${repository}:1.4.0` })];
    expect(lines[0]).toBe('### Gate: rejected (1 of 6 images)');
    expect(lines.find((line) => line.includes('meridian-report'))).toContain('| rejected |');
    expect(lines.filter((line) => line.includes('| passed |'))).toHaveLength(5);
  });
});
