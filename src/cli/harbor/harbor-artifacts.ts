import { formatBytes } from '../../lib/text/bytes.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { shortDigest } from '../../lib/text/words.ts';
import { accessoryName } from '../../model/accessory-name.ts';
import type { HarborArtifact } from '../../model/harbor.ts';
import { clipList, fittingTable, type TableColumn } from '../../terminal/fitting-table.ts';
import type { CommandBody } from '../framework/command.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { type RenderListOptions, scanColumns, timeColumn } from './columns.ts';
import { openHarbor } from './open-harbor.ts';

/** `objdocker harbor-artifacts REPO`: lists the artifacts of a repository with the state of their scans. */
export const run: CommandBody = async (context, [repo = '']) => {
  const { output, environment } = context;
  const pkg = await context.selectPackage();
  const artifacts: HarborArtifact[] = [];
  await using harbor = openHarbor(context, pkg);
  const list = harbor.listArtifacts(repo, {
    signal: context.signal,
    onIncomplete: (reason) => output.warn(reason),
  });
  for await (const artifact of list) artifacts.push(artifact);
  if (output.quiet) for (const { digest } of artifacts) output.print(sanitizeLine(digest));
  else if (artifacts.length > 0)
    output.print(
      renderArtifacts(artifacts, { columns: output.columns, colors: output.colors, now: environment.now() }),
    );
  else output.info('no artifacts: all of them were deleted');
  output.printJson('harbor-artifacts', { items: artifacts, total: artifacts.length });
  return ExitCode.done;
};

/** An artifact, or an accessory in a line of its own below its artifact. */
type ArtifactRow =
  | { readonly artifact: HarborArtifact }
  | { readonly accessory: HarborArtifact['accessories'][number] };

function renderArtifacts(
  artifacts: readonly HarborArtifact[],
  { columns: width, colors, now }: RenderListOptions,
): string {
  const rows = artifacts.flatMap((artifact): ArtifactRow[] => [
    { artifact },
    ...artifact.accessories.map((accessory) => ({ accessory })),
  ]);
  const ofArtifact = (read: (artifact: HarborArtifact) => string) => (row: ArtifactRow) =>
    'artifact' in row ? read(row.artifact) : '';
  const columns: TableColumn<ArtifactRow>[] = [
    {
      head: 'DIGEST',
      cell: (row) => ('artifact' in row ? shortDigest(row.artifact.digest) : `└ ${shortDigest(row.accessory.digest)}`),
      fullCell: (row) => ('artifact' in row ? row.artifact.digest : `└ ${row.accessory.digest}`),
      paint: (text, row) => ('artifact' in row ? text : colors.dim(text)),
    },
    {
      head: 'TAGS',
      cell: (row) => ('artifact' in row ? formatTags(row.artifact) : accessoryName(row.accessory)),
      paint: (text, row) => ('artifact' in row ? text : colors.dim(text)),
      minWidth: 12,
      clip: clipList,
    },
    { head: 'PLATFORMS', cell: ofArtifact(formatPlatforms), minWidth: 14, clip: clipList, dropOrder: 2 },
    {
      head: 'SIZE',
      cell: (row) => formatBytes('artifact' in row ? row.artifact.size : row.accessory.size),
      fullCell: (row) => String('artifact' in row ? row.artifact.size : row.accessory.size),
      dropOrder: 4,
    },
    timeColumn('PUSHED', (row) => ('artifact' in row ? row.artifact.pushed : undefined), { now, dropOrder: 3 }),
    ...scanColumns<ArtifactRow>((row) => ('artifact' in row ? row.artifact.scan : undefined), colors),
  ];
  return [...fittingTable(rows, columns, { width, colors })].join('\n');
}

function formatTags({ tags }: HarborArtifact): string {
  return tags.map(({ name, immutable }) => (immutable ? `${name} (immutable)` : name)).join(', ');
}

/** The platforms of an index, the platform of an image, or the type of any other artifact. */
function formatPlatforms({ platform, children, type }: HarborArtifact): string {
  if (children === undefined) return platform ?? type.toLowerCase();
  return children.flatMap((child) => child.platform ?? []).join(', ');
}
