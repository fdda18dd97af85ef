import { FINDING_SEVERITIES, type FindingSeverity } from '../../model/enums.ts';
import type { Finding, SeverityCounts } from '../../model/scan-report.ts';
import { type MutableCounts, noCounts, total } from '../../model/severity-counts.ts';
import { severityRank } from '../severity.ts';
import type { FindingRow } from './finding-rows.ts';

/** A version of a package with all its findings, which one upgrade may fix. */
export interface PackageGroup {
  readonly package: string;
  readonly version: string;
  readonly worst: FindingSeverity;
  /** The worst severity that has a fix; undefined without a fix. */
  readonly worstFixable?: FindingSeverity;
  readonly total: number;
  readonly counts: SeverityCounts;
  /** The number of findings with a fix. */
  readonly fixable: number;
  /** Each version that fixes findings with their number, the one that fixes most first. */
  readonly fixes: readonly { readonly version: string; readonly fixed: number }[];
  /** Positions in the page's list of images, ascending. */
  readonly images: readonly number[];
}

/** The findings by package and version, worst first. */
export function groupByPackage(rows: readonly FindingRow[]): PackageGroup[] {
  const tallies = new Map<string, Tally>();
  for (const { finding, images } of rows) {
    const key = `${finding.package}\0${finding.version}`;
    const tally = tallies.get(key) ?? emptyTally(finding);
    tallies.set(key, tally);
    tally.counts[finding.severity]++;
    if (finding.fixVersion !== undefined) {
      tally.fixes.set(finding.fixVersion, (tally.fixes.get(finding.fixVersion) ?? 0) + 1);
      tally.fixable[finding.severity]++;
    }
    for (const image of images) tally.images.add(image);
  }
  return Array.from(tallies.values(), summarize).sort(byWorst);
}

interface Tally {
  readonly finding: Finding;
  readonly counts: MutableCounts;
  readonly fixable: MutableCounts;
  readonly fixes: Map<string, number>;
  readonly images: Set<number>;
}

function emptyTally(finding: Finding): Tally {
  return { finding, counts: noCounts(), fixable: noCounts(), fixes: new Map(), images: new Set() };
}

function summarize({ finding, counts, fixable, fixes, images }: Tally): PackageGroup {
  const worstFixable = worstOf(fixable);
  return {
    package: finding.package,
    version: finding.version,
    worst: worstOf(counts) ?? 'unknown',
    ...(worstFixable === undefined ? {} : { worstFixable }),
    total: total(counts),
    counts,
    fixable: total(fixable),
    fixes: [...fixes].map(([version, fixed]) => ({ version, fixed })).sort((a, b) => b.fixed - a.fixed),
    images: [...images].sort((a, b) => a - b),
  };
}

function worstOf(counts: SeverityCounts): FindingSeverity | undefined {
  return FINDING_SEVERITIES.find((severity) => counts[severity] > 0);
}

function byWorst(a: PackageGroup, b: PackageGroup): number {
  return severityRank(a.worst) - severityRank(b.worst) || b.counts[a.worst] - a.counts[b.worst] || b.total - a.total;
}
