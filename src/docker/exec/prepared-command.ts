import { poll } from '../../lib/poll.ts';
import type { Engine } from '../connection/engine.ts';
import { EngineHttpError } from '../connection/http.ts';

/** A command that was created with `POST /containers/{id}/exec`. */
export interface PreparedCommand {
  readonly engine: Engine;
  readonly container: { readonly id: string; readonly name: string };
  /** The exec id. */
  readonly id: string;
  /** The value of OBJDOCKER_EXEC_ID in the environment of its processes. */
  readonly marker: string;
  /** The program, for messages. Arguments may hold secrets and never go into a message. */
  readonly program: string;
  readonly user: string | undefined;
}

export interface CommandState {
  readonly running: boolean;
  readonly exitCode: number | undefined;
  /** Process id on the engine's machine, also after the exit. Undefined when there never was a process. */
  readonly pid: number | undefined;
}

/** The state of a command; undefined when the engine no longer knows it. */
export async function inspectCommand(
  { engine, id }: Pick<PreparedCommand, 'engine' | 'id'>,
  signal?: AbortSignal,
): Promise<CommandState | undefined> {
  try {
    const response = await engine.http.json(`${engine.apiPath}/exec/${id}/json`, { signal, timeoutMs: 10_000 });
    return {
      running: response.Running === true,
      exitCode: typeof response.ExitCode === 'number' ? response.ExitCode : undefined,
      pid: typeof response.Pid === 'number' && response.Pid > 0 ? response.Pid : undefined,
    };
  } catch (error) {
    if (error instanceof EngineHttpError && error.status === 404) return undefined;
    throw error;
  }
}

/**
 * Polls a command's state until it meets the condition or the time-out ends, with pauses from 5 to 250 ms.
 * Returns the last state.
 */
export async function pollCommand(
  command: PreparedCommand,
  condition: (state: CommandState) => boolean,
  { signal, timeoutMs }: { signal?: AbortSignal; timeoutMs?: number } = {},
): Promise<CommandState | undefined> {
  let state: CommandState | undefined;
  const look = async (): Promise<true | undefined> => {
    state = await inspectCommand(command, signal);
    return state === undefined || condition(state) ? true : undefined;
  };
  await poll(look, { firstMs: 5, longestMs: 250, timeoutMs, signal });
  return state;
}

/** Whether the engine failed before it created a process. */
export function neverRan(state: CommandState): boolean {
  return !state.running && state.pid === undefined && (state.exitCode === 126 || state.exitCode === 127);
}
