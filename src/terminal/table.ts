import { sanitizeLine } from '../lib/text/sanitize.ts';
import { padTo, widthOf } from './width.ts';

export interface TableOptions {
  /** Colours a cell; its text is padded already, and takes as many columns afterwards. The heading is row -1. */
  readonly paint?: (text: string, row: number, column: number) => string;
}

const GAP = '  ';

/** Columns without lines, as `docker` prints them. Cells come from outside and are made visible. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { paint = (text) => text }: TableOptions = {},
): string {
  const lines = [head, ...rows].map((cells) => cells.map(sanitizeLine));
  const widths = columnWidths(lines);
  return lines
    .map((cells, line) => {
      // Nothing is padded at the end of a line: a terminal that is made narrower would wrap it.
      const last = cells.findLastIndex((cell) => cell !== '');
      return cells
        .slice(0, last + 1)
        .map((cell, column) => paint(column === last ? cell : padTo(cell, widths[column] ?? 0), line - 1, column))
        .join(GAP);
    })
    .join('\n');
}

/** How wide each column is, with cells that are visible already. */
export function columnWidths(lines: readonly (readonly string[])[]): number[] {
  return (lines[0] ?? []).map((_, column) =>
    lines.reduce((widest, cells) => Math.max(widest, widthOf(cells[column] ?? '')), 0),
  );
}

/** How wide a table of such columns is. */
export function tableWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + GAP.length * Math.max(0, widths.length - 1);
}
