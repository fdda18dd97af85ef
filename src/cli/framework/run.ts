import type { Config } from '../../config/load.ts';
import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import type { Environment } from '../../lib/environment.ts';
import type { OutputStream } from '../../terminal/output-stream.ts';
import { readArgumentVector } from './argument-vector.ts';
import { annotationsFor } from './ci/annotations.ts';
import type { CommandContext, CommandSpec, GlobalOptions } from './command.ts';
import { EXIT_CODES, ExitCode } from './exit-codes.ts';
import type { InputStream } from './input.ts';
import { failureOf, isReaderGone, type StreamLosses } from './lost-streams.ts';
import { textOf } from './option-values.ts';
import { asObjDockerError, Output } from './output.ts';
import { type Invocation, parseArguments } from './parse-arguments.ts';

export interface RunOptions {
  readonly version: string;
  /** The command table. */
  readonly commands: readonly CommandSpec[];
  readonly environment: Environment;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly stdin: InputStream;
  readonly signal: AbortSignal;
  readonly losses: StreamLosses;
  /** Ends the process with this code if it has not ended by itself in the time for cleaning up. */
  readonly endWithin: (code: ExitCode) => void;
}

/** Runs one command line and returns its exit code; prints every failure, as JSON when that was requested. */
export async function run(argv: readonly string[], options: RunOptions): Promise<ExitCode> {
  const { stdout, stderr, losses } = options;
  // Read before parsing: a usage error has to be printed in the requested form, too.
  const vector = readArgumentVector(argv, options.commands);
  const { flags, command } = vector;
  const output = new Output({
    stdout,
    stderr,
    losses,
    json: flags.has('--json'),
    quiet: flags.has('--quiet'),
    verbose: flags.has('--verbose'),
    color: !flags.has('--no-color') && !options.environment.env.NO_COLOR,
  });
  const signal = endingSignal(command, options);
  try {
    const invocation = parseArguments(vector, { ...options, columns: output.columns });
    if (invocation.kind === 'text') {
      const { name, text } = invocation;
      output.print(text.trimEnd());
      if (name === 'help') output.printJson('help', { help: text });
      else output.printJson('version', { version: text.trim() });
      return ExitCode.done;
    }
    const { run: body } = await invocation.spec.load();
    const code = await body(
      createContext(invocation, output, { ...options, signal }),
      invocation.args,
      invocation.options,
    );
    const failure = failureOf(losses.stdout);
    if (failure !== undefined) throw failure;
    return code;
  } catch (thrown) {
    const ending = command?.endsWithReader;
    if (ending !== undefined && isReaderGone(signal)) return ending.code;
    return reportFailure(cancelReason(signal, thrown) ?? thrown, { output, command, environment: options.environment });
  }
}

/**
 * Aborted by the user, and for a command that ends with the reader of its result also by a lost stream. Any other command
 * goes on without a reader: what it changes or evaluates, and its exit code, do not depend on who reads along.
 */
function endingSignal(command: CommandSpec | undefined, { signal, losses, endWithin }: RunOptions): AbortSignal {
  if (command?.endsWithReader === undefined) return signal;
  const { streams, code } = command.endsWithReader;
  const any = AbortSignal.any([signal, ...streams.map((name) => losses[name])]);
  any.addEventListener('abort', () => {
    if (!signal.aborted) endWithin(code);
  });
  return any;
}

/** Why a command was cancelled; undefined when its own error says more than that. */
function cancelReason({ aborted, reason }: AbortSignal, thrown: unknown): unknown {
  if (!aborted || !isObjDockerError(thrown)) return undefined;
  // Something could not be stopped and still runs.
  if (thrown.details.running === true) return undefined;
  // The error of a cancelled pipeline run says what became of the run.
  const describesRun = thrown.code === 'CANCELLED' && thrown.details.run !== undefined;
  return describesRun && isObjDockerError(reason) && reason.code === 'CANCELLED' ? undefined : reason;
}

/** Creates what a command body receives. config.yaml is read on first use: container commands never read it. */
function createContext(
  { options: given }: Extract<Invocation, { kind: 'command' }>,
  output: Output,
  { version, commands, environment, stdin, stderr, signal }: RunOptions,
): CommandContext {
  const globals: GlobalOptions = {
    strict: given.strict === true,
    ...definedOnly({
      config: textOf(given, 'config'),
      package: textOf(given, 'package'),
      context: textOf(given, 'context'),
      host: textOf(given, 'host'),
    }),
  };
  let config: Promise<Config> | undefined;
  const readConfig = async (): Promise<Config> => {
    const { findConfig, loadConfig } = await import('../../config/load.ts');
    const file = globals.config ?? (await findConfig(environment.cwd));
    return loadConfig(file, { env: environment.env, strict: globals.strict, now: environment.now(), signal });
  };
  const loadConfigOnce = (): Promise<Config> => {
    config ??= readConfig();
    return config;
  };
  return {
    version,
    commands,
    environment,
    output,
    stdin,
    signal,
    globals,
    interactive: stderr.isTTY === true && stdin.isTTY === true && !environment.env.CI && !output.json && !output.quiet,
    loadConfig: loadConfigOnce,
    selectPackage: async (name) => {
      if (name !== undefined && globals.package !== undefined && name !== globals.package) {
        const both = `"${name}" as the argument and "${globals.package}" with --package`;
        throw new ObjDockerError('USAGE', `two packages are given: ${both}`, { hint: 'Give only one of them.' });
      }
      const loaded = await loadConfigOnce();
      const { formatIssue } = await import('../../config/validation/issues.ts');
      const selected = loaded.selectPackage(name ?? globals.package);
      for (const issue of loaded.warningsFor(selected.name)) output.warn(formatIssue(issue, { severity: false }));
      return selected;
    },
  };
}

function reportFailure(
  thrown: unknown,
  {
    output,
    command,
    environment,
  }: { readonly output: Output; readonly command: CommandSpec | undefined; readonly environment: Environment },
): ExitCode {
  const error = asObjDockerError(thrown);
  if (output.json && !output.jsonWritten) output.printJson('error', { error: error.toJSON() });
  output.error(error);
  for (const annotation of annotationsFor(error, environment)) output.annotate(annotation);
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
