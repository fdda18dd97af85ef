import { setTimeout as sleep } from 'node:timers/promises';
import { lookAgain } from '../containers/find.ts';
import { type CommandState, type PreparedCommand, pollCommand } from './prepared-command.ts';
import { processesHere } from './processes-here.ts';
import { processesInside } from './processes-inside.ts';

export type EndSignal = 'TERM' | 'KILL' | '0';

/** A way to the processes of one command, which the engine's API does not offer. */
export interface ProcessAccess {
  /** Signals all of them and returns how many there were; `0` only counts. Throws where this way does not work. */
  signal(signal: EndSignal): Promise<number>;
}

export interface Ending {
  /** The command runs on: nothing could be done about it. */
  readonly running: boolean;
  /** It had ended by itself before. */
  readonly hadEnded?: boolean;
  /** On the engine's machine, when it runs on. */
  readonly pid?: number;
  /** It runs on, and its container is paused. */
  readonly paused?: boolean;
}

const TOTAL_MS = 4_500;
/** How long a command may take to have a process. */
const START_MS = 1_000;
/** How long processes may take to end by themselves when they are asked. */
const GRACE_MS = 1_500;
const KILL_MS = 1_000;

/**
 * Ends a command and what it has started: asks its processes to end, and after a grace ends them. Tried in order: the
 * processes of this machine, when the engine is on it; a second command in the container, as the command's user and as root.
 * Never throws; takes about five seconds at the most.
 */
export async function endCommand(command: PreparedCommand): Promise<Ending> {
  const deadline = AbortSignal.timeout(TOTAL_MS);
  const state = await pollCommand(command, isDecided, { timeoutMs: START_MS, signal: deadline }).catch(
    () => 'unknown' as const,
  );
  if (state === 'unknown') return { running: true };
  if (state === undefined || !state.running) return { running: false, hadEnded: true };
  const ways: ProcessAccess[] = [
    processesHere(command, state.pid),
    processesInside(command, { user: command.user, signal: deadline }),
    processesInside(command, { user: '0', signal: deadline }),
  ];
  for (const way of ways) {
    if (deadline.aborted) break;
    if (await endBy(way, command, deadline).catch(() => false)) return { running: false };
  }
  const container = await lookAgain(command.engine, command.container.id, { signal: AbortSignal.timeout(500) }).catch(
    () => undefined,
  );
  return {
    running: true,
    ...(state.pid === undefined ? {} : { pid: state.pid }),
    ...(container?.state === 'paused' ? { paused: true } : {}),
  };
}

/** A command that was just started is neither running nor ended for a moment, and then runs without a process. */
function isDecided({ running, pid, exitCode }: CommandState): boolean {
  return running ? pid !== undefined : exitCode !== undefined;
}

/** Whether the command has ended by it. */
async function endBy(way: ProcessAccess, command: PreparedCommand, deadline: AbortSignal): Promise<boolean> {
  // The mark is there as soon as the program is, which the runtime's own process becomes.
  for (let looks = 4; (await way.signal('TERM')) === 0; looks--) {
    if (await hasEnded(command, looks === 0 ? 0 : 100, deadline)) return true;
    if (looks === 0) return false;
  }
  const patience = Date.now() + GRACE_MS;
  for (let pause = 25; Date.now() + pause < patience; pause = Math.min(pause * 2, 250)) {
    await sleep(pause, undefined, { signal: deadline });
    if ((await way.signal('0')) === 0) return hasEnded(command, KILL_MS, deadline);
  }
  // Again, for those that were started between looking and ending.
  for (let left = 3; left > 0 && (await way.signal('KILL')) > 0; left--)
    await sleep(20, undefined, { signal: deadline });
  return hasEnded(command, KILL_MS, deadline);
}

async function hasEnded(command: PreparedCommand, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  const state = await pollCommand(command, ({ running }) => !running, { timeoutMs, signal });
  return state === undefined || !state.running;
}
