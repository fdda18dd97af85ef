import { sanitizeLine } from '../../lib/text/sanitize.ts';
import type { AllowedFinding, EvaluatedFinding, ImageVerdict } from '../../model/verdict.ts';
import { clipList, fittingTable, type TableColumn } from '../../terminal/fitting-table.ts';
import { severityColor } from '../../terminal/severity.ts';
import { wrap } from '../../terminal/wrap.ts';
import type { RenderVerdictOptions } from './render-verdict.ts';
import type { FindingGroup } from './shared-findings.ts';

const MOST = 15;

/** The reference of an image that no tag can be moved away from. */
export function digestReference({ repository, digest }: ImageVerdict): string {
  return `${repository}@${digest}`;
}

/** What rejects an image, or several, worst first, as a table. */
export function* rejectingLines({ images, rejecting }: FindingGroup, options: RenderVerdictOptions): Generator<string> {
  const { colors, columns, most = MOST, referenceOf = digestReference } = options;
  const [image] = images;
  if (rejecting.length === 0 || image === undefined) return;
  const platforms = Math.max(...images.map((one) => one.platforms.length));
  const columnsOf: TableColumn<EvaluatedFinding>[] = [
    {
      head: '  SEVERITY',
      cell: ({ severity }) => `  ${severity}`,
      paint: (text, { severity }) => severityColor(severity, colors)(text),
    },
    { head: 'ID', cell: ({ id }) => id, floor: 16 },
    { head: 'PACKAGE', cell: (finding) => finding.package, floor: 12 },
    { head: 'VERSION', cell: ({ version }) => version, floor: 10, spare: 1 },
    {
      head: 'FIXED IN',
      cell: ({ fixVersion }) => fixVersion ?? '-',
      paint: (text, { fixVersion }) => (fixVersion === undefined ? colors.dim(text) : colors.green(text)),
      floor: 10,
    },
    // Where all of them have it, there is nothing to tell.
    ...(platforms > 1 && rejecting.some((finding) => finding.platforms.length < platforms)
      ? [
          {
            head: 'PLATFORMS',
            cell: (finding: EvaluatedFinding) => finding.platforms.join(', '),
            clip: clipList,
            floor: 14,
            spare: 2,
          },
        ]
      : []),
  ];
  yield* fittingTable(rejecting.slice(0, most), columnsOf, { width: columns, colors });
  const hidden = rejecting.length - most;
  if (hidden > 0) {
    yield wrap(`  and ${hidden} more: objdocker harbor-scan ${sanitizeLine(referenceOf(image))}`, columns);
  }
}

/** What would reject an image, or several, and is accepted: an entry of the allow-list a line. */
export function* allowedLines(
  { allowed }: FindingGroup,
  { colors, columns, most = MOST }: RenderVerdictOptions,
): Generator<string> {
  const byEntry = new Map<string, AllowedFinding[]>();
  for (const finding of allowed) {
    const found = byEntry.get(finding.id);
    if (found === undefined) byEntry.set(finding.id, [finding]);
    else found.push(finding);
  }
  for (const [first, ...others] of [...byEntry.values()].slice(0, most)) {
    if (first === undefined) continue;
    const { id, severity, reason, until } = first;
    const also = others.length === 0 ? '' : ` and ${others.length} more`;
    const term = until === undefined ? '' : `, until ${until}`;
    const what = sanitizeLine(`${id} (${severity}, in ${first.package}${also})${term}: ${reason}`);
    yield wrap(`  ${colors.cyan('allowed:')} ${what}`, columns);
  }
  const hidden = byEntry.size - most;
  if (hidden > 0) yield `  and ${hidden} more that are allowed`;
}
