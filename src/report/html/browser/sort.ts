import type { Column } from '../table.ts';

type Key = string | number;

/**
 * The rows by a column, equal ones in the order that they had. Numbers in text count as numbers: CVE-2024-999 comes before
 * CVE-2024-1000.
 */
export function sortRows<Row>(rows: readonly Row[], column: Pick<Column<Row>, 'value'>, descending: boolean): Row[] {
  const keyed = rows.map((row): readonly [Key, Row] => [keyOf(column.value(row)), row]);
  const direction = descending ? -1 : 1;
  keyed.sort(([a], [b]) => (a < b ? -direction : a > b ? direction : 0));
  return keyed.map(([, row]) => row);
}

function keyOf(value: Key): Key {
  return typeof value === 'number' ? value : value.toLowerCase().replace(/\d+/g, (digits) => digits.padStart(12, '0'));
}
