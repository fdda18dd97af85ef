import { FINDING_SEVERITIES, type FindingSeverity } from '../scan-report.ts';
import type { FindingRow } from './finding-rows.ts';
import { type MutableCounts, noCounts, severityRank, total } from './severity.ts';

/** What one upgrade is about: a version of a package, and all that was found in it. */
export interface PackageGroup {
  readonly package: string;
  readonly version: string;
  readonly worst: FindingSeverity;
  /** The worst of what can be mended; undefined when nothing can. */
  readonly worstFixable?: FindingSeverity;
  readonly total: number;
  readonly counts: Readonly<MutableCounts>;
  /** How many of the findings have a version that mends them. */
  readonly fixable: number;
  /** Each version that mends something with how much, the one that mends most first. */
  readonly fixes: readonly { readonly version: string; readonly mends: number }[];
  /** Positions in the page's list of images, ascending. */
  readonly images: readonly number[];
}

/** The findings by package and version: worst first, then what mends most. */
export function groupByPackage(rows: readonly FindingRow[]): PackageGroup[] {
  const groups = new Map<string, FindingRow[]>();
  for (const row of rows) {
    const key = `${row.finding.package}\0${row.finding.version}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()].map(summarise).sort(byWorst);
}

function summarise(rows: readonly FindingRow[]): PackageGroup {
  const counts = noCounts();
  const fixable = noCounts();
  const fixes = new Map<string, number>();
  const images = new Set<number>();
  for (const { finding, images: found } of rows) {
    counts[finding.severity]++;
    if (finding.fixVersion !== undefined) {
      fixes.set(finding.fixVersion, (fixes.get(finding.fixVersion) ?? 0) + 1);
      fixable[finding.severity]++;
    }
    for (const image of found) images.add(image);
  }
  const mending = [...fixes].map(([version, mends]) => ({ version, mends })).sort((a, b) => b.mends - a.mends);
  const worstFixable = worstOf(fixable);
  return {
    package: rows[0]?.finding.package ?? '',
    version: rows[0]?.finding.version ?? '',
    worst: worstOf(counts) ?? 'unknown',
    ...(worstFixable === undefined ? {} : { worstFixable }),
    total: rows.length,
    counts,
    fixable: total(fixable),
    fixes: mending,
    images: [...images].sort((a, b) => a - b),
  };
}

function worstOf(counts: Readonly<MutableCounts>): FindingSeverity | undefined {
  return FINDING_SEVERITIES.find((severity) => counts[severity] > 0);
}

function byWorst(a: PackageGroup, b: PackageGroup): number {
  return severityRank(a.worst) - severityRank(b.worst) || b.counts[a.worst] - a.counts[b.worst] || b.total - a.total;
}
