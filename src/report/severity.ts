import { formatNumber, joinWords } from '../lib/text/words.ts';
import { FINDING_SEVERITIES, type FindingSeverity } from '../model/enums.ts';
import type { SeverityCounts } from '../model/scan-report.ts';

/** 0 is the worst. */
export function severityRank(severity: FindingSeverity): number {
  return FINDING_SEVERITIES.indexOf(severity);
}

/** `2 critical, 1 high and 5 low`; empty when all are 0. */
export function describeCounts(counts: SeverityCounts): string {
  const present = FINDING_SEVERITIES.filter((severity) => counts[severity] > 0);
  return joinWords(present.map((severity) => `${formatNumber(counts[severity])} ${severity}`));
}
