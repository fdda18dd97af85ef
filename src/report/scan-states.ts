import { isScanned, type ScannedState, type ScanState } from '../model/enums.ts';

/** What the reader can do about each state without a result. */
const ADVICE: Readonly<Record<Exclude<ScanState, ScannedState>, string>> = {
  'scanner-down': 'Start the scanner or correct its address, then scan again.',
  failed: "Look at the scan's log in the registry, then scan again.",
  running: 'Wait for it to end, then create this report again.',
  'not-scanned': 'Start a scan, wait for it to end, then create this report again.',
  unsupported: 'Only images can be scanned: scan the image that it belongs to.',
};

/** What to do about a state without a result; empty for a state with a result. */
export function adviceFor(state: ScanState): string {
  return isScanned(state) ? '' : ADVICE[state];
}
