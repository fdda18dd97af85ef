import { formatDuration } from '../../lib/text/duration.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import type { HarborListOptions } from '../../obj-docker/harbor/lists.ts';
import type { CommandContext } from '../framework/command.ts';

/** What every Harbor command hands to the calls that it makes: Ctrl-C, and what it says on stderr on the way. */
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
      // A short wait is nothing to tell.
      if (delayMs >= 1_000) output.info(line);
      else output.debug(line);
    },
  };
}
