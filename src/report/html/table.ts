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
  const { id, caption, columns } = options;
  return h(
    'table',
    { id, class: options.class === undefined ? 'rows' : `rows ${options.class}` },
    h('caption', {}, caption),
    h('thead', {}, h('tr', {}, ...columns.map(headCell))),
    h('tbody', {}, ...rows.map((row) => tableRow(row, columns))),
  );
}

/** A row of {@link table}. */
export function tableRow<Row>(row: Row, columns: readonly TableColumn<Row>[]): PageNode {
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

function headCell<Row>(column: TableColumn<Row>): PageNode {
  return h('th', { scope: 'col', 'data-key': column.key, class: cellClass(column) }, column.label);
}

function cellClass<Row>({ key, numeric }: TableColumn<Row>): string {
  return numeric ? `cell-${key} number` : `cell-${key}`;
}
