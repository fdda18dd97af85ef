import type { PushEvent } from '../../docker/push/push.ts';
import { formatBytes } from '../../lib/text/bytes.ts';
import { formatDuration } from '../../lib/text/duration.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { shortDigest } from '../../lib/text/words.ts';
import { createLiveLines } from '../../terminal/live-lines.ts';
import type { CommandContext } from '../framework/command.ts';

/** Shows the progress of a push: on a terminal the bytes of each image, else a line for each pushed image. */
export async function renderPush(
  events: AsyncIterable<PushEvent>,
  context: Pick<CommandContext, 'output' | 'interactive'>,
): Promise<void> {
  const { output } = context;
  const live = context.interactive ? await createLiveLines(output.stderr) : undefined;
  const states = new Map<string, string>();
  try {
    for await (const event of events) {
      if (event.type === 'warning') {
        const warn = () => output.warn(event.message);
        if (live === undefined) warn();
        else live.above(warn);
        continue;
      }
      if (event.type === 'push-finished') {
        const { reference, digest, durationMs } = event.image;
        states.set(reference, `pushed ${shortDigest(digest)} in ${formatDuration(durationMs)}`);
        if (live === undefined) output.info(`${sanitizeLine(reference)}: ${states.get(reference)}`);
      } else {
        const state = describe(event);
        // The engine repeats the event every second: print one line.
        const isNew =
          event.type !== 'push-progress' && event.type !== 'push-started' && states.get(event.reference) !== state;
        if (live === undefined && isNew) output.info(`${sanitizeLine(event.reference)}: ${state}`);
        states.set(event.reference, state);
      }
      live?.update(() => aligned([...states].map(([reference, state]) => [sanitizeLine(lastPart(reference)), state])));
    }
  } finally {
    live?.clear();
  }
}

function describe(event: Exclude<PushEvent, { type: 'push-finished' | 'warning' }>): string {
  switch (event.type) {
    case 'push-started':
      return 'waiting';
    case 'push-retrying':
      return `retrying layer ${sanitizeLine(event.layer)}`;
    case 'push-failed':
      return 'failed';
    case 'push-progress': {
      const { layers, layersDone, bytes, totalBytes } = event.image;
      return `${formatBytes(bytes)} of ${formatBytes(totalBytes)}, ${layersDone} of ${layers} layers`;
    }
  }
}

function aligned(rows: readonly (readonly [name: string, state: string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, state]) => `${name.padEnd(width)}  ${state}`);
}

/** `meridian-api-homechoice:latest`: the images of a package differ in this part. */
function lastPart(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1);
}
