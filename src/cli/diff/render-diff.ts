import { formatAge } from '../../lib/text/duration.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { formatTime } from '../../lib/text/time.ts';
import { count, shortDigest } from '../../lib/text/words.ts';
import type { DiffChange } from '../../model/enums.ts';
import type { ComparedFinding, ComparedPackage, ComparedService, ReleaseDiff } from '../../model/release-diff.ts';
import {
  findingsText,
  listHeading,
  reportText,
  serviceFindingsText,
  servicePackagesText,
  servicesText,
  shortCommit,
  sideText,
  sizeText,
} from '../../report/diff-words.ts';
import { clipList, fittingTable, type TableColumn } from '../../terminal/fitting-table.ts';
import type { Colors } from '../../terminal/output-stream.ts';
import { severityColor } from '../../terminal/severity.ts';
import { wrap } from '../../terminal/wrap.ts';

export interface RenderDiffOptions {
  /** The terminal's width; undefined when the output is not a terminal. */
  readonly columns: number | undefined;
  readonly colors: Colors;
  readonly now: Date;
}

/** How many rows of a table a terminal shows. */
const MOST_ROWS = 15;

/** What differs between two releases: each service, then the findings that are new or fixed, and the packages. */
export function* renderDiff(diff: ReleaseDiff, options: RenderDiffOptions): Generator<string> {
  const { columns, colors } = options;
  const line = (label: string, text: string) => labelled(label, text, options);
  const names = `${diff.package}: release ${diff.from.number} and release ${diff.to.number}`;
  yield colors.bold(wrap(sanitizeLine(names), columns));
  yield line('from', sideText(diff.from));
  yield line('to', sideText(diff.to));
  yield line('services', servicesText(diff));
  yield line('findings', findingsText(diff));
  yield '';
  for (const service of diff.services) yield* renderService(service, options, line);
  for (const key of ['new', 'fixed'] as const) yield* renderFindings(diff, key, options);
  yield* renderPackages(diff, options);
}

type Line = (label: string, text: string) => string;

/** The width of the labels of lines, with the space around them. */
const LABEL = 12;

/** A line with a label. What does not fit in the terminal goes on below the text. */
function labelled(label: string, text: string, { columns, colors }: RenderDiffOptions): string {
  const wrapped = wrap(sanitizeLine(text), columns === undefined ? undefined : Math.max(1, columns - LABEL - 2));
  const indented = wrapped.replaceAll(/\n */g, `\n${' '.repeat(LABEL)}`);
  return `  ${colors.dim(label.padEnd(LABEL - 3))} ${indented}`;
}

function* renderService(service: ComparedService, options: RenderDiffOptions, line: Line): Generator<string> {
  const { columns, colors } = options;
  const { name, change, from, to } = service;
  const since = change === 'unchanged' && to !== undefined ? ` since release ${to.since}` : '';
  yield wrap(`${colors.bold(sanitizeLine(name))} ${changeColor(change, colors)(change)}${since}`, columns);
  // A terminal has little room, and an unchanged image is no news.
  if (change !== 'unchanged' || columns === undefined) yield* renderImages(service, options, line);
  yield line('findings', serviceFindingsText(service));
  const age = (time: string) =>
    `${formatTime(time)} (${formatAge(options.now.getTime() - Date.parse(time), { short: true })} ago)`;
  const hasReports = [from, to].some((image) => (image?.reports.length ?? 0) > 0);
  if (change !== 'removed' && hasReports)
    yield line('report', arrow(from && reportText(from, age), to && reportText(to, age)));
  const packages = servicePackagesText(service);
  if (packages !== undefined) yield line('packages', packages);
}

function* renderImages(service: ComparedService, { columns }: RenderDiffOptions, line: Line): Generator<string> {
  const { from, to } = service;
  const digest = (text: string) => (columns === undefined ? text : shortDigest(text));
  yield line('image', arrow(from && digest(from.digest), to && digest(to.digest)));
  const commit = (text = 'not known') => (columns === undefined ? text : shortCommit(text));
  if (from?.revision !== undefined || to?.revision !== undefined)
    yield line('revision', arrow(from && commit(from.revision), to && commit(to.revision)));
  const size = sizeText(service);
  if (size !== undefined) yield line('size', size);
}

/** `before → after`, or the one of both when they are the same, or only one is there. */
function arrow(before: string | undefined, after: string | undefined): string {
  if (before === undefined || after === undefined || before === after) return after ?? before ?? '';
  return `${before} → ${after}`;
}

function changeColor(change: DiffChange, colors: Colors): (text: string) => string {
  switch (change) {
    case 'added':
      return colors.green;
    case 'removed':
      return colors.red;
    case 'changed':
      return colors.yellow;
    case 'unchanged':
      return colors.dim;
  }
}

function* renderFindings(
  { findings, services }: ReleaseDiff,
  key: 'new' | 'fixed',
  { columns: width, colors }: RenderDiffOptions,
): Generator<string> {
  const rows = findings[key];
  if (rows.length === 0) return;
  yield '';
  yield colors.bold(listHeading(rows.length, key));
  const columns: TableColumn<ComparedFinding>[] = [
    {
      head: 'SEVERITY',
      cell: ({ severity }) => severity,
      paint: (text, { severity }) => severityColor(severity, colors)(text),
    },
    { head: 'ID', cell: ({ id }) => id, minWidth: 16 },
    { head: 'PACKAGE', cell: (finding) => finding.package, minWidth: 12 },
    { head: 'VERSION', cell: ({ versions }) => versions.join(', '), clip: clipList, minWidth: 10, dropOrder: 2 },
    {
      head: 'FIXED IN',
      cell: ({ fixVersions }) => fixVersions.join(', ') || '-',
      clip: clipList,
      minWidth: 10,
      dropOrder: 1,
    },
    ...servicesColumn<ComparedFinding>(services),
  ];
  yield* limited(rows, columns, { width, colors });
}

function* renderPackages(
  { packages, services }: ReleaseDiff,
  { columns: width, colors }: RenderDiffOptions,
): Generator<string> {
  if (packages.length === 0) return;
  yield '';
  yield colors.bold(count(packages.length, 'package differs', 'packages differ'));
  const columns: TableColumn<ComparedPackage>[] = [
    { head: 'PACKAGE', cell: ({ name }) => name, minWidth: 12 },
    { head: 'BEFORE', cell: ({ from }) => from.join(', ') || '-', clip: clipList, minWidth: 10 },
    { head: 'AFTER', cell: ({ to }) => to.join(', ') || '-', clip: clipList, minWidth: 10 },
    { head: 'TYPE', cell: ({ type = '' }) => type, dropOrder: 1 },
    ...servicesColumn<ComparedPackage>(services),
  ];
  yield* limited(packages, columns, { width, colors });
}

/** The column is useful only where there are several services. */
function servicesColumn<Row extends { readonly services: readonly string[] }>(
  all: readonly ComparedService[],
): TableColumn<Row>[] {
  if (all.length < 2) return [];
  return [{ head: 'SERVICES', cell: ({ services }) => services.join(', '), clip: clipList, minWidth: 12 }];
}

function* limited<Row>(
  rows: readonly Row[],
  columns: readonly TableColumn<Row>[],
  options: { readonly width: number | undefined; readonly colors: Colors },
): Generator<string> {
  // A file or a program gets them all.
  const shown = options.width === undefined ? rows : rows.slice(0, MOST_ROWS);
  yield* fittingTable(shown, columns, options);
  const hidden = rows.length - shown.length;
  if (hidden > 0) yield wrap(`and ${hidden} more: --format html, --json`, options.width);
}
