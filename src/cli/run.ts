import { isObjDockerError, ObjDockerError } from '../errors.ts';
import { type Host, systemHost } from '../lib/host.ts';
import { readArgumentVector } from './argument-vector.ts';
import type { CommandContext, CommandSpec, GlobalOptions } from './command.ts';
import { COMMANDS } from './commands.ts';
import { createContext } from './context.ts';
import { EXIT_CODES, ExitCode } from './exit-codes.ts';
import type { InputStream } from './input.ts';
import { Output, type OutputStream, outputError, ReaderGone } from './output.ts';
import { type Invocation, parseArguments } from './program.ts';
import { asObjDockerError, renderError } from './render/error.ts';
import { wrap } from './render/wrap.ts';

/** How long a cancelled command may clean up before the process ends regardless. */
const CLEANUP_LIMIT_MS = 9_000;

/** How long the process may take to end by itself once a cancelled command has cleaned up. */
const EXIT_LIMIT_MS = 1_000;

export interface RunOptions {
  readonly version: string;
  readonly host: Host;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly stdin: InputStream;
  readonly signal: AbortSignal;
}

/** Runs the CLI in this process: signals, uncaught failures and the exit code included. */
export async function runProcess(argv: readonly string[], version: string): Promise<void> {
  const interrupt = new AbortController();
  let exitBySignal: { readonly name: NodeJS.Signals; readonly code: ExitCode } | undefined;
  for (const [name, code] of [
    ['SIGINT', ExitCode.interrupted],
    ['SIGTERM', ExitCode.terminated],
  ] as const) {
    process.on(name, () => {
      exitBySignal ??= { name, code };
      interrupt.abort(new ObjDockerError('CANCELLED', `cancelled by ${name}`));
      setTimeout(() => die(name), CLEANUP_LIMIT_MS).unref();
    });
  }
  const end = (thrown: unknown, code: ExitCode): void => {
    process.stderr.write(`${renderError(asObjDockerError(thrown), new Output(plainOutput()).noteColors)}\n`);
    process.exit(code);
  };
  const bug = (thrown: unknown): void => end(thrown, ExitCode.bug);
  process.on('uncaughtException', bug);
  process.on('unhandledRejection', bug);
  let finished = false;
  const lost = (error: NodeJS.ErrnoException): void => {
    const reason = isReaderGone(error) ? new ReaderGone() : outputError(error);
    // What runs, in a container too, is not to go on for nobody.
    interrupt.abort(reason);
    if (finished && reason instanceof ObjDockerError) end(reason, ExitCode.outside);
    setTimeout(() => process.exit(ExitCode.done), CLEANUP_LIMIT_MS).unref();
  };
  process.stdout.on('error', lost);
  process.stderr.on('error', lost);

  const code = await run(argv, {
    version,
    host: systemHost(),
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    signal: interrupt.signal,
  });
  finished = true;
  process.exitCode = exitBySignal?.code ?? code;
  // Everything is cleaned up: what is left can only be a file that never comes.
  if (exitBySignal !== undefined) setTimeout(die, EXIT_LIMIT_MS, exitBySignal.name).unref();
}

/** A reader that has seen enough (`objdocker … | head`) closes the pipe, a terminal is closed: no failure of ours. */
function isReaderGone({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || code === 'EIO';
}

/** Ends the process by the signal itself: `process.exit` would wait for a pipe or a network disk that does not answer. */
function die(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
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
    color: !flags.has('--no-color') && !options.host.env.NO_COLOR,
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
  return thrown.details.running === true ? undefined : reason;
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

function plainOutput() {
  return { stdout: process.stdout, stderr: process.stderr, json: false, quiet: false, verbose: false, color: false };
}
