import type { Package } from '../../config/package.ts';
import { formatDuration } from '../../lib/text/duration.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import type { HarborSessionOptions } from '../../obj-docker/harbor/connection.ts';
import type { HarborSession } from '../../obj-docker/harbor/harbor-session.ts';
import type { CommandContext } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';

/** Opens the Harbor of a package for a command; warnings and retries go to stderr. */
export function openHarbor(context: CommandContext, pkg: Package): HarborSession {
  return createDocker(context).harbor(pkg, sessionOptions(context));
}

/** Writes the warnings and the retries of a session to stderr. */
export function sessionOptions({ output }: Pick<CommandContext, 'output'>): Required<HarborSessionOptions> {
  return {
    onWarning: (message) => output.warn(message),
    onRetry({ doing, reason, delayMs }) {
      const line = sanitizeLine(`cannot ${doing}: ${reason}; trying again in ${formatDuration(delayMs)}`);
      // A wait that nobody notices needs no explanation.
      if (delayMs >= 1_000) output.info(line);
      else output.debug(line);
    },
  };
}
