import { FINDING_SEVERITIES, type FindingSeverity, SCAN_STATES, type ScanState } from '../../model/enums.ts';
import type { ScanSummary } from '../../model/harbor.ts';
import type { SeverityCounts } from '../../model/scan-report.ts';
import { noCounts, total } from '../../model/severity-counts.ts';
import type { ScanOverview } from './overview.ts';

/**
 * Summarizes a scan overview. Without one the state is `not-scanned`. `getScanner` finds out the reason: Harbor hides all
 * overviews while the scanner is missing, disabled or down (captures 060, 754, 813).
 */
export function summarize(overview: ScanOverview | undefined): Omit<ScanSummary, 'finished'> {
  const counts = noCounts();
  for (const [severity, count] of Object.entries(overview?.counts ?? {})) counts[readSeverity(severity)] += count;
  return { state: stateOf(overview, counts), counts, fixable: overview?.fixable ?? 0 };
}

/** The worst of these states; `unsupported` when the list is empty. */
export function worstState(states: readonly ScanState[]): ScanState {
  return SCAN_STATES.find((state) => states.includes(state)) ?? 'unsupported';
}

/** Translates a severity of Harbor. Harbor calls negligible "None"; some scanners call it "Negligible". */
export function readSeverity(severity: string | null | undefined): FindingSeverity {
  const name = severity?.toLowerCase();
  if (name === 'none') return 'negligible';
  return FINDING_SEVERITIES.find((known) => known === name) ?? 'unknown';
}

function stateOf(overview: ScanOverview | undefined, counts: SeverityCounts): ScanState {
  switch (overview?.status) {
    case undefined:
      return 'not-scanned';
    case 'Success': {
      // A clean image has severity "None" and no counts at all; counts may also be missing when there are findings.
      const found = overview?.total ?? total(counts);
      const bad = readSeverity(overview?.severity ?? 'None') !== 'negligible';
      return found > 0 || (overview?.total === undefined && bad) ? 'findings' : 'clean';
    }
    case 'Error':
    case 'Stopped':
      return 'failed';
    default:
      return 'running';
  }
}
