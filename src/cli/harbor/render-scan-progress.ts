import { isObjDockerError } from '../../errors.ts';
import type { ScanEvent } from '../../harbor/scan/scan-event.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { stateText } from '../../terminal/severity.ts';
import type { Output } from '../framework/output.ts';

/**
 * Reports the progress of a scan on stderr. Cancelling the wait does not end a scan that was started: a note says so.
 *
 * @param prefix begins each line, and is empty for a single image
 * @returns whether a scan was started rather than found running
 */
export async function renderScanProgress(
  events: AsyncIterable<ScanEvent>,
  output: Output,
  prefix = '',
): Promise<boolean> {
  let started = false;
  // On a terminal the report on stdout shows the result of each platform already.
  const reportIsVisible = !output.json && output.isTerminal('stdout');
  try {
    for await (const event of events) {
      if (event.type === 'requested' && !event.attached) started = true;
      if (event.type !== 'finished' || !reportIsVisible) output.info(`${prefix}${describeScanEvent(event)}`);
    }
  } catch (error) {
    if (started && isObjDockerError(error) && error.code === 'CANCELLED')
      output.info(`${prefix}the scan continues in Harbor`);
    throw error;
  }
  return started;
}

/** An event of a scan as one line. */
export function describeScanEvent(event: ScanEvent): string {
  if (event.type === 'trouble') return sanitizeLine(`waiting for Harbor: ${event.message}`);
  const platform = sanitizeLine(event.platform);
  switch (event.type) {
    case 'requested':
      return `${platform}: ${event.attached ? 'a scan is already running: waiting for it' : 'scan started'}`;
    case 'progress':
      return `${platform}: ${event.status}${event.percent === undefined ? '' : ` (${event.percent} %)`}`;
    case 'finished':
      return `${platform}: ${stateText(event.state)}`;
  }
}
