import type { FindingSeverity } from '../../model/enums.ts';
import { SEVERITY_LABELS } from '../../model/labels.ts';
import { h, type PageNode } from './page-node.ts';

/** A severity as a word and a color, because some readers do not see color. */
export function severityName(severity: FindingSeverity): PageNode {
  return h('span', { class: `severity ${severity}` }, SEVERITY_LABELS[severity]);
}
