import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import { asRecord, asText } from '../../lib/json.ts';
import type { OutputChunk } from '../../model/instance.ts';
import type { ExecuteOptions, ExecutionResult } from '../../substrate/obj-substrate.ts';
import type { Engine } from '../connection/engine.ts';
import { EngineHttpError } from '../connection/engine-http.ts';
import { type FoundContainer, findContainer, goneMeanwhile, lookAgain } from '../containers/find.ts';
import { containerPath } from '../containers/request.ts';
import { endCommand } from './end-command.ts';
import { connectionLost, explainRefusal, explainStart, instanceStopped, stoppedBefore } from './exec-failure.ts';
import { createBody, startBody, takesSize } from './exec-request.ts';
import { readOutput, StartFailure } from './output.ts';
import { type CommandState, inspectCommand, neverRan, type PreparedCommand, pollCommand } from './prepared-command.ts';
import { isBroken, sendInput } from './stdin.ts';
import type { Stop } from './stop.ts';
import type { Terminal } from './terminal.ts';

export type Connect = (options: { readonly signal?: AbortSignal | undefined }) => Promise<Engine>;

export interface CommandRun {
  readonly name: string;
  readonly command: readonly string[];
  readonly options: ExecuteOptions;
  readonly connect: Connect;
  readonly terminal: Terminal;
  readonly stop: Stop;
  /** Resolves when more output may come. */
  readonly deliver: (chunk: OutputChunk) => Promise<void>;
}

export type CommandEnd = Pick<ExecutionResult, 'exitCode' | 'detached'>;

/** What the engine reports for a process that was ended by SIGKILL, as all are when their container stops. */
const KILLED = 137;
/** How long a request that starts a command may take to be answered after the command is to be stopped. */
const START_MS = 2_000;

/** Runs a command from the first request to its exit code. */
export async function runCommand(run: CommandRun): Promise<CommandEnd> {
  const { stop, name, connect } = run;
  const program = run.command[0] ?? '';
  let prepared: Prepared | undefined;
  try {
    const engine = await connect({ signal: stop.signal });
    prepared = await prepare(run, engine);
    const connection = await start(run, prepared);
    const detached = await converse(run, prepared, connection);
    return detached ? { exitCode: 0, detached } : await outcome(run, prepared);
  } catch (error) {
    if (stop.stopped) {
      const ending = prepared?.started ? await endCommand(prepared) : undefined;
      throw stop.explain({ program, container: prepared?.container.name ?? name, ending });
    }
    if (error instanceof StartFailure && prepared !== undefined) {
      throw await explainNotStarted(prepared, explainStart(error.message, prepared.subject));
    }
    // Nobody could read what it still writes.
    if (prepared?.started && isObjDockerError(error) && error.code === 'ENGINE_ERROR') await endCommand(prepared);
    if (isObjDockerError(error) || prepared === undefined) throw error;
    throw await explainBreak(error, prepared);
  }
}

interface Prepared extends PreparedCommand {
  readonly subject: Parameters<typeof explainStart>[1];
  readonly startedAt: string | undefined;
  /** The request that starts it may have reached the engine. */
  started: boolean;
}

async function prepare({ name, command, options, stop }: CommandRun, engine: Engine): Promise<Prepared> {
  const found = await findContainer(engine, name, { signal: stop.signal });
  const { id, answer } = found;
  const [program = ''] = command;
  const subject = { container: found.name, program, user: options.user, workdir: options.workdir };
  const mark = randomBytes(16).toString('hex');
  try {
    const created = await engine.http.json(containerPath(engine, id, '/exec'), {
      method: 'POST',
      body: createBody(command, options, mark),
      signal: stop.signal,
    });
    const base = { engine, mark, program, user: options.user, container: { id, name: found.name } };
    return { ...base, id: asText(created.Id) ?? '', subject, startedAt: startOf(answer), started: false };
  } catch (error) {
    throw explainRefusal(error, subject) ?? (await engine.explain(error));
  }
}

function startOf(answer: FoundContainer['answer']): string | undefined {
  return asText(asRecord(answer.State)?.StartedAt);
}

