import type { Finding } from '../../model/scan-report.ts';
import { type MutableCounts, noCounts } from '../../model/severity-counts.ts';
import type { GateMark, GateMarks } from '../gate-marks.ts';
import { severityRank } from '../severity.ts';

/** One vulnerability in one version of a package, with the images that have it. */
export interface FindingRow {
  readonly finding: Finding;
  /** Positions in the page's list of images, ascending. */
  readonly images: readonly number[];
  /** The verdict of the gate on it; absent when it does not affect the verdict, and without a gate. */
  readonly gate?: RowGate;
}

export type RowGate = 'rejects' | 'allowed';

/**
 * Merges the findings of several images, worst first. Services on one base image share most of their findings, and one upgrade
 * fixes them all.
 */
export function mergeFindings(
  images: readonly { readonly findings: readonly Finding[] }[],
  marks?: GateMarks,
): FindingRow[] {
  const rows = images.length === 1 ? alone(images[0]?.findings ?? []) : merged(images);
  rows.sort(byDefault);
  return marks === undefined ? rows : rows.map((row) => marked(row, marks(row.finding)));
}

function marked(row: FindingRow, mark: GateMark | undefined): FindingRow {
  return mark === undefined ? row : { ...row, gate: mark === 'rejects' ? mark : 'allowed' };
}

const FIRST: readonly number[] = [0];

// One image has nothing to merge. An index of 200,000 findings would need much memory.
function alone(findings: readonly Finding[]): FindingRow[] {
  return findings.map((finding) => ({ finding, images: FIRST }));
}

function merged(images: readonly { readonly findings: readonly Finding[] }[]): FindingRow[] {
  const rows = new Map<string, { finding: Finding; images: number[] }>();
  for (const [image, { findings }] of images.entries()) {
    for (const finding of findings) {
      const key = [
        finding.severity,
        finding.id,
        finding.package,
        finding.version,
        finding.fixVersion,
        finding.status,
      ].join('\0');
      const known = rows.get(key);
      if (known === undefined) rows.set(key, { finding, images: [image] });
      else if (known.images.at(-1) !== image) known.images.push(image);
    }
  }
  return [...rows.values()];
}

/** How many rows there are of each severity. */
export function countRows(rows: readonly FindingRow[]): MutableCounts {
  const counts = noCounts();
  for (const { finding } of rows) counts[finding.severity]++;
  return counts;
}

function byDefault(a: FindingRow, b: FindingRow): number {
  return (
    severityRank(a.finding.severity) - severityRank(b.finding.severity) ||
    (b.finding.score ?? -1) - (a.finding.score ?? -1) ||
    compare(a.finding.package, b.finding.package) ||
    compare(a.finding.id, b.finding.id)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
