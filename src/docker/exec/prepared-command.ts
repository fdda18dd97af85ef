import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../connection/engine.ts';
import { EngineHttpError } from '../connection/engine-http.ts';

/** A command that the engine has made ready to run in a container. */
export interface PreparedCommand {
  readonly engine: Engine;
  readonly container: { readonly id: string; readonly name: string };
  /** The engine's id of it. */
  readonly id: string;
  /** What its processes have in their environment. */
  readonly mark: string;
  /** The first word: the others may hold secrets, and go into no message. */
  readonly program: string;
  readonly user: string | undefined;
}

export interface CommandState {
  readonly running: boolean;
  readonly exitCode: number | undefined;
  /** On the engine's machine; stays after the end. Undefined when there never was a process. */
  readonly pid: number | undefined;
}

/** What the engine says of a command; undefined when it knows it no more. */
export async function inspectCommand(
  { engine, id }: Pick<PreparedCommand, 'engine' | 'id'>,
  signal?: AbortSignal,
): Promise<CommandState | undefined> {
  try {
    const answer = await engine.http.json(`${engine.apiPath}/exec/${id}/json`, { signal, timeoutMs: 10_000 });
    return {
      running: answer.Running === true,
      exitCode: typeof answer.ExitCode === 'number' ? answer.ExitCode : undefined,
      pid: typeof answer.Pid === 'number' && answer.Pid > 0 ? answer.Pid : undefined,
    };
  } catch (error) {
    if (error instanceof EngineHttpError && error.status === 404) return undefined;
    throw error;
  }
}

/**
 * Asks for a command's state until it is the wanted one, or the time is over: at first often, then four times a second.
 * Returns the last answer.
 */
export async function pollCommand(
  command: PreparedCommand,
  wanted: (state: CommandState) => boolean,
  { signal, timeoutMs = Number.POSITIVE_INFINITY }: { signal?: AbortSignal; timeoutMs?: number } = {},
): Promise<CommandState | undefined> {
  const deadline = Date.now() + timeoutMs;
  for (let pause = 5; ; pause = Math.min(pause * 2, 250)) {
    const state = await inspectCommand(command, signal);
    if (state === undefined || wanted(state) || Date.now() + pause > deadline) return state;
    await sleep(pause, undefined, { signal });
  }
}

/** Whether the engine gave up before there was a process. */
export function neverRan(state: CommandState): boolean {
  return !state.running && state.pid === undefined && (state.exitCode === 126 || state.exitCode === 127);
}
