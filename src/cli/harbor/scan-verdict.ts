import { sanitizeLine } from '../../lib/text/sanitize.ts';
import type { FindingSeverity, ScanReport } from '../../model/scan-report.ts';
import { wrap } from '../../terminal/wrap.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import type { Output } from '../framework/output.ts';
import { countReaching, type ScanFilter } from './scan-filter.ts';

/** What makes an answer a no. */
export interface ScanThreshold {
  /** A finding of this severity or worse; absent when none does. */
  readonly threshold?: FindingSeverity | undefined;
  /** With `fixedOnly`, findings that nothing mends do not count; severities that are not shown do. */
  readonly filter?: Pick<ScanFilter, 'fixedOnly'> | undefined;
}

/** What came of a scan as an exit code, said on stderr where there is more to it than the report shows. */
export function judgeScan(
  report: ScanReport,
  { threshold, filter = { fixedOnly: false } }: ScanThreshold,
  output: Output,
): ExitCode {
  const name = sanitizeLine(report.repository);
  const say = (text: string): void => output.info(wrap(`${name}${platformsOf(report)}: ${text}`, output.stderrColumns));
  switch (report.state) {
    case 'clean':
    case 'findings': {
      const reached = threshold === undefined ? 0 : countReaching(report, threshold, filter);
      if (reached === 0) return ExitCode.done;
      say(`${reached} ${reached === 1 ? 'finding is' : 'findings are'} ${threshold} or worse`);
      return ExitCode.no;
    }
    case 'not-scanned':
      say(`not scanned. Start a scan: objdocker harbor-trigger-scan ${nameToType(report)} --wait`);
      return ExitCode.no;
    case 'running':
      say(`a scan waits or runs. Wait for it with --wait`);
      return ExitCode.no;
    case 'failed':
      say(`the scan failed, nothing is known. Try again: objdocker harbor-trigger-scan ${nameToType(report)} --wait`);
      return ExitCode.outside;
    case 'scanner-down':
      say(`the scanner is missing or down, nothing is known. Harbor's components: objdocker registry`);
      return ExitCode.outside;
  }
}

/** Which platforms of an index brought its state about, unless all did. */
function platformsOf({ state, images }: ScanReport): string {
  const those = images.filter((image) => image.state === state);
  if (state === 'clean' || state === 'findings' || those.length === images.length) return '';
  return sanitizeLine(` (${those.map(({ platform }) => platform).join(', ')})`);
}

function nameToType({ repository, digest }: ScanReport): string {
  return `${sanitizeLine(repository)}@${digest}`;
}
