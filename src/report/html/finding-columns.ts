import { unfixedLabel } from '../../model/labels.ts';
import { safeLink } from '../html-text.ts';
import { severityRank } from '../severity.ts';
import type { FindingRow } from './finding-rows.ts';
import { h, type PageChild, type PageNode } from './page-node.ts';
import { severityName } from './severity-name.ts';
import type { Column } from './table.ts';

/** The columns of the table of findings. `images` are the names of the page's images. `gated`: some rows have a gate mark. */
export function findingColumns(images: readonly string[], gated: boolean): Column<FindingRow>[] {
  const columns: Column<FindingRow>[] = [
    {
      key: 'severity',
      label: 'Severity',
      value: ({ finding }) => -severityRank(finding.severity),
      descending: true,
      cell: ({ finding }) => severityName(finding.severity),
    },
    {
      key: 'id',
      label: 'Vulnerability',
      heading: true,
      value: ({ finding }) => finding.id,
      cell: (row) => vulnerability(row, images),
    },
    { key: 'package', label: 'Package', value: ({ finding }) => finding.package, cell: (row) => row.finding.package },
    { key: 'version', label: 'Installed', value: ({ finding }) => finding.version, cell: (row) => row.finding.version },
    {
      key: 'fix',
      label: 'Fixed in',
      value: ({ finding }) => finding.fixVersion ?? '',
      cell: ({ finding }) =>
        finding.fixVersion ?? h('span', { class: 'absent' }, unfixedLabel(finding.status) ?? 'no fix yet'),
    },
    {
      key: 'score',
      label: 'CVSS',
      numeric: true,
      descending: true,
      value: ({ finding }) => finding.score ?? -1,
      cell: ({ finding }) => finding.score?.toFixed(1) ?? h('span', { class: 'absent' }, 'none'),
    },
  ];
  if (gated) columns.push(GATE_COLUMN);
  if (images.length > 1) columns.push(imagesColumn(images));
  return columns;
}

const GATE_COLUMN: Column<FindingRow> = {
  key: 'gate',
  label: 'Gate',
  descending: true,
  value: ({ gate }) => (gate === 'rejects' ? 2 : gate === 'allowed' ? 1 : 0),
  cell: ({ gate }) => (gate === undefined ? '' : h('span', { class: `mark ${gate}` }, gate)),
};

/** Whether any of the rows has a gate mark. */
export function isGated(rows: readonly FindingRow[]): boolean {
  return rows.some(({ gate }) => gate !== undefined);
}

/** The number of images that have the finding, of all images of the page. */
export function imagesColumn<Row extends { readonly images: readonly number[] }>(
  names: readonly string[],
): Column<Row> {
  return {
    key: 'images',
    label: 'Images',
    numeric: true,
    descending: true,
    value: (row) => row.images.length,
    cell: (row) => (row.images.length === names.length ? 'all' : `${row.images.length} of ${names.length}`),
  };
}

function vulnerability({ finding, images }: FindingRow, names: readonly string[]): PageNode {
  const { description, cwes, links } = finding;
  const where = names.length > 1 ? images.map((image) => names[image] ?? '') : [];
  return h(
    'details',
    {},
    h('summary', {}, h('span', { class: 'id' }, finding.id), description && h('span', { class: 'gist' }, description)),
    h(
      'div',
      { class: 'detail' },
      h('p', { class: 'description' }, description || 'The scanner gives no description.'),
      h('dl', {}, entry('Weakness', cwes), entry('In', where), entry('Links', links.map(link))),
    ),
  );
}

function entry(name: string, values: readonly PageChild[]): PageNode | undefined {
  if (values.length === 0) return undefined;
  return h('div', {}, h('dt', {}, name), ...values.map((value) => h('dd', {}, value)));
}

// An address of another scheme, or with a password, is shown as text.
function link(text: string): PageChild {
  const href = safeLink(text);
  return href === undefined ? text : h('a', { href, rel: 'noopener noreferrer' }, href);
}
