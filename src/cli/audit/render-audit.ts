import { formatAge } from '../../lib/text/duration.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { shortDigest } from '../../lib/text/words.ts';
import type { AuditedImage, AuditedPackage, AuditReport } from '../../model/audit.ts';
import { describeHold, GATE_LABELS } from '../../model/labels.ts';
import { worstCounts } from '../../model/severity-counts.ts';
import { fittingTable, type TableColumn } from '../../terminal/fitting-table.ts';
import type { Colors } from '../../terminal/output-stream.ts';
import { formatCounts } from '../../terminal/severity.ts';
import { wrap } from '../../terminal/wrap.ts';

export interface RenderAuditOptions {
  /** The terminal's width; undefined when the output is not a terminal. */
  readonly columns: number | undefined;
  readonly colors: Colors;
  readonly now: Date;
}

/** What an audit found, package by package. */
export function* renderAudit({ packages }: AuditReport, options: RenderAuditOptions): Generator<string> {
  let isFirst = true;
  for (const each of packages) {
    if (!isFirst) yield '';
    isFirst = false;
    yield* renderPackage(each, options);
  }
}

function* renderPackage(audited: AuditedPackage, options: RenderAuditOptions): Generator<string> {
  const { columns: width, colors, now } = options;
  const { name, tags, held, differences, unknown } = audited;
  const released = tags.map(
    ({ tag, release, released }) =>
      `${tag} is release ${release} (${formatAge(now.getTime() - Date.parse(released))} ago)`,
  );
  const text = released.length === 0 ? 'nothing is released' : released.join(', ');
  yield colors.bold(wrap(sanitizeLine(`${name}: ${text}`), width));
  if (held !== undefined) yield wrap(`  ${colors.yellow('held')} ${sanitizeLine(describeHold(held))}`, width);
  if (audited.images.length > 0) yield* fittingTable(audited.images, imageColumns(options), { width, colors });
  for (const { kind, message } of differences) yield wrap(`${colors.red(kind)}  ${sanitizeLine(message)}`, width);
  for (const each of unknown) yield wrap(`${colors.yellow('not known')}  ${sanitizeLine(each)}`, width);
  if (differences.length + unknown.length === 0 && released.length > 0) yield colors.green('as it should be');
}

function imageColumns({ colors, now }: RenderAuditOptions): TableColumn<AuditedImage>[] {
  return [
    { head: 'SERVICE', cell: ({ service, repository }) => service ?? repository, minWidth: 10 },
    { head: 'TAGS', cell: ({ tags }) => tags.join(' '), minWidth: 8, dropOrder: 4 },
    { head: 'SINCE', cell: ({ since }) => String(since), dropOrder: 3 },
    {
      head: 'DIGEST',
      cell: ({ digest }) => shortDigest(digest),
      fullCell: ({ digest }) => digest,
      dropOrder: 1,
    },
    {
      head: 'FINDINGS',
      cell: ({ verdict }) =>
        verdict === undefined ? 'not scanned' : formatCounts(worstCounts(verdict.platforms)) || 'none',
      dropOrder: 2,
    },
    { head: 'REPORT', cell: (image) => ageOfReport(image, now), dropOrder: 5 },
    {
      head: 'VERDICT',
      cell: ({ verdict }) => (verdict === undefined ? 'not scanned' : GATE_LABELS[verdict.outcome].toLowerCase()),
      paint: (text, { verdict }) =>
        verdict === undefined ? text : verdict.outcome === 'passed' ? colors.green(text) : colors.red(text),
    },
  ];
}

/** The age of the oldest report among the platforms. */
function ageOfReport({ verdict }: AuditedImage, now: Date): string {
  const times = (verdict?.platforms ?? []).flatMap(({ finished }) =>
    finished === undefined ? [] : [Date.parse(finished)],
  );
  return times.length === 0 ? '' : `${formatAge(now.getTime() - Math.min(...times))} ago`;
}
