import { formatAge } from '../../lib/text/duration.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { shortDigest } from '../../lib/text/words.ts';
import type { Finding, ImageScan, ScanReport } from '../../model/scan-report.ts';
import { fittingTable, type TableColumn } from '../../terminal/fitting-table.ts';
import { formatCounts, paintCounts, severityColor, stateColor } from '../../terminal/severity.ts';
import { clipEnd } from '../../terminal/width.ts';
import { wrap } from '../../terminal/wrap.ts';
import type { Colors } from '../framework/output.ts';

export interface RenderScanOptions {
  /** The terminal's width; undefined for what is no terminal. */
  readonly columns: number | undefined;
  readonly colors: Colors;
  readonly now: Date;
}

/** The scan of an artifact, platform by platform, findings grouped by severity, worst first. */
export function* renderScanReport(report: ScanReport, options: RenderScanOptions): Generator<string> {
  const { colors, columns } = options;
  const tags = report.tags.length === 0 ? '' : `:${report.tags.join(', :')}`;
  const digest = columns === undefined ? report.digest : shortDigest(report.digest);
  yield wrap(
    `${colors.bold(sanitizeLine(`${report.repository}${tags}`))}  ${colors.dim(sanitizeLine(digest))}`,
    columns,
  );
  for (const image of report.images) {
    yield wrap(headline(image, options), columns);
    if (image.findings.length > 0) yield* findingLines(image, options);
  }
}

function headline(image: ImageScan, { colors, columns, now }: RenderScanOptions): string {
  const { platform, state, reason, scanner, finished, counts, fixable, findings } = image;
  const number = findings.length === 1 ? '1 finding' : `${findings.length} findings`;
  const shown = state === 'findings' && findings.length === 0 ? ', none of which is shown' : '';
  const parts =
    findings.length > 0
      ? [`${number}, ${fixable} with a fix (${paintCounts(formatCounts(counts), colors)})`]
      : [`${stateColor(state, colors)(state)}${shown}`];
  if (reason !== undefined) parts.push(sanitizeLine(reason));
  if (scanner !== undefined) parts.push(sanitizeLine(`${scanner.name} ${scanner.version}`.trim()));
  if (finished !== undefined) {
    const age = formatAge(now.getTime() - Date.parse(finished));
    parts.push(columns === undefined ? sanitizeLine(finished) : `${age} ago`);
  }
  return `${colors.bold(sanitizeLine(platform))}: ${parts.join('; ')}`;
}

function* findingLines({ findings, counts }: ImageScan, options: RenderScanOptions): Generator<string> {
  const { colors, columns: width } = options;
  const isTerminal = width !== undefined;
  const columns: TableColumn<Finding>[] = [
    // Elsewhere a line says by itself what it is about: it may be the only one that a search shows.
    ...(isTerminal ? [] : [{ head: 'SEVERITY', cell: ({ severity }: Finding) => severity }]),
    { head: isTerminal ? '  ID' : 'ID', cell: ({ id }) => (isTerminal ? `  ${id}` : id) },
    { head: 'PACKAGE', cell: (finding) => finding.package, floor: 12 },
    { head: 'VERSION', cell: ({ version }) => version, floor: 10, spare: 2 },
    {
      head: 'FIXED IN',
      cell: ({ fixVersion }) => fixVersion ?? '-',
      paint: (text, { fixVersion }) => (fixVersion === undefined ? colors.dim(text) : colors.green(text)),
      floor: 10,
    },
    { head: 'SCORE', cell: ({ score }) => score?.toFixed(1) ?? '', spare: 3 },
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

/** The narrowest room in which the beginning of a description says something. */
const TITLE = 24;

/** What a finding is about, where the other columns leave room for it. */
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
  const room = width - others;
  if (room < TITLE) return [];
  return [{ head: 'TITLE', cell: (finding) => clipEnd(title(finding), room) }];
}
