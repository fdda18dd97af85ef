import { FINDING_SEVERITIES, type FindingSeverity } from './enums.ts';
import type { Finding, SeverityCounts } from './scan-report.ts';

/** {@link SeverityCounts} to add to. */
export type MutableCounts = Record<FindingSeverity, number>;

/** Zero findings of each severity. */
export function noCounts(): MutableCounts {
  return { critical: 0, high: 0, medium: 0, low: 0, negligible: 0, unknown: 0 };
}

/** How many findings there are of each severity. */
export function countSeverities(findings: Iterable<Pick<Finding, 'severity'>>): MutableCounts {
  const counts = noCounts();
  for (const { severity } of findings) counts[severity]++;
  return counts;
}

/** How many findings there are of each severity, and how many have a fix. */
export function countFindings(findings: readonly Finding[]): {
  readonly counts: SeverityCounts;
  readonly fixable: number;
} {
  return {
    counts: countSeverities(findings),
    fixable: findings.filter(({ fixVersion }) => fixVersion !== undefined).length,
  };
}

/** The findings of all severities. */
export function total(counts: SeverityCounts): number {
  return FINDING_SEVERITIES.reduce((sum, severity) => sum + counts[severity], 0);
}

/** The highest count of each severity among the platforms of an image, of which the same findings are usually on all. */
export function worstCounts(platforms: readonly { readonly counts: SeverityCounts }[]): MutableCounts {
  const worst = noCounts();
  for (const { counts } of platforms)
    for (const severity of FINDING_SEVERITIES) worst[severity] = Math.max(worst[severity], counts[severity]);
  return worst;
}
