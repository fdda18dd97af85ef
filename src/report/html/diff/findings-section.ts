import { formatNumber } from '../../../lib/text/words.ts';
import type { ComparedFinding, ReleaseDiff } from '../../../model/release-diff.ts';
import { FINDING_CHANGES, listHeading, unknownServices } from '../../diff-words.ts';
import { h, type PageNode } from '../page-node.ts';
import { severityName } from '../severity-name.ts';
import { type TableColumn, table } from '../table.ts';

/** How many rows a table of the page has at most. */
const MOST_ROWS = 2000;

/** The findings that are new, fixed, or still there: a table, which is folded for those that are still there. */
export function diffFindingsSection(diff: ReleaseDiff, key: keyof ReleaseDiff['findings']): PageNode | undefined {
  const findings = diff.findings[key];
  if (findings.length === 0) return emptySection(diff, key);
  const columns = COLUMNS.filter((column) => column.key !== 'services' || diff.services.length > 1);
  const caption = listHeading(findings.length, key);
  const rows = [
    findings.length > MOST_ROWS
      ? h('p', { class: 'cut' }, `These are the worst ${formatNumber(MOST_ROWS)}. The JSON output has all.`)
      : undefined,
    table({ id: `${key}-table`, class: 'card-table', caption, columns }, findings.slice(0, MOST_ROWS)),
  ];
  return section(
    key,
    key === 'remaining' ? [h('details', {}, h('summary', {}, h('span', { class: 'id' }, caption)), ...rows)] : rows,
  );
}

/** Only a comparison of all services may say that nothing is new. */
function emptySection(diff: ReleaseDiff, key: keyof ReleaseDiff['findings']): PageNode | undefined {
  if (key !== 'new' || unknownServices(diff).length > 0) return undefined;
  return section(key, [h('p', {}, 'No finding is new.')]);
}

function section(key: keyof ReleaseDiff['findings'], children: readonly (PageNode | undefined)[]): PageNode {
  const word = FINDING_CHANGES.find((each) => each.key === key)?.word ?? key;
  const heading = `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
  return h('section', { 'aria-labelledby': key }, h('h2', { id: key }, heading), children);
}

const COLUMNS: readonly TableColumn<ComparedFinding>[] = [
  { key: 'severity', label: 'Severity', cell: ({ severity }) => severityName(severity) },
  { key: 'id', label: 'Vulnerability', heading: true, cell: ({ id }) => h('span', { class: 'id' }, id) },
  { key: 'package', label: 'Package', cell: (finding) => finding.package },
  { key: 'version', label: 'Installed', cell: ({ versions }) => versions.join(', ') },
  {
    key: 'fix',
    label: 'Fixed in',
    cell: ({ fixVersions }) => fixVersions.join(', ') || h('span', { class: 'absent' }, 'no fix yet'),
  },
  { key: 'services', label: 'Services', cell: ({ services }) => services.join(', ') },
];
