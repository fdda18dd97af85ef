import type { ScanState } from '../model/enums.ts';

/** The label of each state without a result, and what the reader can do about it. */
const WITHOUT_RESULT: Readonly<Record<Exclude<ScanState, 'clean' | 'findings'>, readonly [string, string]>> = {
  'scanner-down': ['Scanner down', 'Start the scanner or correct its address, then scan again.'],
  failed: ['Scan failed', "Look at the scan's log in the registry, then scan again."],
  running: ['Scan running', 'Wait for it to end, then create this report again.'],
  'not-scanned': ['Not scanned', 'Start a scan, wait for it to end, then create this report again.'],
};

/** The label of a state. */
export function stateName(state: ScanState): string {
  if (state === 'clean') return 'Clean';
  if (state === 'findings') return 'Findings';
  return WITHOUT_RESULT[state][0];
}

/** What to do about a state without a result; empty for a state with a result. */
export function adviceFor(state: ScanState): string {
  return state === 'clean' || state === 'findings' ? '' : WITHOUT_RESULT[state][1];
}
