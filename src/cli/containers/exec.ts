import { isObjDockerError } from '../../errors.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import type { ObjDocker } from '../../obj-docker/obj-docker.ts';
import type { ExecuteOptions, ExecutionResult } from '../../substrate/obj-substrate.ts';
import type { CommandBody, CommandContext } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { ExitCode, passOn } from '../framework/exit-codes.ts';
import { CommandInput } from '../framework/input.ts';
import { type ExecOptions, readExecOptions } from './exec-options.ts';

/** `objdocker exec NAME CMD...`: runs a command in a container. The exit code is that of the command. */
export const run: CommandBody = async (context, [name = '', ...command], given) => {
  const { environment, output, stdin } = context;
  const options = readExecOptions(given, { env: environment.env, json: output.json, stdin });
  const docker = createDocker(context);
  const exec: ExecContext = { context, docker, name, command, options };
  try {
    const result = await (output.json ? capture(exec) : attach(exec));
    if (result === undefined) return ExitCode.hungUp;
    if (result.detached) output.info(`\ndetached from "${sanitizeLine(command[0] ?? '')}" in "${sanitizeLine(name)}"`);
    return passOn(result.exitCode);
  } finally {
    docker.close();
  }
};

interface ExecContext {
  readonly context: CommandContext;
  readonly docker: ObjDocker;
  readonly name: string;
  readonly command: readonly string[];
  readonly options: ExecOptions;
}

/** Attaches our standard streams to the command until it exits; returns undefined when our terminal hangs up. */
async function attach({ context, docker, name, command, options }: ExecContext): Promise<ExecutionResult | undefined> {
  const { output } = context;
  using input = new CommandInput(context.stdin, { raw: options.tty });
  const signal = AbortSignal.any([context.signal, input.hangUp]);
  const execution = docker.executeCommand(name, command, {
    ...executeOptions(options, input),
    ...(options.tty ? { tty: output.terminalSize } : {}),
    signal,
  });
  const stopResizing = options.tty ? output.onResize(() => void execution.resize(output.terminalSize)) : () => {};
  try {
    for await (const { stream, data } of execution) await output.send(stream, data, signal);
    return await execution.result;
  } catch (error) {
    if (input.hangUp.aborted) return undefined;
    throw await worseError(execution.result, error);
  } finally {
    stopResizing();
  }
}

/** The error to report: that the command could not be ended matters more than why it was to end. */
async function worseError(result: Promise<unknown>, error: unknown): Promise<unknown> {
  const outcome = await result.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return isObjDockerError(outcome) && outcome.details.running === true ? outcome : error;
}

/** Runs the command to its end and prints its output as JSON. */
async function capture({ context, docker, name, command, options }: ExecContext): Promise<ExecutionResult> {
  using input = new CommandInput(context.stdin);
  const execution = docker.executeCommand(name, command, { ...executeOptions(options, input), signal: context.signal });
  const result = await execution.result;
  const { exitCode, stdout, stderr, truncated } = result;
  const [out, err] = [encode(stdout, truncated), encode(stderr, truncated)];
  context.output.printJson('exec', {
    exitCode,
    stdout: out.text,
    stderr: err.text,
    encoding: { stdout: out.encoding, stderr: err.encoding },
    truncated,
  });
  return result;
}

/** Text when it is UTF-8, else base64. A truncated stream may end within a character. */
function encode(bytes: Uint8Array, truncated: boolean): { text: string; encoding: 'utf8' | 'base64' } {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    return { text: decoder.decode(bytes, { stream: truncated }), encoding: 'utf8' };
  } catch {
    return { text: Buffer.from(bytes).toString('base64'), encoding: 'base64' };
  }
}

function executeOptions(
  { interactive, user, workdir, env, timeoutMs }: ExecOptions,
  input: CommandInput,
): ExecuteOptions {
  return { ...(interactive ? { stdin: input } : {}), user, workdir, env, timeoutMs };
}
