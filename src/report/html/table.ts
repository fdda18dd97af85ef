import { h, type PageChild, type PageNode } from './page-node.ts';

/** A column of a table. */
export interface TableColumn<Row> {
  readonly key: string;
  readonly label: string;
  readonly numeric?: boolean;
  /** The cell that names the row. */
  readonly heading?: boolean;
  readonly cell: (row: Row) => PageChild | readonly PageChild[];
}

/** A column that can be sorted; its `key` is also its name in the page's address. */
export interface Column<Row> extends TableColumn<Row> {
  /** The value to sort by. */
  readonly value: (row: Row) => string | number;
  /** The order of the first sort. */
  readonly descending?: boolean;
}

export interface TableOptions<Row> {
  readonly id: string;
  readonly class?: string;
  readonly caption: string;
  readonly columns: readonly TableColumn<Row>[];
}

/** A table with some of its rows. The page's script sorts it and shows the others. */
export function table<Row>(options: TableOptions<Row>, rows: readonly Row[]): PageNode {
  const { columns } = options;
  return tableOf(
    options,
    columns.map((column) => headCell(column)),
    rows.map((row) => tableRow(row, columns)),
  );
}

export interface SortableOptions<Row> extends TableOptions<Row> {
  readonly columns: readonly Column<Row>[];
  /** What the page's script filters a row by, beside its text. */
  readonly marks?: (row: Row) => readonly string[];
  /** What the script calls a row when it counts them. @default 'row' */
  readonly noun?: string;
}

/** A table with all of its rows, which the script sorts by what is in the page: it needs no other data. */
export function sortableTable<Row>(options: SortableOptions<Row>, rows: readonly Row[]): PageNode {
  const { columns, marks, noun } = options;
  return tableOf(
    options,
    columns.map((column) => headCell(column, { 'data-first': column.descending ? 'descending' : 'ascending' })),
    rows.map((row) => {
      const cells = columns.map((column) => bodyCell(row, column, { 'data-value': String(column.value(row)) }));
      return h('tr', { 'data-marks': marks?.(row).join(' ') }, ...cells);
    }),
    { 'data-sortable': '', 'data-noun': noun },
  );
}

/** A row of {@link table}. */
export function tableRow<Row>(row: Row, columns: readonly TableColumn<Row>[]): PageNode {
  return h('tr', {}, ...columns.map((column) => bodyCell(row, column)));
}

function tableOf<Row>(
  { id, class: kind, caption }: TableOptions<Row>,
  headings: readonly PageNode[],
  rows: readonly PageNode[],
  attributes: PageNode['attributes'] = {},
): PageNode {
  return h(
    'table',
    { id, class: kind === undefined ? 'rows' : `rows ${kind}`, ...attributes },
    h('caption', {}, caption),
    h('thead', {}, h('tr', {}, ...headings)),
    h('tbody', {}, ...rows),
  );
}

function bodyCell<Row>(row: Row, column: TableColumn<Row>, more: PageNode['attributes'] = {}): PageNode {
  const attributes = { class: cellClass(column), 'data-label': column.label, ...more };
  return column.heading
    ? h('th', { scope: 'row', ...attributes }, column.cell(row))
    : h('td', attributes, column.cell(row));
}

function headCell<Row>(column: TableColumn<Row>, more: PageNode['attributes'] = {}): PageNode {
  return h('th', { scope: 'col', 'data-key': column.key, class: cellClass(column), ...more }, column.label);
}

function cellClass<Row>({ key, numeric }: TableColumn<Row>): string {
  return numeric ? `cell-${key} number` : `cell-${key}`;
}
