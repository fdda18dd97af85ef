import { count, formatNumber } from '../../../lib/text/words.ts';
import type { ComparedPackage, ReleaseDiff } from '../../../model/release-diff.ts';
import { h, type PageNode } from '../page-node.ts';
import { type TableColumn, table } from '../table.ts';

/** How many rows the table has at most. */
const MOST_ROWS = 2000;

/** The packages that differ between the SBOMs; undefined without any. */
export function diffPackagesSection({ packages, services }: ReleaseDiff): PageNode | undefined {
  if (packages.length === 0) return undefined;
  const columns = COLUMNS.filter(({ key }) => key !== 'services' || services.length > 1);
  const caption = count(packages.length, 'package differs', 'packages differ');
  return h(
    'section',
    { 'aria-labelledby': 'packages' },
    h('h2', { id: 'packages' }, 'Packages'),
    h('p', { class: 'about' }, `${caption}, by the SBOMs of both releases.`),
    packages.length > MOST_ROWS
      ? h('p', { class: 'cut' }, `These are the first ${formatNumber(MOST_ROWS)}. The JSON output has all.`)
      : undefined,
    table({ id: 'packages-table', class: 'card-table', caption, columns }, packages.slice(0, MOST_ROWS)),
  );
}

const ABSENT = h('span', { class: 'absent' }, 'not there');

const COLUMNS: readonly TableColumn<ComparedPackage>[] = [
  {
    key: 'package',
    label: 'Package',
    heading: true,
    cell: ({ name, type }) => [
      h('span', { class: 'id' }, name),
      type === undefined ? undefined : h('span', { class: 'aside' }, ` ${type}`),
    ],
  },
  { key: 'from', label: 'Before', cell: ({ from }) => from.join(', ') || ABSENT },
  { key: 'to', label: 'After', cell: ({ to }) => to.join(', ') || ABSENT },
  { key: 'services', label: 'Services', cell: ({ services }) => services.join(', ') },
];
