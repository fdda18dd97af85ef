import { describe, expect, it } from 'vitest';
import { sampleDiff, unscannedDiff } from '../../pipeline/diff/sample.fixture.ts';
import { finding } from '../../pipeline/policy/scans.fixture.ts';
import { diffMarkdown } from './diff-markdown.ts';

const textOf = (diff = sampleDiff()) => [...diffMarkdown(diff)].join('\n');

describe('the comparison as Markdown', () => {
  it('begins with what a reviewer wants to know, and folds the long tables', () => {
    const text = textOf();
    expect(text).toMatch(/^### homechoice: release 11 → 12\n\n- From: release 11 of 2026-05-30 10:15 UTC/);
    expect(text).toContain('- Findings: 3 new, 2 fixed, 1 still there');
    expect(text).toContain('<details open><summary>3 new findings</summary>');
    expect(text).toContain('<details><summary>2 fixed findings</summary>');
    expect(text).toContain('| critical | CVE-2026-11111 | requests | 2.31.0 | 2.32.4 | meridian-api |');
    expect(text).toContain('| meridian-exporter | unchanged since 3 |');
  });

  it('stays below the length of a comment on GitHub', () => {
    const many = Array.from({ length: 3_000 }, (_, index) => finding(`CVE-2020-${index}`, 'low'));
    expect(textOf(sampleDiff({ more: many })).length).toBeLessThan(65_536);
  });

  it('says what is not known', () => {
    expect(textOf(sampleDiff({ known: false }))).toContain('not known for meridian-report');
    expect(textOf(unscannedDiff())).toContain('- Findings: not scanned: the registry has no scanner');
  });

  it('escapes what comes from outside', () => {
    expect(textOf(sampleDiff({ more: [finding('<img src=x> | @octo', 'high')] }))).toContain(
      '&lt;img src=x&gt; \\| \\@octo',
    );
  });
});
