import type { FindingSeverity, GateOutcome, ScanState, UnfixedStatus } from './enums.ts';

// The words of the enumerations for people, on the terminal and in every report. JSON has the values themselves.

export const SEVERITY_LABELS: Readonly<Record<FindingSeverity, string>> = {
  critical: 'Critical',
  high: 'High',
  medium: 'Medium',
  low: 'Low',
  negligible: 'Negligible',
  unknown: 'Unknown',
};

export const SCAN_STATE_LABELS: Readonly<Record<ScanState, string>> = {
  'scanner-down': 'Scanner down',
  failed: 'Scan failed',
  running: 'Scan running',
  'not-scanned': 'Not scanned',
  unsupported: 'Cannot be scanned',
  findings: 'Findings',
  empty: 'Nothing to examine',
  clean: 'Clean',
};

export const GATE_LABELS: Readonly<Record<GateOutcome, string>> = {
  'scanner-down': 'Scanner down',
  'scan-failed': 'Scan failed',
  'timed-out': 'Timed out',
  'not-scanned': 'Not scanned',
  'report-too-old': 'Report too old',
  rejected: 'Rejected',
  passed: 'Passed',
};

const UNFIXED_LABELS: Readonly<Record<string, string>> = {
  under_investigation: 'under investigation',
  will_not_fix: 'will not be fixed',
  fix_deferred: 'fix deferred',
  end_of_life: 'end of life',
  not_affected: 'not affected',
} satisfies Partial<Record<UnfixedStatus, string>>;

/** What a distribution says about a finding without a fix; undefined when it says no more than that there is none. */
export function unfixedLabel(status: string | undefined): string | undefined {
  return status === undefined ? undefined : UNFIXED_LABELS[status];
}
