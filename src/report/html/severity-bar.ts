import { FINDING_SEVERITIES } from '../../model/enums.ts';
import type { SeverityCounts } from '../../model/scan-report.ts';
import { total } from '../../model/severity-counts.ts';
import { describeCounts } from '../severity.ts';
import { h, type PageNode } from './page-node.ts';

export interface BarPart {
  readonly class: string;
  readonly value: number;
}

/** A horizontal bar of several parts, scaled to `whole`. Screen readers read `label`. */
export function bar(parts: readonly BarPart[], whole: number, label: string): PageNode {
  const rectangles: PageNode[] = [];
  let x = 0;
  for (const part of parts) {
    if (part.value === 0 || whole === 0) continue;
    const width = (part.value / whole) * 100;
    rectangles.push(
      h('rect', { class: part.class, x: `${x.toFixed(3)}%`, y: '0', width: `${width.toFixed(3)}%`, height: '100%' }),
    );
    x += width;
  }
  return h('svg', { class: 'bar', role: 'img', 'aria-label': label }, h('title', {}, label), ...rectangles);
}

/** A bar of findings by severity, worst first. */
export function severityBar(counts: SeverityCounts, whole = total(counts)): PageNode {
  const parts = FINDING_SEVERITIES.map((severity) => ({ class: `fill ${severity}`, value: counts[severity] }));
  return bar(parts, whole, describeCounts(counts) || 'no findings');
}
