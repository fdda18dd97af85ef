import { formatTime } from '../lib/text/time.ts';
import type { FindingSeverity, GateOutcome, ScanState, ServiceAction, UnfixedStatus } from './enums.ts';
import type { ReleaseHold } from './release.ts';

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

/**
 * What a run does about a service: `unchanged (since release 41)`.
 *
 * @param built the word for an image that is built, `build` before it happens
 */
export function describeAction(
  { action, release }: { readonly action: ServiceAction; readonly release?: number | undefined },
  built: 'build' | 'built',
): string {
  switch (action) {
    case 'build':
      return built;
    case 'reuse':
      // An image that is in no release was built instead of a rejected one, by an earlier run of the day.
      return release === undefined ? 'reused (built again today)' : `reused (image of release ${release})`;
    case 'unchanged':
      return `unchanged (since release ${release})`;
    case 'same-content':
      return `rebuilt, same content (since release ${release})`;
  }
}

/** How many services a run builds, reuses and leaves unchanged: `1 to build, 5 unchanged`. */
export function describeActions(actions: readonly ServiceAction[], built: 'to build' | 'built'): string {
  const words: readonly (readonly [ServiceAction, string])[] = [
    ['build', built],
    ['same-content', 'rebuilt with the same content'],
    ['reuse', 'reused'],
    ['unchanged', 'unchanged'],
  ];
  return words
    .map(([action, word]) => [actions.filter((each) => each === action).length, word] as const)
    .flatMap(([number, word]) => (number === 0 ? [] : [`${number} ${word}`]))
    .join(', ');
}

/** Who set a hold, when and why: `by alex, 2026-05-31 08:15 UTC, record 13: leaks memory`. */
export function describeHold({ number, by, created, reason }: ReleaseHold): string {
  const who = by.user ?? by.ci ?? by.host;
  const facts = [...(who === undefined ? [] : [`by ${who}`]), formatTime(created), `record ${number}`].join(', ');
  return reason === undefined ? facts : `${facts}: ${reason}`;
}
