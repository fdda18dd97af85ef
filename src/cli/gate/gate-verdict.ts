import { sanitizeLine } from '../../lib/text/sanitize.ts';
import type { GateOutcome, ImageVerdict, Verdict } from '../../model/verdict.ts';
import { wrap } from '../../terminal/wrap.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import type { Output } from '../framework/output.ts';
import { digestReference } from './render-verdict-findings.ts';

/** The exit code of what a gate has decided: not knowing is not a yes. */
export function gateExitCode(outcome: GateOutcome): ExitCode {
  switch (outcome) {
    case 'passed':
      return ExitCode.done;
    case 'rejected':
    case 'not-scanned':
      return ExitCode.no;
    case 'scan-failed':
    case 'scanner-down':
    case 'timed-out':
      return ExitCode.outside;
  }
}

/**
 * Says on stderr what to do about images of which nothing is known.
 *
 * @param referenceOf what names an image to a command
 */
export function adviseOnVerdict(
  { images }: Verdict,
  output: Output,
  referenceOf: (image: ImageVerdict) => string = digestReference,
): void {
  const advices = new Set(images.flatMap((image) => adviceFor(image, sanitizeLine(referenceOf(image))) ?? []));
  for (const advice of advices) output.info(wrap(advice, output.stderrColumns));
}

function adviceFor({ outcome, platforms }: ImageVerdict, name: string): string | undefined {
  switch (outcome) {
    case 'passed':
    case 'rejected':
      return undefined;
    case 'not-scanned':
      if (platforms.length === 0) return undefined;
      return platforms.some(({ state }) => state === 'not-scanned')
        ? `Start a scan: objdocker harbor-trigger-scan ${name} --wait`
        : `Wait for the scan: objdocker gate ${name} --wait`;
    case 'scan-failed':
      return `Scan it again: objdocker harbor-trigger-scan ${name} --wait`;
    case 'scanner-down':
      return `See what is wrong with Harbor's components: objdocker registry`;
    case 'timed-out':
      return `The scan goes on in Harbor. Wait for it again, longer: objdocker gate ${name} --wait --timeout 30m`;
  }
}
