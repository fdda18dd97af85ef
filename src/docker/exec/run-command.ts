import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import { asText } from '../../lib/json.ts';
import { poll } from '../../lib/poll.ts';
import type { OutputChunk } from '../../model/instance.ts';
import type { ExecuteOptions, ExecutionResult } from '../../substrate/obj-substrate.ts';
import type { Engine } from '../connection/engine.ts';
import { EngineHttpError } from '../connection/http.ts';
import { containerPath } from '../connection/request.ts';
import { containerDeleted, findContainer, inspectAgain, startedAt } from '../containers/find.ts';
import type { EarlyEnd } from './early-end.ts';
import { endCommand } from './end-command.ts';
import { connectionLost, explainErrorResponse, explainStart, instanceStopped, stoppedBeforeStart } from './failure.ts';
import { readOutput, StartFailure } from './output.ts';
import { type CommandState, inspectCommand, neverRan, type PreparedCommand, pollCommand } from './prepared-command.ts';
import { createBody, startBody, takesSize } from './request.ts';
import { isBrokenPipe, sendInput } from './stdin.ts';
import type { Terminal } from './terminal.ts';

export type Connect = (options: { readonly signal?: AbortSignal | undefined }) => Promise<Engine>;

export interface CommandRun {
  readonly name: string;
  readonly command: readonly string[];
  readonly options: ExecuteOptions;
  readonly connect: Connect;
  readonly terminal: Terminal;
  readonly stop: EarlyEnd;
  /** Delivers output. Resolves when the consumer is ready for more. */
  readonly deliver: (chunk: OutputChunk) => Promise<void>;
}

export type CommandEnd = Pick<ExecutionResult, 'exitCode' | 'detached'>;

/** Exit code after SIGKILL, which ends every process when its container stops. */
const KILLED = 137;
/** How long to wait for the response to a start request when the command was stopped meanwhile. */
const START_MS = 2_000;

/** Runs a command and returns its exit code. */
export async function runCommand(run: CommandRun): Promise<CommandEnd> {
  const { stop, name, connect } = run;
  const program = run.command[0] ?? '';
  let prepared: Prepared | undefined;
  try {
    const engine = await connect({ signal: stop.signal });
    prepared = await prepare(run, engine);
    const connection = await start(run, prepared);
    const detached = await transferStreams(run, prepared, connection);
    return detached ? { exitCode: 0, detached } : await waitForExit(run, prepared);
  } catch (error) {
    if (stop.stopped) {
      const ending = prepared?.started ? await endCommand(prepared) : undefined;
      throw stop.explain({ program, container: prepared?.container.name ?? name, ending });
    }
    if (error instanceof StartFailure && prepared !== undefined) {
      throw await explainNotStarted(prepared, explainStart(error.message, prepared.target));
    }
    // The rest of its output cannot be read.
    if (prepared?.started && isObjDockerError(error) && error.code === 'ENGINE_ERROR') await endCommand(prepared);
    if (isObjDockerError(error) || prepared === undefined) throw error;
    throw await explainLostConnection(error, prepared);
  }
}

interface Prepared extends PreparedCommand {
  readonly target: Parameters<typeof explainStart>[1];
  readonly startedAt: string | undefined;
  /** The start request may have reached the engine. */
  started: boolean;
}

async function prepare({ name, command, options, stop }: CommandRun, engine: Engine): Promise<Prepared> {
  const found = await findContainer(engine, name, { signal: stop.signal });
  const { id } = found;
  const [program = ''] = command;
  const target = { container: found.name, program, user: options.user, workdir: options.workdir };
  const marker = randomBytes(16).toString('hex');
  try {
    const created = await engine.http.json(containerPath(engine, id, '/exec'), {
      method: 'POST',
      body: createBody(command, options, marker),
      signal: stop.signal,
    });
    const base = { engine, marker, program, user: options.user, container: { id, name: found.name } };
    return { ...base, id: asText(created.Id) ?? '', target, startedAt: startedAt(found), started: false };
  } catch (error) {
    throw explainErrorResponse(error, target) ?? (await engine.explain(error));
  }
}

/** Starts the command. A stop does not abort the request: the engine may have started the command, which must then be ended. */
async function start({ options, stop, terminal }: CommandRun, prepared: Prepared): Promise<Duplex> {
  const { engine, id } = prepared;
  stop.signal.throwIfAborted();
  prepared.started = true;
  const aborting = new AbortController();
  const opening = engine.http.upgrade(`${engine.apiPath}/exec/${id}/start`, {
    body: startBody(options, engine.apiPath),
    signal: aborting.signal,
  });
  const connection = await stop.interrupt.wait(opening).catch(async (error: unknown) => {
    const explained = explainErrorResponse(error, prepared.target);
    throw explained === undefined ? error : await explainNotStarted(prepared, explained);
  });
  if (connection !== undefined) {
    terminal.attach(prepared, takesSize(engine.apiPath) ? options.tty : undefined);
    return connection;
  }
  const late = await Promise.race([opening.catch(() => undefined), sleep(START_MS, undefined, { ref: false })]);
  if (late === undefined) aborting.abort();
  else late.destroy();
  throw stop.signal.reason;
}

