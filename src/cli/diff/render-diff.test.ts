import { createColors } from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { ReleaseDiff } from '../../model/release-diff.ts';
import { sampleDiff, unscannedDiff } from '../../pipeline/diff/sample.fixture.ts';
import { finding } from '../../pipeline/policy/scans.fixture.ts';
import { renderDiff } from './render-diff.ts';

const NOW = new Date('2026-05-31T10:15:00Z');
const show = (diff: ReleaseDiff, columns?: number, color = false) =>
  [...renderDiff(diff, { columns, colors: createColors(color), now: NOW })].join('\n');

describe('the comparison on a terminal', () => {
  it('names both releases, each service, what is new and fixed, and the packages', () => {
    const text = show(sampleDiff());
    expect(text).toContain('homechoice: release 11 and release 12');
    expect(text).toMatch(/^ {2}services +1 added, 1 removed, 2 changed, 2 unchanged$/m);
    expect(text).toMatch(/^ {2}findings +3 new, 2 fixed, 1 still there$/m);
    expect(text).toMatch(/^meridian-exporter unchanged since release 3$/m);
    expect(text).toMatch(/^ {2}image +sha256:a{64} → sha256:b{64}$/m);
    expect(text).toMatch(/^ {2}size +48\.2 MB → 49\.0 MB \(\+800 kB\)$/m);
    expect(text).toMatch(/^critical +CVE-2026-11111 +requests +2\.31\.0 +2\.32\.4 +meridian-api$/m);
    expect(text).toMatch(/^bash +5\.2\.15-2\+b2 +5\.2\.21-1 +deb +meridian-api$/m);
    expect(text).toMatch(/^ {2}packages +not known: release 11: no SBOM; release 12: no SBOM$/m);
  });

  it.each([40, 60, 80, 120])('fits in %i columns', (columns) => {
    for (const diff of [sampleDiff(), sampleDiff({ known: false }), unscannedDiff()])
      for (const line of show(diff, columns).split('\n')) expect(line.length, line).toBeLessThanOrEqual(columns);
  });

  it('says which findings are not known, and of which time each report is', () => {
    const text = show(sampleDiff({ known: false }), 80);
    expect(text).toContain('not known for meridian-report');
    expect(text).toMatch(/not known: release 11: not scanned \(it was never scanned\)/);
    expect(text.replace(/\s+/g, ' ')).toContain(
      'report 2026-05-30 11:00 UTC (23h ago) → 2026-05-31 08:20 UTC (1h ago)',
    );
    expect(show(unscannedDiff())).toMatch(/^ {2}findings +not scanned: the registry has no scanner$/m);
  });

  it('shows the worst rows on a terminal, and all of them to a program', () => {
    const many = Array.from({ length: 40 }, (_, index) => finding(`CVE-2020-${index}`, 'low'));
    const diff = sampleDiff({ more: many });
    expect(show(diff, 80)).toContain('and 27 more: --format html, --json');
    expect(show(diff).match(/CVE-2020-/g)).toHaveLength(40);
  });

  it('escapes what comes from outside', () => {
    const text = show(sampleDiff({ more: [finding('CVE-\u001b[2J', 'high', { package: '\u001b[2J' })] }), 80, true);
    expect(text).not.toContain('\u001b[2J');
  });
});
