import { formatAge } from '../../lib/text/duration.ts';
import type { ScanSummary } from '../../model/harbor.ts';
import type { TableColumn } from '../../terminal/fitting-table.ts';
import type { Colors } from '../../terminal/output-stream.ts';
import { formatCounts, paintCounts, stateColor, stateText } from '../../terminal/severity.ts';

export interface RenderListOptions {
  /** The terminal's width; undefined when the output is not a terminal. */
  readonly columns: number | undefined;
  readonly colors: Colors;
  readonly now: Date;
}

/** A column with the age of something on a terminal, else with its time. */
export function timeColumn<Row>(
  head: string,
  timeOf: (row: Row) => string | undefined,
  { now, dropOrder }: { readonly now: Date; readonly dropOrder?: number },
): TableColumn<Row> {
  return {
    head,
    cell: (row) => {
      const time = timeOf(row);
      return time === undefined ? '' : `${formatAge(now.getTime() - Date.parse(time), { short: true })} ago`;
    },
    fullCell: (row) => timeOf(row) ?? '',
    ...(dropOrder === undefined ? {} : { dropOrder }),
  };
}

/** The columns of a scan: its state, the findings by severity, and how many of them have a fix. */
export function scanColumns<Row>(scanOf: (row: Row) => ScanSummary | undefined, colors: Colors): TableColumn<Row>[] {
  return [
    {
      head: 'SCAN',
      cell: (row) => {
        const state = scanOf(row)?.state;
        return state === undefined ? '' : stateText(state);
      },
      paint: (text, row) => {
        const state = scanOf(row)?.state;
        return state === undefined ? text : stateColor(state, colors)(text);
      },
    },
    {
      head: 'FINDINGS',
      cell: (row) => {
        const counts = scanOf(row)?.counts;
        return counts === undefined ? '' : formatCounts(counts);
      },
      paint: (text) => paintCounts(text, colors),
    },
    {
      head: 'FIXABLE',
      cell: (row) => {
        const { state, fixable } = scanOf(row) ?? {};
        return state === 'findings' ? String(fixable) : '';
      },
      dropOrder: 5,
    },
  ];
}
