import { formatAge } from '../../lib/text/duration.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { shortDigest, withTags } from '../../lib/text/words.ts';
import { unfixedLabel } from '../../model/labels.ts';
import type { Finding, ImageScan, ScanReport } from '../../model/scan-report.ts';
import { fittingTable, type TableColumn } from '../../terminal/fitting-table.ts';
import { formatCounts, paintCounts, paintState, severityColor } from '../../terminal/severity.ts';
import { clipEnd } from '../../terminal/width.ts';
import { wrap } from '../../terminal/wrap.ts';
import type { RenderListOptions } from './columns.ts';

/** Renders the scan of an artifact: its platforms, and for each its findings grouped by severity, worst first. */
export function* renderScanReport(report: ScanReport, options: RenderListOptions): Generator<string> {
  const { colors, columns } = options;
  const digest = columns === undefined ? report.digest : shortDigest(report.digest);
  yield wrap(
    `${colors.bold(sanitizeLine(withTags(report.repository, report.tags)))}  ${colors.dim(sanitizeLine(digest))}`,
    columns,
  );
  for (const image of report.images) {
    yield wrap(headline(image, options), columns);
    if (image.findings.length > 0) yield* findingLines(image, options);
  }
}

function headline(image: ImageScan, { colors, columns, now }: RenderListOptions): string {
  const { platform, state, reason, note, scanner, finished, counts, fixable, findings } = image;
  const none = state === 'findings' && findings.length === 0 ? ', but none passes the filter' : '';
  const parts =
    findings.length > 0
      ? [`${countFindings(findings)}, ${fixable} with a fix (${paintCounts(formatCounts(counts), colors)})`]
      : [`${paintState(state, colors)}${none}`];
  if (reason !== undefined) parts.push(sanitizeLine(reason));
  if (note !== undefined) parts.push(sanitizeLine(note));
  if (scanner !== undefined) parts.push(sanitizeLine(`${scanner.name} ${scanner.version}`.trim()));
  if (finished !== undefined) {
    const age = formatAge(now.getTime() - Date.parse(finished));
    parts.push(columns === undefined ? sanitizeLine(finished) : `${age} ago`);
  }
  return `${colors.bold(sanitizeLine(platform))}: ${parts.join('; ')}`;
}

/** A finding is one vulnerability in one package. `32 findings (21 IDs in 12 packages)` when they differ in number. */
function countFindings(findings: readonly Finding[]): string {
  const text = findings.length === 1 ? '1 finding' : `${findings.length} findings`;
  const ids = new Set(findings.map(({ id }) => id)).size;
  if (ids === findings.length) return text;
  const packages = new Set(findings.map((finding) => finding.package)).size;
  return `${text} (${ids} ${ids === 1 ? 'ID' : 'IDs'} in ${packages} ${packages === 1 ? 'package' : 'packages'})`;
}

function* findingLines({ findings, counts }: ImageScan, options: RenderListOptions): Generator<string> {
  const { colors, columns: width } = options;
  const isTerminal = width !== undefined;
  const columns: TableColumn<Finding>[] = [
    // Without a terminal each line is complete, so that grep finds all of it.
    ...(isTerminal ? [] : [{ head: 'SEVERITY', cell: ({ severity }: Finding) => severity }]),
    { head: isTerminal ? '  ID' : 'ID', cell: ({ id }) => (isTerminal ? `  ${id}` : id) },
    { head: 'PACKAGE', cell: (finding) => finding.package, minWidth: 12 },
    { head: 'VERSION', cell: ({ version }) => version, minWidth: 10, dropOrder: 2 },
    {
      head: 'FIXED IN',
      cell: ({ fixVersion, status }) => fixVersion ?? unfixedLabel(status) ?? '-',
      paint: (text, { fixVersion }) => (fixVersion === undefined ? colors.dim(text) : colors.green(text)),
      minWidth: 10,
    },
    { head: 'SCORE', cell: ({ score }) => score?.toFixed(1) ?? '', dropOrder: 3 },
  ];
  const title = titleColumn(findings, columns, width);
  const lines = fittingTable(findings, [...columns, ...title], { width, colors });
  let group: Finding['severity'] | undefined;
  // The first line is the heading.
  let at = -1;
  for (const line of lines) {
    const severity = findings[at++]?.severity;
    if (isTerminal && severity !== undefined && severity !== group) {
      yield severityColor(severity, colors)(`${severity.toUpperCase()} (${counts[severity]})`);
      group = severity;
    }
    yield line;
  }
}

/** The column is omitted when it would be narrower than this. */
const MIN_TITLE_WIDTH = 24;

/** The first line of the description, in the space that the other columns leave. */
function titleColumn(
  findings: readonly Finding[],
  columns: readonly TableColumn<Finding>[],
  width: number | undefined,
): TableColumn<Finding>[] {
  const title = ({ description }: Finding): string => sanitizeLine(description.trim().split('\n', 1)[0] ?? '');
  if (width === undefined) return [{ head: 'TITLE', cell: title }];
  const others = columns.reduce((sum, { head, cell }) => {
    const widest = findings.reduce((most, finding) => Math.max(most, cell(finding).length), head.length);
    return sum + widest + 2;
  }, 0);
  const space = width - others;
  if (space < MIN_TITLE_WIDTH) return [];
  return [{ head: 'TITLE', cell: (finding) => clipEnd(title(finding), space) }];
}
