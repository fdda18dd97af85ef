import { FINDING_SEVERITIES, type FindingSeverity, SCAN_STATES, type ScanState } from '../../model/enums.ts';
import type { Finding, ImageScan } from '../../model/scan-report.ts';
import type { ScanOverview } from './overview.ts';

/** What a scan overview comes to, in our words. */
export interface ScanSummary {
  readonly state: ScanState;
  readonly counts: ImageScan['counts'];
  readonly fixable: number;
}

/**
 * Reads a scan overview. Without one the state is `not-scanned`; whether it is the scanner's fault only the scanner tells
 * (`getScanner`): Harbor hides all overviews while a scanner is missing, disabled or down (FACTS, captures 060, 754, 813).
 */
export function summarize(overview: ScanOverview | undefined): ScanSummary {
  const counts = countNothing();
  for (const [severity, count] of Object.entries(overview?.counts ?? {})) counts[readSeverity(severity)] += count;
  return { state: stateOf(overview, counts), counts, fixable: overview?.fixable ?? 0 };
}

/** How many findings there are of each severity, and how many have a fix. */
export function count(findings: readonly Finding[]): Pick<ScanSummary, 'counts' | 'fixable'> {
  const counts = countNothing();
  let fixable = 0;
  for (const { severity, fixVersion } of findings) {
    counts[severity]++;
    if (fixVersion !== undefined) fixable++;
  }
  return { counts, fixable };
}

/** The worst of some states; `not-scanned` when the list is empty. */
export function worstState(states: readonly ScanState[]): ScanState {
  return SCAN_STATES.find((state) => states.includes(state)) ?? 'not-scanned';
}

/** A severity of Harbor as one of ours. Harbor calls negligible "None"; some scanners call it "Negligible". */
export function readSeverity(severity: string | null | undefined): FindingSeverity {
  const name = severity?.toLowerCase();
  if (name === 'none') return 'negligible';
  return FINDING_SEVERITIES.find((known) => known === name) ?? 'unknown';
}

function stateOf(overview: ScanOverview | undefined, counts: ImageScan['counts']): ScanState {
  switch (overview?.status) {
    case undefined:
      return 'not-scanned';
    case 'Success': {
      // A clean image has severity "None" and no counts at all; counts may also be missing where there are findings.
      const found = overview?.total ?? Object.values(counts).reduce((sum, each) => sum + each, 0);
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

function countNothing(): Record<FindingSeverity, number> {
  return { critical: 0, high: 0, medium: 0, low: 0, negligible: 0, unknown: 0 };
}
