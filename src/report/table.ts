import { h, type PageChild, type PageNode } from './node.ts';

/** A column of a table that can be sorted; `key` is also its name in the page's address. */
export interface Column<Row> {
  readonly key: string;
  readonly label: string;
  /** What the column is sorted by. */
  readonly value: (row: Row) => string | number;
  /** The order that a reader wants first. */
  readonly descending?: boolean;
  readonly numeric?: boolean;
  /** The cell that names the row. */
  readonly heading?: boolean;
  readonly cell: (row: Row) => PageChild | readonly PageChild[];
}

export interface TableOptions<Row> {
  readonly id: string;
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
}

/** A table with some of its rows; the page's script shows others, sorted and filtered. */
export function table<Row>(options: TableOptions<Row>, rows: readonly Row[]): PageNode {
  const { id, caption, columns } = options;
  return h(
    'table',
    { id, class: 'rows' },
    h('caption', {}, caption),
    h('thead', {}, h('tr', {}, ...columns.map(headCell))),
    h('tbody', {}, ...rows.map((row) => tableRow(row, columns))),
  );
}

/** A row of {@link table}. */
export function tableRow<Row>(row: Row, columns: readonly Column<Row>[]): PageNode {
  return h(
    'tr',
    {},
    ...columns.map((column) => {
      const attributes = { class: cellClass(column), 'data-label': column.label };
      return column.heading
        ? h('th', { scope: 'row', ...attributes }, column.cell(row))
        : h('td', attributes, column.cell(row));
    }),
  );
}

function headCell<Row>(column: Column<Row>): PageNode {
  return h('th', { scope: 'col', 'data-key': column.key, class: cellClass(column) }, column.label);
}

function cellClass<Row>({ key, numeric }: Column<Row>): string {
  return numeric ? `cell-${key} number` : `cell-${key}`;
}
