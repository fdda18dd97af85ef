import { isObjDockerError } from '../../errors.ts';
import type { ScanEvent } from '../../harbor/scan/scan-event.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import type { Output } from '../framework/output.ts';

/**
 * Says on stderr how far a scan is, and that it goes on when only the wait for it is cancelled. Returns whether any scan was
 * started, rather than found running.
 */
export async function renderScanProgress(events: AsyncIterable<ScanEvent>, output: Output): Promise<boolean> {
  let started = false;
  // Where both streams are one screen, the answer tells what came of each platform.
  const tellsTwice = !output.json && output.isTerminal('stdout');
  try {
    for await (const event of events) {
      if (event.type === 'requested' && !event.attached) started = true;
      if (event.type !== 'finished' || !tellsTwice) output.info(describeScanEvent(event));
    }
  } catch (error) {
    if (started && isObjDockerError(error) && error.code === 'CANCELLED') output.info('the scan goes on in Harbor');
    throw error;
  }
  return started;
}

/** What happened to a scan, in a line. */
export function describeScanEvent(event: ScanEvent): string {
  if (event.type === 'trouble') return sanitizeLine(`waiting for Harbor: ${event.message}`);
  const platform = sanitizeLine(event.platform);
  switch (event.type) {
    case 'requested':
      return `${platform}: ${event.attached ? 'a scan runs already, waiting for it' : 'scan started'}`;
    case 'progress':
      return `${platform}: ${event.status}${event.percent === undefined ? '' : ` (${event.percent} %)`}`;
    case 'finished':
      return `${platform}: ${event.state}`;
  }
}
