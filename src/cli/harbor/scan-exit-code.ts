import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { type FindingSeverity, isScanned } from '../../model/enums.ts';
import type { ScanReport } from '../../model/scan-report.ts';
import { wrap } from '../../terminal/wrap.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import type { Output } from '../framework/output.ts';
import { countReaching, type ScanFilter } from './scan-filter.ts';

export interface ScanThreshold {
  /** Findings of this severity or worse fail the command; absent when none does. */
  readonly threshold?: FindingSeverity | undefined;
  /** With `fixedOnly`, only findings with a fix count. Severities that are not shown count too. */
  readonly filter?: Pick<ScanFilter, 'fixedOnly'> | undefined;
}

/** The exit code for the state of a scan. Explains on stderr any other than 0. */
export function scanExitCode(
  report: ScanReport,
  { threshold, filter = { fixedOnly: false } }: ScanThreshold,
  output: Output,
): ExitCode {
  const name = sanitizeLine(report.repository);
  const reference = `${name}@${report.digest}`;
  const explain = (text: string): void =>
    output.info(wrap(`${name}${platformsIn(report)}: ${text}`, output.stderrColumns));
  switch (report.state) {
    case 'clean':
    case 'empty':
    case 'findings': {
      const reached = threshold === undefined ? 0 : countReaching(report, threshold, filter);
      if (reached === 0) return ExitCode.done;
      explain(`${reached} ${reached === 1 ? 'finding is' : 'findings are'} ${threshold} or worse`);
      return ExitCode.no;
    }
    case 'not-scanned':
      explain(`not scanned. Start a scan: objdocker harbor-trigger-scan ${reference} --wait`);
      return ExitCode.no;
    case 'unsupported':
      explain('no scanner can scan it: only images can be scanned');
      return ExitCode.no;
    case 'running':
      explain('the scan is queued or running. Wait for it with --wait');
      return ExitCode.no;
    case 'failed':
      explain(`the scan failed. Scan the image again: objdocker harbor-trigger-scan ${reference} --wait`);
      return ExitCode.outside;
    case 'scanner-down':
      explain("the scanner is missing or down. Check Harbor's components: objdocker registry");
      return ExitCode.outside;
  }
}

/** The platforms of an index that have the state of the whole, unless all have it. */
function platformsIn({ state, images }: ScanReport): string {
  const those = images.filter((image) => image.state === state);
  if (isScanned(state) || those.length === images.length) return '';
  return sanitizeLine(` (${those.map(({ platform }) => platform).join(', ')})`);
}
