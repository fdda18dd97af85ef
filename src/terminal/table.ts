import { sanitizeLine } from '../lib/text/sanitize.ts';
import { padTo, widthOf } from './width.ts';

export interface TableOptions {
  /** Colors a cell, whose text is padded already, without changing its width. The heading is row -1. */
  readonly paint?: (text: string, row: number, column: number) => string;
}

const GAP = '  ';

/** Renders columns without borders, as `docker` does. Control characters in cells are shown. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { paint = (text) => text }: TableOptions = {},
): string {
  const lines = [head, ...rows].map((cells) => cells.map(sanitizeLine));
  const widths = columnWidths(lines);
  return lines
    .map((cells, line) => {
      // No padding at the end of a line: a terminal that becomes narrower would wrap it.
      const last = cells.findLastIndex((cell) => cell !== '');
      return cells
        .slice(0, last + 1)
        .map((cell, column) => paint(column === last ? cell : padTo(cell, widths[column] ?? 0), line - 1, column))
        .join(GAP);
    })
    .join('\n');
}

/** The width of each column of these lines of cells. */
export function columnWidths(lines: readonly (readonly string[])[]): number[] {
  return (lines[0] ?? []).map((_, column) =>
    lines.reduce((widest, cells) => Math.max(widest, widthOf(cells[column] ?? '')), 0),
  );
}

/** The width of a table with columns of these widths. */
export function tableWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + GAP.length * Math.max(0, widths.length - 1);
}
