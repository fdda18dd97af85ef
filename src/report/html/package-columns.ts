import { count, formatNumber } from '../../lib/text/words.ts';
import { describeCounts, severityRank } from '../severity.ts';
import { imagesColumn } from './finding-columns.ts';
import type { PackageGroup } from './package-groups.ts';
import { h, type PageChild } from './page-node.ts';
import { severityBar } from './severity-bar.ts';
import { severityName } from './severity-name.ts';
import type { Column } from './table.ts';

/** The columns of the view by package; `images` are the names of the page's images. */
export function packageColumns(images: readonly string[]): Column<PackageGroup>[] {
  const columns: Column<PackageGroup>[] = [
    {
      key: 'severity',
      label: 'Worst',
      descending: true,
      value: (group) => -severityRank(group.worst) * 1e6 + group.counts[group.worst],
      cell: (group) => severityName(group.worst),
    },
    {
      key: 'package',
      label: 'Package',
      heading: true,
      value: (group) => group.package,
      cell: (group) => group.package,
    },
    { key: 'version', label: 'Installed', value: (group) => group.version, cell: (group) => group.version },
    {
      key: 'fix',
      label: 'One upgrade fixes',
      descending: true,
      value: (group) => group.fixable,
      cell: upgrade,
    },
    {
      key: 'findings',
      label: 'Findings',
      descending: true,
      value: (group) => group.total,
      cell: (group) => [
        h('span', { class: 'tally' }, `${formatNumber(group.total)}: ${describeCounts(group.counts)}`),
        severityBar(group.counts),
      ],
    },
  ];
  if (images.length > 1) columns.push(imagesColumn(images));
  return columns;
}

const SHOWN_FIXES = 3;

// Only the distribution can compare versions, so each one is shown with the number of findings that it fixes.
function upgrade({ fixes, fixable, total }: PackageGroup): PageChild | readonly PageChild[] {
  const [first] = fixes;
  if (first === undefined) return h('span', { class: 'absent' }, 'no fix yet');
  const share = fixable === total ? `all ${formatNumber(total)}` : `${formatNumber(fixable)} of ${formatNumber(total)}`;
  if (fixes.length === 1) {
    return [
      h('span', { class: 'share' }, total === 1 ? 'it' : share),
      ' → ',
      h('span', { class: 'to' }, first.version),
    ];
  }
  const shown = fixes.slice(0, SHOWN_FIXES).map(({ version, fixed }) => `${version} (${count(fixed, 'finding')})`);
  const more = fixes.length - shown.length;
  return [
    h('span', { class: 'share' }, share),
    ` → ${shown.join(', ')}${more > 0 ? ` and ${more} more versions` : ''}`,
  ];
}