/** Transfers input and output until the output ends. Returns true when the user detached from the terminal. */
async function transferStreams(run: CommandRun, prepared: Prepared, connection: Duplex): Promise<boolean> {
  const { options, stop, deliver } = run;
  const tty = options.tty !== undefined;
  const hangUp = () => connection.destroy();
  stop.signal.addEventListener('abort', hangUp);
  // An error may arrive between two reads, while a slow consumer takes a chunk.
  connection.on('error', () => {});
  let detached = false;
  if (options.stdin !== undefined) {
    sendInput(options.stdin, connection, tty).then(
      (end) => {
        detached = end === 'detached';
        if (detached) hangUp();
      },
      (error: unknown) => stop.inputFailed(error),
    );
  }
  try {
    for await (const chunk of readOutput(connection, prepared, { tty, signal: stop.signal })) {
      await deliver(chunk);
      stop.signal.throwIfAborted();
    }
  } catch (error) {
    if (!detached && !(await exitedWithUnreadInput(error, run, prepared))) throw error;
  } finally {
    stop.signal.removeEventListener('abort', hangUp);
    connection.destroy();
  }
  return detached;
}

/** Whether the connection broke only because the command exited without reading all input. Its output is then complete. */
async function exitedWithUnreadInput(
  error: unknown,
  { options, stop }: CommandRun,
  prepared: Prepared,
): Promise<boolean> {
  if (options.stdin === undefined || !isBrokenPipe(error)) return false;
  const state = await pollCommand(prepared, ({ running }) => !running, { signal: stop.signal, timeoutMs: 1_000 });
  return state?.running === false;
}

/** Waits for the exit, which may come after the end of the output. */
async function waitForExit({ stop }: CommandRun, prepared: Prepared): Promise<CommandEnd> {
  const state = await pollCommand(prepared, ({ running }) => !running, { signal: stop.signal });
  if (state === undefined || state.exitCode === KILLED) {
    if ((await stateOfContainer(prepared)) !== 'running') throw instanceStopped(prepared);
  }
  if (state !== undefined && neverRan(state)) throw new StartFailure('');
  return { exitCode: exitCodeOf(state, prepared), detached: false };
}

function exitCodeOf(state: CommandState | undefined, { program, container }: Prepared): number {
  if (state?.exitCode !== undefined) return state.exitCode;
  throw new ObjDockerError(
    'ENGINE_ERROR',
    `the engine no longer has the exit code of "${program}" in container "${container.name}"`,
    {
      hint: 'It drops exit codes at a restart, and some minutes after the exit: read the output sooner.',
    },
  );
}

/**
 * Explains a command that was not started. When the container stopped meanwhile, that is the reason, and the engine's own text
 * misleads (no such program, no such exec, a broken pipe to the runtime).
 */
async function explainNotStarted(prepared: Prepared, explained: ObjDockerError): Promise<ObjDockerError> {
  if (explained.code === 'INSTANCE_PAUSED') return explained;
  const state = await stateOfContainer(prepared).catch(() => 'running' as const);
  if (state === 'running') return explained;
  return state === 'deleted' ? containerDeleted(prepared.container) : stoppedBeforeStart(prepared);
}

/** Inspects the container several times: its state changes shortly after its processes exit. */
async function stateOfContainer({
  engine,
  container,
  startedAt: previousStart,
}: Prepared): Promise<'running' | 'stopped' | 'deleted'> {
  const look = async (): Promise<'stopped' | 'deleted' | undefined> => {
    const now = await inspectAgain(engine, container.id);
    if (now === undefined) return 'deleted';
    if (startedAt(now) !== previousStart) return 'stopped';
    return now.state === 'running' || now.state === 'paused' ? undefined : 'stopped';
  };
  return (await poll(look, { firstMs: 50, timeoutMs: 250 })) ?? 'running';
}

/** Makes the error for a lost connection, with the command's state as far as it is known. */
async function explainLostConnection(error: unknown, prepared: Prepared): Promise<ObjDockerError> {
  if (error instanceof EngineHttpError) return prepared.engine.explain(error);
  const state = await inspectCommand(prepared, AbortSignal.timeout(2_000)).catch(() => undefined);
  return connectionLost(prepared, error, state);
}
