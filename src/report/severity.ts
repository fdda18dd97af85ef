import { formatNumber, joinWords } from '../lib/text/words.ts';
import { FINDING_SEVERITIES, type FindingSeverity } from '../model/enums.ts';

export const SEVERITY_LABELS: Readonly<Record<FindingSeverity, string>> = {
  critical: 'Critical',
  high: 'High',
  medium: 'Medium',
  low: 'Low',
  negligible: 'Negligible',
  unknown: 'Unknown',
};

/** 0 is the worst. */
export function severityRank(severity: FindingSeverity): number {
  return FINDING_SEVERITIES.indexOf(severity);
}

export type MutableCounts = Record<FindingSeverity, number>;

export function noCounts(): MutableCounts {
  return { critical: 0, high: 0, medium: 0, low: 0, negligible: 0, unknown: 0 };
}

export function total(counts: Readonly<MutableCounts>): number {
  return FINDING_SEVERITIES.reduce((sum, severity) => sum + counts[severity], 0);
}

/** `2 critical, 1 high and 5 low`; empty when all are 0. */
export function describeCounts(counts: Readonly<MutableCounts>): string {
  const present = FINDING_SEVERITIES.filter((severity) => counts[severity] > 0);
  return joinWords(
    present.map((severity) => `${formatNumber(counts[severity])} ${SEVERITY_LABELS[severity].toLowerCase()}`),
  );
}
