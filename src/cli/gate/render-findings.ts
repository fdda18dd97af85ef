import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { unfixedLabel } from '../../model/labels.ts';
import type { AllowedFinding, EvaluatedFinding, ImageVerdict } from '../../model/verdict.ts';
import { clipList, fittingTable, type TableColumn } from '../../terminal/fitting-table.ts';
import type { Colors } from '../../terminal/output-stream.ts';
import { severityColor } from '../../terminal/severity.ts';
import { wrap } from '../../terminal/wrap.ts';
import type { FindingGroup } from './share-findings.ts';

const DEFAULT_LIMIT = 15;

export interface RenderFindingsOptions {
  /** The terminal's width; undefined when the output is not a terminal. */
  readonly columns: number | undefined;
  readonly colors: Colors;
  /** How many findings of an image are listed at most. @default 15 */
  readonly limit?: number | undefined;
  /** The reference that a command accepts for an image. @default its repository and digest */
  readonly referenceOf?: ((image: ImageVerdict) => string) | undefined;
}

/** A reference to exactly this image, whatever its tags point to later. */
export function digestReference({ repository, digest }: ImageVerdict): string {
  return `${repository}@${digest}`;
}

/** The findings that reject an image or a group of images, worst first, as a table. */
export function* renderRejecting(
  { images, rejecting }: FindingGroup,
  options: RenderFindingsOptions,
): Generator<string> {
  const { colors, columns: width, limit = DEFAULT_LIMIT, referenceOf = digestReference } = options;
  const [image] = images;
  if (rejecting.length === 0 || image === undefined) return;
  const platforms = Math.max(...images.map((one) => one.platforms.length));
  const columns: TableColumn<EvaluatedFinding>[] = [
    {
      head: '  SEVERITY',
      cell: ({ severity }) => `  ${severity}`,
      paint: (text, { severity }) => severityColor(severity, colors)(text),
    },
    { head: 'ID', cell: ({ id }) => id, minWidth: 16 },
    { head: 'PACKAGE', cell: (finding) => finding.package, minWidth: 12 },
    { head: 'VERSION', cell: ({ version }) => version, minWidth: 10, dropOrder: 1 },
    {
      head: 'FIXED IN',
      cell: ({ fixVersion, status }) => fixVersion ?? unfixedLabel(status) ?? '-',
      paint: (text, { fixVersion }) => (fixVersion === undefined ? colors.dim(text) : colors.green(text)),
      minWidth: 10,
    },
    // The column is useful only when some platform does not have a finding.
    ...(platforms > 1 && rejecting.some((finding) => finding.platforms.length < platforms)
      ? [
          {
            head: 'PLATFORMS',
            cell: (finding: EvaluatedFinding) => finding.platforms.join(', '),
            clip: clipList,
            minWidth: 14,
            dropOrder: 2,
          },
        ]
      : []),
  ];
  yield* fittingTable(rejecting.slice(0, limit), columns, { width, colors });
  const hidden = rejecting.length - limit;
  if (hidden > 0) {
    const command = `objdocker harbor-scan ${sanitizeLine(referenceOf(image))}`;
    yield wrap(`  and ${hidden} more ${hidden === 1 ? 'finding' : 'findings'}: ${command}`, width);
  }
}

/** The findings that the allow-list excuses in an image or a group of images: one line for each ID. */
export function* renderAllowed(
  { allowed }: FindingGroup,
  { colors, columns, limit = DEFAULT_LIMIT }: RenderFindingsOptions,
): Generator<string> {
  const byId = new Map<string, AllowedFinding[]>();
  for (const finding of allowed) {
    const found = byId.get(finding.id);
    if (found === undefined) byId.set(finding.id, [finding]);
    else found.push(finding);
  }
  for (const findings of [...byId.values()].slice(0, limit)) {
    const [first] = findings;
    if (first === undefined) continue;
    const { id, severity, reason, until } = first;
    const others = new Set(findings.map((finding) => finding.package)).size - 1;
    const also = others === 0 ? '' : ` and ${others} more ${others === 1 ? 'package' : 'packages'}`;
    const term = until === undefined ? '' : `, until ${until}`;
    const what = sanitizeLine(`${id} (${severity}, in ${first.package}${also})${term}: ${reason}`);
    yield wrap(`  ${colors.cyan('allowed:')} ${what}`, columns);
  }
  const hidden = byId.size - limit;
  if (hidden > 0) yield `  and ${hidden} more allowed ${hidden === 1 ? 'ID' : 'IDs'}`;
}
