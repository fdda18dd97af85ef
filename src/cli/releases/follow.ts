import type { Operation } from '../../lib/operation.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { joinWords } from '../../lib/text/words.ts';
import type { PipelineEvent } from '../../pipeline/events.ts';
import type { Output } from '../framework/output.ts';
import { describeScanEvent } from '../harbor/render-scan-progress.ts';

/** Prints the events of a command that works on releases, and returns its result. */
export async function follow<Result>(operation: Operation<PipelineEvent, Result>, output: Output): Promise<Result> {
  for await (const event of operation) printEvent(event, output);
  return await operation.result;
}

function printEvent(event: PipelineEvent, output: Output): void {
  if (event.type === 'warning') output.warn(event.message);
  if (event.type === 'waiting') output.info(event.message);
  if (event.type === 'scan') output.info(sanitizeLine(`${event.reference} ${describeScanEvent(event.event)}`));
  if (event.type === 'promotion') output.debug(sanitizeLine(`${event.reference} ${event.promotion}`));
  if (event.type === 'recovered') {
    const { release, run, action, references } = event.recovery;
    const moved = references.length === 0 ? '' : `: ${joinWords(references)}`;
    output.info(sanitizeLine(`release ${release}, which the run ${run} has left, is ${action} now${moved}`));
  }
}
