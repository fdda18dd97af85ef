import { count, formatNumber } from '../../../lib/text/words.ts';
import { findingColumns, isGated } from '../finding-columns.ts';
import type { FindingRow } from '../finding-rows.ts';
import { packageColumns } from '../package-columns.ts';
import { groupByPackage, type PackageGroup } from '../package-groups.ts';
import { readPageData } from '../page-data.ts';
import { type Column, tableRow } from '../table.ts';
import { pageControls } from './controls.ts';
import { type DataTable, dataTable } from './data-table.ts';
import { pager } from './pager.ts';
import { DEFAULT_QUERY, filterRows, formatQuery, isFiltered, parseQuery, type Query } from './query.ts';
import { toDom } from './to-dom.ts';

const PAGE_ROWS = 100;
// What is printed of a long table: paper has an end, and so has a browser's patience.
const PRINTED_ROWS = 2000;

function byId<Type extends HTMLElement>(id: string): Type {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element as Type;
}

const data = readPageData(byId('data').textContent ?? '');
const texts = new Map<FindingRow, string>();
const shown = byId('shown');
const views = { findings: byId('view-findings'), packages: byId('view-packages') };

let query = parseQuery(location.hash);
let rowsPerPage = PAGE_ROWS;
// Sorting is what takes time: the same rows are not sorted again to show another page of them.
let sorted: {
  readonly of: string;
  readonly findings: readonly FindingRow[];
  readonly packages: readonly PackageGroup[];
};

const onSort = (key: string, descending: boolean): void =>
  update({ sort: key, descending: query.sort === key ? !query.descending : descending, page: 0 });
function tableIn<Row>(id: string, columns: readonly Column<Row>[]): DataTable<Row> {
  return dataTable(byId<HTMLTableElement>(id), columns, onSort, (row) => toDom(tableRow(row, columns)));
}
const findings = tableIn('finding-table', findingColumns(data.images, isGated(data.rows)));
const packages = tableIn('package-table', packageColumns(data.images));
const controls = pageControls(
  byId('controls'),
  () => update({ ...controls.read(), page: 0 }),
  () => update({ ...DEFAULT_QUERY, view: query.view, sort: query.sort, descending: query.descending }),
);
const showPager = pager(byId('pager'), (page) => {
  update({ page });
  byId('findings').scrollIntoView();
});

function update(change: Partial<Query>): void {
  query = { ...query, ...change };
  show();
  const address = formatQuery(query);
  if (address !== location.hash) history.replaceState(null, '', address || location.pathname + location.search);
}

function show(): void {
  const { findings: foundRows, packages: groups } = ordered();
  const isPackages = query.view === 'packages';
  const all = isPackages ? groups.length : foundRows.length;
  const pages = Math.max(1, Math.ceil(all / rowsPerPage));
  const page = Math.min(query.page, pages - 1);
  query = { ...query, page };
  const from = page * rowsPerPage;
  const to = Math.min(all, from + rowsPerPage);
  views.findings.hidden = isPackages;
  views.packages.hidden = !isPackages;
  if (isPackages) packages.show(groups.slice(from, to), packages.sortKey(query.sort), query.descending);
  else findings.show(foundRows.slice(from, to), findings.sortKey(query.sort), query.descending);
  shown.textContent = describe(all, from, to, foundRows.length);
  showPager(page, pages);
  controls.write(query);
}

function ordered(): typeof sorted {
  const of = formatQuery({ ...query, page: 0 });
  if (sorted?.of === of) return sorted;
  const rows = filterRows(data.rows, query, textOf);
  const isPackages = query.view === 'packages';
  sorted = {
    of,
    findings: isPackages ? rows : findings.sort(rows, query.sort, query.descending),
    packages: isPackages ? packages.sort(groupByPackage(rows), query.sort, query.descending) : [],
  };
  return sorted;
}

function describe(all: number, from: number, to: number, found: number): string {
  const filtered = isFiltered(query) ? ` of ${formatNumber(data.rows.length)}` : '';
  const what =
    query.view === 'packages'
      ? `${count(all, 'package')} with ${formatNumber(found)}${filtered} ${found === 1 ? 'finding' : 'findings'}`
      : `${formatNumber(all)}${filtered} ${all === 1 && filtered === '' ? 'finding' : 'findings'}`;
  if (all === 0) return `Nothing matches: 0${filtered} findings.`;
  return to - from === all ? `${what}.` : `${what}; rows ${formatNumber(from + 1)} to ${formatNumber(to)}.`;
}

function textOf(row: FindingRow): string {
  let text = texts.get(row);
  if (text === undefined) {
    const { id, package: name, version, fixVersion = '', status = '', description, cwes } = row.finding;
    text = [id, name, version, fixVersion, status, description, ...cwes].join('\n').toLowerCase();
    texts.set(row, text);
  }
  return text;
}

addEventListener('hashchange', () => {
  // The way to a place of the page, such as the skip link, is no query.
  if (document.getElementById(location.hash.slice(1)) !== null) return;
  query = parseQuery(location.hash);
  show();
});
addEventListener('beforeprint', () => {
  rowsPerPage = PRINTED_ROWS;
  show();
});
addEventListener('afterprint', () => {
  rowsPerPage = PAGE_ROWS;
  show();
});

show();
document.documentElement.classList.add('ready');
