import type { Column } from '../table.ts';
import { sortRows } from './sort.ts';

/** What is known of a column to sort by it. */
export type SortColumn<Row> = Pick<Column<Row>, 'key' | 'value' | 'descending'>;

/** A table of the page whose rows are shown a page at a time. */
export interface DataTable<Row> {
  /** Its sort key, when it has such a column, else that of its first column. */
  sortKey(key: string): string;
  sort(rows: readonly Row[], key: string, descending: boolean): readonly Row[];
  show(rows: readonly Row[], key: string, descending: boolean): void;
}

/**
 * Takes over a table that the page came with: its headings become buttons.
 *
 * @param onSort called with the key that was chosen, and the order that a reader wants of that column first
 * @param toElement makes the `<tr>` of a row
 */
export function dataTable<Row>(
  element: HTMLTableElement,
  columns: readonly SortColumn<Row>[],
  onSort: (key: string, descending: boolean) => void,
  toElement: (row: Row) => Element,
): DataTable<Row> {
  const [body] = element.tBodies;
  const columnOf = (key: string) => columns.find((column) => column.key === key) ?? columns[0];
  const headings = [...element.querySelectorAll<HTMLElement>('th[data-key]')];
  for (const heading of headings) {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...heading.childNodes);
    const column = columnOf(heading.dataset.key ?? '');
    button.addEventListener('click', () => column && onSort(column.key, column.descending === true));
    heading.append(button);
  }
  return {
    sortKey: (key) => columnOf(key)?.key ?? key,
    sort(rows, key, descending) {
      const column = columnOf(key);
      return column === undefined ? rows : sortRows(rows, column, descending);
    },
    show(rows, key, descending) {
      for (const heading of headings) {
        if (heading.dataset.key === key) heading.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
        else heading.removeAttribute('aria-sort');
      }
      body?.replaceChildren(...rows.map(toElement));
    },
  };
}
