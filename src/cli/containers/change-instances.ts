import pMap from 'p-map';
import type { ErrorCode, ErrorDocument, ObjDockerError } from '../../errors.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import type { ChangeResult, ObjSubstrate } from '../../substrate/obj-substrate.ts';
import { wrap } from '../../terminal/wrap.ts';
import type { CommandContext } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { asObjDockerError, renderError } from '../framework/error.ts';
import { EXIT_CODES, ExitCode } from '../framework/exit-codes.ts';
import type { Output } from '../framework/output.ts';

const AT_ONCE = 8;

/** What makes every name fail alike, so that it is said once. */
const OUT_OF_REACH: ReadonlySet<ErrorCode> = new Set(['ENGINE_UNREACHABLE', 'ENGINE_PERMISSION', 'ENGINE_TLS']);

/** What a command does to each of the containers that it names. */
export interface InstanceChange<Result extends ChangeResult> {
  /** For what Ctrl-C interrupts: `stopping`. */
  readonly doing: string;
  readonly apply: (docker: ObjSubstrate, name: string, signal: AbortSignal) => Promise<Result>;
  /** What was done, after the name: `stopped`. */
  readonly describe: (result: Result) => string;
  /** Prints what was done for programs, in the shape that the command's schema has. */
  readonly document: (done: ChangesDone<Result>) => void;
}

/** An item for each name, in the order in which they were given. */
interface ChangesDone<Result> {
  readonly items: readonly (Result | { readonly name: string; readonly error: ErrorDocument })[];
  readonly total: number;
}

type Outcome<Result> =
  | { readonly name: string; readonly result: Result }
  | { readonly name: string; readonly error: ObjDockerError; readonly when: 'before' | 'under way' | 'not begun' };

/** Changes several containers side by side, a line for each as it is done; what fails with one does not keep the others. */
export async function changeInstances<Result extends ChangeResult>(
  context: CommandContext,
  names: readonly string[],
  change: InstanceChange<Result>,
): Promise<ExitCode> {
  const { output, signal } = context;
  const docker = createDocker(context);
  try {
    await docker.connect({ signal });
    const said = new Set<ErrorCode>();
    const attempt = async (name: string): Promise<Outcome<Result>> => {
      const isBegun = !signal.aborted;
      try {
        const result = await change.apply(docker, name, signal);
        output.print(lineOf(result, change, output));
        return { name, result };
      } catch (thrown) {
        const error = asObjDockerError(thrown);
        // What the user interrupted is said together, at the end.
        if (signal.aborted) return { name, error, when: isBegun ? 'under way' : 'not begun' };
        if (!(OUT_OF_REACH.has(error.code) && said.has(error.code))) complain(error, output);
        said.add(error.code);
        return { name, error, when: 'before' };
      }
    };
    const outcomes = await pMap(new Set(names), attempt, { concurrency: AT_ONCE });
    change.document(documentOf(outcomes));
    if (signal.aborted) {
      sayWhatIsOpen(outcomes, change.doing, output);
      throw signal.reason;
    }
    return exitCodeOf(outcomes);
  } finally {
    docker.close();
  }
}

function lineOf<Result extends ChangeResult>(result: Result, change: InstanceChange<Result>, output: Output): string {
  const name = sanitizeLine(result.name);
  return output.quiet ? name : wrap(`${name}: ${change.describe(result)}`, output.columns);
}

function complain(error: ObjDockerError, output: Output): void {
  output.stderr.write(`${wrap(renderError(error, output.stderrColors), output.stderrColumns)}\n`);
}

function documentOf<Result>(outcomes: readonly Outcome<Result>[]): ChangesDone<Result> {
  const items = outcomes.map((outcome) =>
    'error' in outcome ? { name: outcome.name, error: outcome.error.toJSON() } : outcome.result,
  );
  return { items, total: items.length };
}

function sayWhatIsOpen<Result>(outcomes: readonly Outcome<Result>[], doing: string, output: Output): void {
  const namesOf = (when: string): string =>
    outcomes
      .flatMap((outcome) => ('error' in outcome && outcome.when === when ? [sanitizeLine(outcome.name)] : []))
      .join(', ');
  const underWay = namesOf('under way');
  const notBegun = namesOf('not begun');
  if (underWay !== '') output.info(`${doing} was under way, and may go on: ${underWay}`);
  if (notBegun !== '') output.info(`not begun: ${notBegun}`);
}

function exitCodeOf<Result>(outcomes: readonly Outcome<Result>[]): ExitCode {
  const codes = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error.code] : []));
  const worst = codes.find((code) => code === 'INTERNAL') ?? codes.find((code) => OUT_OF_REACH.has(code));
  if (worst !== undefined) return EXIT_CODES[worst];
  return codes.length === 0 ? ExitCode.done : ExitCode.no;
}
