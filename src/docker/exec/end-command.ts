import { pause, poll } from '../../lib/poll.ts';
import { inspectAgain } from '../containers/find.ts';
import { type CommandState, type PreparedCommand, pollCommand } from './prepared-command.ts';
import { containerProcesses, localProcesses, type ProcessAccess } from './process-access.ts';

export interface EndResult {
  /** The command still runs: it could not be ended. */
  readonly running: boolean;
  /** The command had exited before it was signaled. */
  readonly hadEnded?: boolean;
  /** Process id on the engine's machine, when it still runs. */
  readonly pid?: number;
  /** The command still runs because its container is paused. */
  readonly paused?: boolean;
}

const TOTAL_MS = 4_500;
/** How long the engine may take to create the process of a command. */
const START_MS = 1_000;
/** How long processes may take to exit after SIGTERM, before SIGKILL. */
const GRACE_MS = 1_500;
const KILL_MS = 1_000;

/**
 * Ends a command and its child processes: SIGTERM, then SIGKILL after a grace period. Tries the processes of this machine first
 * (for a local engine), then a second command in the container, as the command's user and as root. Never throws; takes at most
 * about five seconds.
 */
export async function endCommand(command: PreparedCommand): Promise<EndResult> {
  const deadline = AbortSignal.timeout(TOTAL_MS);
  const state = await pollCommand(command, isSettled, { timeoutMs: START_MS, signal: deadline }).catch(
    () => 'unknown' as const,
  );
  if (state === 'unknown') return { running: true };
  if (state === undefined || !state.running) return { running: false, hadEnded: true };
  const accesses: ProcessAccess[] = [
    localProcesses(command, state.pid),
    containerProcesses(command, { user: command.user, signal: deadline }),
    containerProcesses(command, { user: '0', signal: deadline }),
  ];
  for (const access of accesses) {
    if (deadline.aborted) break;
    if (await endWith(access, command, deadline).catch(() => false)) return { running: false };
  }
  const container = await inspectAgain(command.engine, command.container.id, {
    signal: AbortSignal.timeout(500),
  }).catch(() => undefined);
  return {
    running: true,
    ...(state.pid === undefined ? {} : { pid: state.pid }),
    ...(container?.state === 'paused' ? { paused: true } : {}),
  };
}

/** A command that was just started is first neither running nor exited, then running without a process id. */
function isSettled({ running, pid, exitCode }: CommandState): boolean {
  return running ? pid !== undefined : exitCode !== undefined;
}

/** Returns whether the command has ended. */
async function endWith(access: ProcessAccess, command: PreparedCommand, deadline: AbortSignal): Promise<boolean> {
  // The first process is the runtime's own until it becomes the program. Only then does it carry the marker.
  for (let looks = 4; (await access.signal('TERM')) === 0; looks--) {
    if (await hasEnded(command, looks === 0 ? 0 : 100, deadline)) return true;
    if (looks === 0) return false;
  }
  await pause(25, deadline);
  const gone = await poll(async () => (await access.signal('0')) === 0 || undefined, {
    firstMs: 40,
    longestMs: 250,
    timeoutMs: GRACE_MS,
    signal: deadline,
  });
  if (gone) return hasEnded(command, KILL_MS, deadline);
  // Repeated for processes that were forked between the search and the signal.
  for (let left = 3; left > 0 && (await access.signal('KILL')) > 0; left--) await pause(20, deadline);
  return hasEnded(command, KILL_MS, deadline);
}

async function hasEnded(command: PreparedCommand, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  const state = await pollCommand(command, ({ running }) => !running, { timeoutMs, signal });
  return state === undefined || !state.running;
}
