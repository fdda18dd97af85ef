import { isObjDockerError } from '../../errors.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import type { ObjDocker } from '../../obj-docker/obj-docker.ts';
import type { ExecuteOptions, ExecutionResult } from '../../substrate/obj-substrate.ts';
import type { CommandBody, CommandContext } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { ExitCode, passOn } from '../framework/exit-codes.ts';
import { CommandInput } from '../framework/input.ts';
import { type ExecOptions, readExecOptions } from './exec-options.ts';

/** `objdocker exec NAME CMD...`. Its exit code is the command's own. */
export const run: CommandBody = async (context, [name = '', ...command], given) => {
  const { environment, output, stdin } = context;
  const options = readExecOptions(given, { env: environment.env, json: output.json, stdin });
  const docker = createDocker(context);
  const work: Work = { context, docker, name, command, options };
  try {
    const result = await (output.json ? collect(work) : connect(work));
    if (result === undefined) return ExitCode.hungUp;
    if (result.detached) output.info(`\nleft "${sanitizeLine(command[0] ?? '')}" running in "${sanitizeLine(name)}"`);
    return passOn(result.exitCode);
  } finally {
    docker.close();
  }
};

interface Work {
  readonly context: CommandContext;
  readonly docker: ObjDocker;
  readonly name: string;
  readonly command: readonly string[];
  readonly options: ExecOptions;
}

/** Joins our standard streams with the command's until it ends; undefined when our terminal is closed before. */
async function connect({ context, docker, name, command, options }: Work): Promise<ExecutionResult | undefined> {
  const { output } = context;
  using input = new CommandInput(context.stdin, { raw: options.tty });
  const signal = AbortSignal.any([context.signal, input.hangUp]);
  const execution = docker.executeCommand(name, command, {
    ...common(options, input),
    ...(options.tty ? { tty: output.terminalSize } : {}),
    signal,
  });
  const stopFollowing = options.tty ? output.onResize(() => void execution.resize(output.terminalSize)) : () => {};
  try {
    for await (const { stream, data } of execution) await output.send(stream, data, signal);
    return await execution.result;
  } catch (error) {
    if (input.hangUp.aborted) return undefined;
    throw await whatHappened(execution.result, error);
  } finally {
    stopFollowing();
  }
}

/** Why a command ended, when it was left early: that it could not be ended matters more than why it was to be. */
async function whatHappened(result: Promise<unknown>, error: unknown): Promise<unknown> {
  const outcome = await result.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return isObjDockerError(outcome) && outcome.details.running === true ? outcome : error;
}

/** Runs the command to its end and prints what it did as one document. */
async function collect({ context, docker, name, command, options }: Work): Promise<ExecutionResult> {
  using input = new CommandInput(context.stdin);
  const execution = docker.executeCommand(name, command, { ...common(options, input), signal: context.signal });
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

/** Text where it is UTF-8, else base64; the end of a stream that was cut may be part of a character. */
function encode(bytes: Uint8Array, truncated: boolean): { text: string; encoding: 'utf8' | 'base64' } {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    return { text: decoder.decode(bytes, { stream: truncated }), encoding: 'utf8' };
  } catch {
    return { text: Buffer.from(bytes).toString('base64'), encoding: 'base64' };
  }
}

function common({ interactive, user, workdir, env, timeoutMs }: ExecOptions, input: CommandInput): ExecuteOptions {
  return { ...(interactive ? { stdin: input } : {}), user, workdir, env, timeoutMs };
}
