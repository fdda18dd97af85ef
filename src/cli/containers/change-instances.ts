import { sanitizeLine } from '../../lib/text/sanitize.ts';
import type { ObjDocker } from '../../obj-docker/obj-docker.ts';
import type { ChangeResult } from '../../substrate/obj-substrate.ts';
import { wrap } from '../../terminal/wrap.ts';
import type { CommandContext } from '../framework/command.ts';
import type { ExitCode } from '../framework/exit-codes.ts';
import type { Output } from '../framework/output.ts';
import { exitCodeOf, forEachInstance, type ItemsJson, itemsJson, type Outcome } from './each-instance.ts';

/** The change that a command makes to each of its containers. */
export interface InstanceChange<Result extends ChangeResult> {
  /** Names the change that Ctrl-C interrupted: `stopping`. */
  readonly doing: string;
  readonly apply: (docker: ObjDocker, name: string, signal: AbortSignal) => Promise<Result>;
  /** What was done, printed after the name: `stopped`. */
  readonly describe: (result: Result) => string;
  /** Prints the JSON output of the command. */
  readonly printJson: (done: ItemsJson<Result>) => void;
}

/** Changes several containers in parallel and prints a line for each. A failure does not stop the others. */
export async function changeInstances<Result extends ChangeResult>(
  context: CommandContext,
  names: readonly string[],
  change: InstanceChange<Result>,
): Promise<ExitCode> {
  const { output, signal } = context;
  const outcomes = await forEachInstance(context, names, async (docker, name) => {
    const result = await change.apply(docker, name, signal);
    output.print(formatResult(result, change, output));
    return result;
  });
  change.printJson(itemsJson(outcomes));
  if (signal.aborted) {
    printInterrupted(outcomes, change.doing, output);
    throw signal.reason;
  }
  return exitCodeOf(outcomes);
}

function formatResult<Result extends ChangeResult>(
  result: Result,
  change: InstanceChange<Result>,
  output: Output,
): string {
  const name = sanitizeLine(result.name);
  return output.quiet ? name : wrap(`${name}: ${change.describe(result)}`, output.columns);
}

function printInterrupted<Result>(outcomes: readonly Outcome<Result>[], doing: string, output: Output): void {
  const namesOf = (interrupted: string): string =>
    outcomes
      .flatMap((outcome) =>
        'error' in outcome && outcome.interrupted === interrupted ? [sanitizeLine(outcome.name)] : [],
      )
      .join(', ');
  const running = namesOf('while running');
  const notStarted = namesOf('before start');
  if (running !== '') output.info(`interrupted while ${doing}; the engine may still finish: ${running}`);
  if (notStarted !== '') output.info(`not started: ${notStarted}`);
}
