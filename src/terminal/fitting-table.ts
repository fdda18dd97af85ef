import type { Colors } from '../cli/framework/output.ts';
import { sanitizeLine } from '../lib/text/sanitize.ts';
import { tableWidth } from './table.ts';
import { clipMiddle, padTo, widthOf } from './width.ts';

/** One column of a table that fits a terminal. */
export interface TableColumn<Row> {
  readonly head: string;
  /** What it says on a terminal. It comes from outside and is made visible. */
  readonly cell: (row: Row) => string;
  /** What it says elsewhere. @default what it says on a terminal */
  readonly whole?: (row: Row) => string;
  /** Colours a cell, which is padded already. */
  readonly paint?: (text: string, row: Row) => string;
  /** How far it may be cut, in columns; absent when it may not be. */
  readonly floor?: number;
  /** How it is cut. @default in its middle */
  readonly clip?: (text: string, columns: number) => string;
  /** Is left out where there is no room for all: the highest first. Absent for what has to be there. */
  readonly spare?: number;
}

export interface FittingTableOptions {
  /** The terminal's width; undefined for what is no terminal, where every column is there as a whole. */
  readonly width: number | undefined;
  readonly colors: Colors;
}

const GAP = '  ';

/** As many entries of `a, b, c` as fit, and how many more there are. */
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
 * Rows as lines, the heading first. What does not fit is cut in its middle, then left out.
 *
 * Cells are made twice, to be measured and to be written, and never kept: there may be hundreds of thousands.
 */
export function* fittingTable<Row>(
  rows: readonly Row[],
  columns: readonly TableColumn<Row>[],
  { width, colors }: FittingTableOptions,
): Generator<string> {
  const { shown, limits } = layOut(rows, columns, width);
  const line = (texts: readonly string[], row: Row | undefined): string => {
    // Nothing is padded at the end of a line: a terminal that is made narrower would wrap it.
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
  const steps = [Number.POSITIVE_INFINITY, ...columns.flatMap(({ spare }) => spare ?? []).sort((a, b) => b - a)];
  let kept: readonly number[] = [];
  let limits: readonly number[] = [];
  for (const step of steps) {
    kept = columns.flatMap(({ spare = 0 }, at) => (spare < step ? [at] : []));
    limits = cut(
      kept.map((at) => ({ width: widths[at] ?? 0, floor: floorOf(columns[at], widths[at] ?? 0) })),
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

function textOf<Row>({ cell, whole = cell }: TableColumn<Row>, row: Row, width: number | undefined): string {
  return sanitizeLine((width === undefined ? whole : cell)(row));
}

function floorOf<Row>(column: TableColumn<Row> | undefined, width: number): number {
  return column?.floor === undefined ? width : Math.min(width, Math.max(column.floor, column.head.length));
}

/** Takes columns from whichever is widest, until the table fits or nothing may be cut any more. */
function cut(columns: readonly { readonly width: number; readonly floor: number }[], width: number): number[] {
  const limits = columns.map((column) => column.width);
  for (let excess = tableWidth(limits) - width; excess > 0; excess--) {
    let widest = -1;
    for (const [at, limit] of limits.entries()) {
      if (limit > (columns[at]?.floor ?? 0) && limit > (limits[widest] ?? 0)) widest = at;
    }
    if (widest === -1) break;
    limits[widest] = (limits[widest] ?? 0) - 1;
  }
  return limits;
}
