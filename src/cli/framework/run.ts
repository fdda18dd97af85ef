import { isObjDockerError } from '../../errors.ts';
import type { Environment } from '../../lib/environment.ts';
import { wrap } from '../../terminal/wrap.ts';
import { COMMANDS } from '../commands.ts';
import { readArgumentVector } from './argument-vector.ts';
import type { CommandContext, CommandSpec, GlobalOptions } from './command.ts';
import { createContext } from './context.ts';
import { asObjDockerError, renderError } from './error.ts';
import { EXIT_CODES, ExitCode } from './exit-codes.ts';
import type { InputStream } from './input.ts';
import { Output, type OutputStream, ReaderGone } from './output.ts';
import { type Invocation, parseArguments } from './program.ts';

export interface RunOptions {
  readonly version: string;
  readonly environment: Environment;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly stdin: InputStream;
  readonly signal: AbortSignal;
}

/** Runs one command line to its exit code; every failure is printed, in JSON when that was asked for. */
export async function run(argv: readonly string[], options: RunOptions): Promise<ExitCode> {
  const { stdout, stderr } = options;
  // Known before parsing: a usage error has to be in the form that was asked for, too.
  const vector = readArgumentVector(argv);
  const { flags, command } = vector;
  const output = new Output({
    stdout,
    stderr,
    json: flags.has('--json'),
    quiet: flags.has('--quiet'),
    verbose: flags.has('--verbose'),
    color: !flags.has('--no-color') && !options.environment.env.NO_COLOR,
  });
  try {
    const invocation = parseArguments(vector, options.version);
    if (invocation.kind === 'text') {
      const { name, text } = invocation;
      output.print(text.trimEnd());
      if (name === 'help') output.document('help', { help: text });
      else output.document('version', { version: text.trim() });
      return ExitCode.done;
    }
    const { run: body } = await invocation.spec.load();
    const code = await body(context(invocation, output, options), invocation.args, invocation.options);
    if (isObjDockerError(options.signal.reason) && options.signal.reason.code === 'OUTPUT_FAILED')
      throw options.signal.reason;
    return code;
  } catch (thrown) {
    const failure = endedBy(options.signal, thrown) ?? thrown;
    return failure instanceof ReaderGone ? ExitCode.done : report(failure, output, command);
  }
}

/** Why a command was ended; undefined when its own failure says more than that. */
function endedBy({ aborted, reason }: AbortSignal, thrown: unknown): unknown {
  if (!aborted || !isObjDockerError(thrown)) return undefined;
  // Some of it could not be ended.
  if (thrown.details.running === true) return undefined;
  // What became of a run it says itself.
  const isTold = thrown.code === 'CANCELLED' && thrown.details.run !== undefined;
  return isTold && isObjDockerError(reason) && reason.code === 'CANCELLED' ? undefined : reason;
}

function context(
  invocation: Extract<Invocation, { kind: 'command' }>,
  output: Output,
  options: RunOptions,
): CommandContext {
  const { options: given } = invocation;
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  const globals: GlobalOptions = {
    strict: given.strict === true,
    ...definedOnly({
      config: text(given.config),
      package: text(given.package),
      context: text(given.context),
      host: text(given.host),
    }),
  };
  return createContext({ ...options, commands: COMMANDS, output, globals });
}

function report(thrown: unknown, output: Output, command: CommandSpec | undefined): ExitCode {
  const error = asObjDockerError(thrown);
  if (output.json && !output.documentWritten) output.document('error', { error: error.toJSON() });
  output.stderr.write(`${wrap(renderError(error, output.noteColors), output.noteColumns)}\n`);
  return command?.failureCode?.(error) ?? EXIT_CODES[error.code];
}

function definedOnly<T extends Record<string, string | undefined>>(values: T): { [K in keyof T]?: string } {
  const defined: { [K in keyof T]?: string } = {};
  for (const key in values) {
    const value = values[key];
    if (value !== undefined) defined[key] = value;
  }
  return defined;
}
