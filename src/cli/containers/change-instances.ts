import pMap from 'p-map';
import type { ErrorCode, ErrorJson, ObjDockerError } from '../../errors.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import type { ChangeResult, ObjSubstrate } from '../../substrate/obj-substrate.ts';
import { wrap } from '../../terminal/wrap.ts';
import type { CommandContext } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { EXIT_CODES, ExitCode } from '../framework/exit-codes.ts';
import { asObjDockerError, type Output } from '../framework/output.ts';

const CONCURRENCY = 8;

/** Errors of the engine, which are the same for all names and are printed once. */
const ENGINE_ERRORS: ReadonlySet<ErrorCode> = new Set(['ENGINE_UNREACHABLE', 'ENGINE_PERMISSION', 'ENGINE_TLS']);

/** The change that a command makes to each of its containers. */
export interface InstanceChange<Result extends ChangeResult> {
  /** Names the change that Ctrl-C interrupted: `stopping`. */
  readonly doing: string;
  readonly apply: (docker: ObjSubstrate, name: string, signal: AbortSignal) => Promise<Result>;
  /** What was done, printed after the name: `stopped`. */
  readonly describe: (result: Result) => string;
  /** Prints the JSON output of the command. */
  readonly printJson: (done: ChangesDone<Result>) => void;
}

/** One item for each name, in the given order. */
interface ChangesDone<Result> {
  readonly items: readonly (Result | { readonly name: string; readonly error: ErrorJson })[];
  readonly total: number;
}

type Outcome<Result> =
  | { readonly name: string; readonly result: Result }
  | { readonly name: string; readonly error: ObjDockerError; readonly interrupted?: 'while running' | 'before start' };

/** Changes several containers in parallel and prints a line for each. A failure does not stop the others. */
export async function changeInstances<Result extends ChangeResult>(
  context: CommandContext,
  names: readonly string[],
  change: InstanceChange<Result>,
): Promise<ExitCode> {
  const { output, signal } = context;
  const docker = createDocker(context);
  try {
    await docker.connect({ signal });
    const reported = new Set<ErrorCode>();
    const attempt = async (name: string): Promise<Outcome<Result>> => {
      const isStarted = !signal.aborted;
      try {
        const result = await change.apply(docker, name, signal);
        output.print(formatResult(result, change, output));
        return { name, result };
      } catch (thrown) {
        const error = asObjDockerError(thrown);
        // Interrupted changes are listed together at the end.
        if (signal.aborted) return { name, error, interrupted: isStarted ? 'while running' : 'before start' };
        if (!(ENGINE_ERRORS.has(error.code) && reported.has(error.code))) output.error(error);
        reported.add(error.code);
        return { name, error };
      }
    };
    const outcomes = await pMap(new Set(names), attempt, { concurrency: CONCURRENCY });
    change.printJson(toJson(outcomes));
    if (signal.aborted) {
      printInterrupted(outcomes, change.doing, output);
      throw signal.reason;
    }
    return exitCodeOf(outcomes);
  } finally {
    docker.close();
  }
}

function formatResult<Result extends ChangeResult>(
  result: Result,
  change: InstanceChange<Result>,
  output: Output,
): string {
  const name = sanitizeLine(result.name);
  return output.quiet ? name : wrap(`${name}: ${change.describe(result)}`, output.columns);
}

function toJson<Result>(outcomes: readonly Outcome<Result>[]): ChangesDone<Result> {
  const items = outcomes.map((outcome) =>
    'error' in outcome ? { name: outcome.name, error: outcome.error.toJSON() } : outcome.result,
  );
  return { items, total: items.length };
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

function exitCodeOf<Result>(outcomes: readonly Outcome<Result>[]): ExitCode {
  const codes = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error.code] : []));
  const worst = codes.find((code) => code === 'INTERNAL') ?? codes.find((code) => ENGINE_ERRORS.has(code));
  if (worst !== undefined) return EXIT_CODES[worst];
  return codes.length === 0 ? ExitCode.done : ExitCode.no;
}
