import { sanitizeLine } from '../lib/text/sanitize.ts';
import type { Colors } from './output-stream.ts';
import { tableWidth } from './table.ts';
import { clipMiddle, padTo, widthOf } from './width.ts';

/** One column of a table that fits a terminal. */
export interface TableColumn<Row> {
  readonly head: string;
  /** The cell's text on a terminal. Control characters in it are shown. */
  readonly cell: (row: Row) => string;
  /** The cell's text where there is no terminal. @default `cell` */
  readonly fullCell?: (row: Row) => string;
  /** Colors a cell, which is padded already. */
  readonly paint?: (text: string, row: Row) => string;
  /** The least width that cells may be cut to; absent when they must not be cut. */
  readonly minWidth?: number;
  /** Cuts a cell's text to a width. @default in its middle */
  readonly clip?: (text: string, columns: number) => string;
  /** The order in which columns are left out of a narrow table, highest first; absent when the column must stay. */
  readonly dropOrder?: number;
}

export interface FittingTableOptions {
  /** The terminal's width; undefined where there is no terminal: then every column is shown in full. */
  readonly width: number | undefined;
  readonly colors: Colors;
}

const GAP = '  ';

/** Cuts `a, b, c` to the entries that fit, and the number of the others: `a +2`. */
export function clipList(text: string, columns: number): string {
  const entries = text.split(', ');
  if (widthOf(text) <= columns || entries.length === 1) return clipMiddle(text, columns);
  for (let shown = entries.length - 1; shown > 0; shown--) {
    const short = `${entries.slice(0, shown).join(', ')} +${entries.length - shown}`;
    if (widthOf(short) <= columns) return short;
  }
  const more = ` +${entries.length - 1}`;
  return `${clipMiddle(entries[0] ?? '', columns - more.length)}${more}`;
}

/**
 * Renders rows as lines, the heading first. Cells that do not fit are cut, then columns are left out.
 *
 * Cells are rendered twice, to measure and to print them, and never kept: there may be hundreds of thousands.
 */
export function* fittingTable<Row>(
  rows: readonly Row[],
  columns: readonly TableColumn<Row>[],
  { width, colors }: FittingTableOptions,
): Generator<string> {
  const { shown, limits } = layOut(rows, columns, width);
  const line = (texts: readonly string[], row: Row | undefined): string => {
    // No padding at the end of a line: a terminal that becomes narrower would wrap it.
    const last = texts.findLastIndex((text) => text !== '');
    return texts
      .slice(0, last + 1)
      .map((text, at) => {
        const { clip = clipMiddle, paint } = shown[at] ?? {};
        const clipped = clip(text, limits[at] ?? 0);
        const padded = at === last ? clipped : padTo(clipped, limits[at] ?? 0);
        if (row === undefined) return colors.bold(padded);
        return paint?.(padded, row) ?? padded;
      })
      .join(GAP);
  };
  yield line(
    shown.map(({ head }) => head),
    undefined,
  );
  for (const row of rows) {
    yield line(
      shown.map((column) => textOf(column, row, width)),
      row,
    );
  }
}

interface Layout<Row> {
  readonly shown: readonly TableColumn<Row>[];
  readonly limits: readonly number[];
}

function layOut<Row>(
  rows: readonly Row[],
  columns: readonly TableColumn<Row>[],
  width: number | undefined,
): Layout<Row> {
  const widths = columns.map((column) =>
    rows.reduce((widest, row) => Math.max(widest, widthOf(textOf(column, row, width))), widthOf(column.head)),
  );
  if (width === undefined) return { shown: columns, limits: widths };
  const steps = [
    Number.POSITIVE_INFINITY,
    ...columns.flatMap(({ dropOrder }) => dropOrder ?? []).sort((a, b) => b - a),
  ];
  let kept: readonly number[] = [];
  let limits: readonly number[] = [];
  for (const step of steps) {
    kept = columns.flatMap(({ dropOrder = 0 }, at) => (dropOrder < step ? [at] : []));
    limits = cut(
      kept.map((at) => ({ width: widths[at] ?? 0, minWidth: minWidthOf(columns[at], widths[at] ?? 0) })),
      width,
    );
    if (tableWidth(limits) <= width) break;
  }
  if (tableWidth(limits) > width) {
    const each = Math.max(1, Math.floor((width - GAP.length * (kept.length - 1)) / kept.length));
    limits = limits.map((limit) => Math.min(limit, each));
  }
  return { shown: kept.flatMap((at) => columns.slice(at, at + 1)), limits };
}

function textOf<Row>({ cell, fullCell = cell }: TableColumn<Row>, row: Row, width: number | undefined): string {
  return sanitizeLine((width === undefined ? fullCell : cell)(row));
}

function minWidthOf<Row>(column: TableColumn<Row> | undefined, width: number): number {
  return column?.minWidth === undefined ? width : Math.min(width, Math.max(column.minWidth, column.head.length));
}

/** Narrows the widest column, again and again, until the table fits or no column may be cut further. */
function cut(columns: readonly { readonly width: number; readonly minWidth: number }[], width: number): number[] {
  const limits = columns.map((column) => column.width);
  for (let excess = tableWidth(limits) - width; excess > 0; excess--) {
    let widest = -1;
    for (const [at, limit] of limits.entries()) {
      if (limit > (columns[at]?.minWidth ?? 0) && limit > (limits[widest] ?? 0)) widest = at;
    }
    if (widest === -1) break;
    limits[widest] = (limits[widest] ?? 0) - 1;
  }
  return limits;
}