/** Starts the command. Once the engine may know of it the request is not given up: what was started could not be ended. */
async function start({ options, stop, terminal }: CommandRun, prepared: Prepared): Promise<Duplex> {
  const { engine, id } = prepared;
  stop.signal.throwIfAborted();
  prepared.started = true;
  const abandon = new AbortController();
  const opening = engine.http.upgrade(`${engine.apiPath}/exec/${id}/start`, {
    body: startBody(options, engine.apiPath),
    signal: abandon.signal,
  });
  const connection = await stop.interrupt.wait(opening).catch(async (error: unknown) => {
    const refusal = explainRefusal(error, prepared.subject);
    throw refusal === undefined ? error : await explainNotStarted(prepared, refusal);
  });
  if (connection !== undefined) {
    terminal.begin(prepared, takesSize(engine.apiPath) ? options.tty : undefined);
    return connection;
  }
  const late = await Promise.race([opening.catch(() => undefined), sleep(START_MS, undefined, { ref: false })]);
  if (late === undefined) abandon.abort();
  else late.destroy();
  throw stop.signal.reason;
}

/** Hands the input in and the output out, until the output ends, or the user leaves the terminal: then it returns true. */
async function converse(run: CommandRun, prepared: Prepared, connection: Duplex): Promise<boolean> {
  const { options, stop, deliver } = run;
  const tty = options.tty !== undefined;
  const hangUp = () => connection.destroy();
  stop.signal.addEventListener('abort', hangUp);
  // An error may come when nobody reads: in between two pieces that somebody is slow to take.
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
    if (!detached && !(await endedWithInputLeft(error, run, prepared))) throw error;
  } finally {
    stop.signal.removeEventListener('abort', hangUp);
    connection.destroy();
  }
  return detached;
}

/** Whether the connection broke only because the command ended without reading its input: all of its output has come then. */
async function endedWithInputLeft(error: unknown, { options, stop }: CommandRun, prepared: Prepared): Promise<boolean> {
  if (options.stdin === undefined || !isBroken(error)) return false;
  const state = await pollCommand(prepared, ({ running }) => !running, { signal: stop.signal, timeoutMs: 1_000 });
  return state?.running === false;
}

/** How the command ended: its output may end before it does. */
async function outcome({ stop }: CommandRun, prepared: Prepared): Promise<CommandEnd> {
  const state = await pollCommand(prepared, ({ running }) => !running, { signal: stop.signal });
  if (state === undefined || state.exitCode === KILLED) {
    if ((await fateOfInstance(prepared)) !== 'runs') throw instanceStopped(prepared);
  }
  if (state !== undefined && neverRan(state)) throw new StartFailure('');
  return { exitCode: exitCodeOf(state, prepared), detached: false };
}

function exitCodeOf(state: CommandState | undefined, { program, container }: Prepared): number {
  if (state?.exitCode !== undefined) return state.exitCode;
  throw new ObjDockerError(
    'ENGINE_ERROR',
    `the engine does not know how "${program}" in container "${container.name}" ended`,
    {
      hint: 'It forgets that when it is restarted, and some minutes after the end: take the output faster.',
    },
  );
}

/**
 * Why a command was not started: when the container has stopped meanwhile, that is the reason, whatever the engine says then (no
 * such program, no such command, a broken pipe to the runtime).
 */
async function explainNotStarted(prepared: Prepared, refusal: ObjDockerError): Promise<ObjDockerError> {
  if (refusal.code === 'INSTANCE_PAUSED') return refusal;
  const fate = await fateOfInstance(prepared).catch(() => 'runs' as const);
  if (fate === 'runs') return refusal;
  return fate === 'gone' ? goneMeanwhile(prepared.container) : stoppedBefore(prepared);
}

/** The container's own state follows that of its processes by a moment. */
async function fateOfInstance({ engine, container, startedAt }: Prepared): Promise<'runs' | 'stopped' | 'gone'> {
  for (let look = 0; look < 4; look++) {
    const now = await lookAgain(engine, container.id);
    if (now === undefined) return 'gone';
    if (startOf(now.answer) !== startedAt) return 'stopped';
    if (now.state !== 'running' && now.state !== 'paused') return 'stopped';
    await sleep(50);
  }
  return 'runs';
}

/** The connection failed: what is known of the command then. */
async function explainBreak(error: unknown, prepared: Prepared): Promise<ObjDockerError> {
  if (error instanceof EngineHttpError) return prepared.engine.explain(error);
  const state = await inspectCommand(prepared, AbortSignal.timeout(2_000)).catch(() => undefined);
  return connectionLost(prepared, error, state);
}
