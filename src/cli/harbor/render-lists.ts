import { formatBytes } from '../../lib/text/bytes.ts';
import { formatAge } from '../../lib/text/duration.ts';
import { shortDigest } from '../../lib/text/words.ts';
import type { HarborArtifact, HarborRepo } from '../../obj-docker/harbor/lists.ts';
import type { ScanSummary } from '../../obj-docker/harbor/scan-summary.ts';
import { clipList, fittingTable, type TableColumn } from '../../terminal/fitting-table.ts';
import { formatCounts, paintCounts, stateColor } from '../../terminal/severity.ts';
import type { Colors } from '../framework/output.ts';

export interface RenderListOptions {
  /** The terminal's width; undefined for what is no terminal. */
  readonly columns: number | undefined;
  readonly colors: Colors;
  readonly now: Date;
}

/** Repositories as a table that fits the terminal. */
export function renderRepos(
  repos: readonly HarborRepo[],
  { columns: width, colors, now, scan }: RenderListOptions & { readonly scan: boolean },
): string {
  const newest: TableColumn<HarborRepo> = {
    head: 'NEWEST',
    cell: ({ newest }) => (newest === undefined ? '' : nameOf(newest, shortDigest)),
    whole: ({ newest }) => (newest === undefined ? '' : nameOf(newest, (digest) => digest)),
    floor: 10,
    spare: 1,
  };
  const columns: TableColumn<HarborRepo>[] = [
    { head: 'REPOSITORY', cell: ({ name }) => name, floor: 20 },
    { head: 'ARTIFACTS', cell: ({ artifactCount }) => String(artifactCount), spare: 2 },
    timeColumn('LAST PUSH', ({ newest }) => newest?.pushed, now),
    { head: 'PULLS', cell: ({ pullCount }) => String(pullCount), spare: 4 },
    ...(scan ? [newest, ...scanColumns<HarborRepo>(({ newest }) => newest?.scan, colors)] : []),
  ];
  return [...fittingTable(repos, columns, { width, colors })].join('\n');
}

/** A line of the table of artifacts: one of them, or what belongs to the one above it. */
type ArtifactRow =
  | { readonly artifact: HarborArtifact }
  | { readonly accessory: HarborArtifact['accessories'][number] };

/** Artifacts as a table that fits the terminal, each followed by its signatures and SBOMs. */
export function renderArtifacts(
  artifacts: readonly HarborArtifact[],
  { columns: width, colors, now }: RenderListOptions,
): string {
  const rows = artifacts.flatMap((artifact): ArtifactRow[] => [
    { artifact },
    ...artifact.accessories.map((accessory) => ({ accessory })),
  ]);
  const of = (read: (artifact: HarborArtifact) => string) => (row: ArtifactRow) =>
    'artifact' in row ? read(row.artifact) : '';
  const columns: TableColumn<ArtifactRow>[] = [
    {
      head: 'DIGEST',
      cell: (row) => ('artifact' in row ? shortDigest(row.artifact.digest) : `└ ${shortDigest(row.accessory.digest)}`),
      whole: (row) => ('artifact' in row ? row.artifact.digest : `└ ${row.accessory.digest}`),
      paint: (text, row) => ('artifact' in row ? text : colors.dim(text)),
    },
    {
      head: 'TAGS',
      cell: (row) => ('artifact' in row ? tagsOf(row.artifact) : row.accessory.type),
      paint: (text, row) => ('artifact' in row ? text : colors.dim(text)),
      floor: 12,
      clip: clipList,
    },
    { head: 'PLATFORMS', cell: of(platformsOf), floor: 14, clip: clipList, spare: 2 },
    {
      head: 'SIZE',
      cell: (row) => formatBytes('artifact' in row ? row.artifact.size : row.accessory.size),
      whole: (row) => String('artifact' in row ? row.artifact.size : row.accessory.size),
      spare: 4,
    },
    timeColumn('PUSHED', (row) => ('artifact' in row ? row.artifact.pushed : undefined), now),
    ...scanColumns<ArtifactRow>((row) => ('artifact' in row ? row.artifact.scan : undefined), colors),
  ];
  return [...fittingTable(rows, columns, { width, colors })].join('\n');
}

function timeColumn<Row>(head: string, timeOf: (row: Row) => string | undefined, now: Date): TableColumn<Row> {
  return {
    head,
    cell: (row) => {
      const time = timeOf(row);
      return time === undefined ? '' : `${formatAge(now.getTime() - Date.parse(time), { short: true })} ago`;
    },
    whole: (row) => timeOf(row) ?? '',
    spare: 3,
  };
}

function scanColumns<Row>(scanOf: (row: Row) => ScanSummary | undefined, colors: Colors): TableColumn<Row>[] {
  return [
    {
      head: 'SCAN',
      cell: (row) => scanOf(row)?.state ?? '',
      paint: (text, row) => {
        const state = scanOf(row)?.state;
        return state === undefined ? text : stateColor(state, colors)(text);
      },
    },
    {
      head: 'FINDINGS',
      cell: (row) => formatCounts(scanOf(row)?.counts ?? NOTHING),
      paint: (text) => paintCounts(text, colors),
    },
    {
      head: 'FIXABLE',
      cell: (row) => {
        const { state, fixable } = scanOf(row) ?? {};
        return state === 'findings' ? String(fixable) : '';
      },
      spare: 5,
    },
  ];
}

const NOTHING = { critical: 0, high: 0, medium: 0, low: 0, negligible: 0, unknown: 0 };

function nameOf({ tags, digest }: HarborArtifact, format: (digest: string) => string): string {
  return tags[0]?.name ?? format(digest);
}

function tagsOf({ tags }: HarborArtifact): string {
  return tags.map(({ name, immutable }) => (immutable ? `${name} (immutable)` : name)).join(', ');
}

function platformsOf({ platform, children, type }: HarborArtifact): string {
  if (children === undefined) return platform ?? type.toLowerCase();
  return children.flatMap((child) => child.platform ?? []).join(', ');
}
