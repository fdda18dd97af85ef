import { FINDING_SEVERITIES, type FindingSeverity, type ScanState } from '../model/enums.ts';
import { GATE_LABELS, SCAN_STATE_LABELS } from '../model/labels.ts';
import type { SeverityCounts } from '../model/scan-report.ts';
import type { Colors } from './output-stream.ts';

/** The color of a severity. */
export function severityColor(severity: FindingSeverity, colors: Colors): (text: string) => string {
  switch (severity) {
    case 'critical':
      return (text) => colors.bold(colors.red(text));
    case 'high':
      return colors.red;
    case 'medium':
      return colors.yellow;
    case 'low':
      return colors.cyan;
    default:
      return colors.dim;
  }
}

/** The state of a scan in its color: `not scanned`. */
export function paintState(state: ScanState | 'timed-out', colors: Colors): string {
  if (state === 'timed-out') return colors.red(GATE_LABELS[state].toLowerCase());
  return stateColor(state, colors)(stateText(state));
}

/** The state of a scan for a line on the terminal: `not scanned`. */
export function stateText(state: ScanState): string {
  return SCAN_STATE_LABELS[state].toLowerCase();
}

/** The color of the state of a scan. */
export function stateColor(state: ScanState, colors: Colors): (text: string) => string {
  switch (state) {
    case 'clean':
      return colors.green;
    case 'findings':
    case 'empty':
      return colors.yellow;
    case 'running':
      return colors.cyan;
    case 'not-scanned':
    case 'unsupported':
      return colors.dim;
    case 'failed':
    case 'scanner-down':
      return colors.red;
  }
}

/** `C 2 H 11 M 34`: the number of findings by the initial of their severity, worst first, without zeros. */
export function formatCounts(counts: SeverityCounts): string {
  return FINDING_SEVERITIES.flatMap((severity) =>
    counts[severity] > 0 ? [`${severity.charAt(0).toUpperCase()} ${counts[severity]}`] : [],
  ).join(' ');
}

/** Colors the result of {@link formatCounts}. */
export function paintCounts(text: string, colors: Colors): string {
  return text.replace(/\b([CHMLNU]) \d+/g, (part, initial: string) => {
    const severity = FINDING_SEVERITIES.find((known) => known.startsWith(initial.toLowerCase()));
    return severity === undefined ? part : severityColor(severity, colors)(part);
  });
}
