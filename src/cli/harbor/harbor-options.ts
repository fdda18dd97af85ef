import { formatDuration } from '../../lib/text/duration.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import type { HarborListOptions } from '../../obj-docker/harbor/lists.ts';
import type { CommandContext } from '../framework/command.ts';

/** The options of every Harbor request: the signal of Ctrl-C, and warnings and retries on stderr. */
export function harborOptions({
  output,
  signal,
}: CommandContext): HarborListOptions & { readonly signal: AbortSignal } {
  return {
    signal,
    onWarning: (message) => output.warn(message),
    onIncomplete: (reason) => output.warn(reason),
    onRetry({ doing, reason, delayMs }) {
      const line = sanitizeLine(`cannot ${doing}: ${reason}; trying again in ${formatDuration(delayMs)}`);
      // A wait that nobody notices needs no explanation.
      if (delayMs >= 1_000) output.info(line);
      else output.debug(line);
    },
  };
}
