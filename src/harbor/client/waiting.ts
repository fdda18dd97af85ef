import { isObjDockerError, type ObjDockerError } from '../../errors.ts';
import { MAX_TIMER_MS, poll } from '../../lib/poll.ts';

/** How often to poll a task of Harbor, in milliseconds. */
export interface Pace {
  /** The delay before the second poll. Each delay is 1.5 times the previous one. @default 500 */
  readonly firstMs: number;
  /** @default 5000 */
  readonly longestMs: number;
  /** How long a state that may be temporary must last before it counts. @default 5000 */
  readonly settleMs: number;
  /** How long a task may stay in one state before the wait asks why. @default 20000 */
  readonly stallMs: number;
}

export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  /** The deadline for the result, in milliseconds from the start. */
  readonly timeoutMs?: number | undefined;
  readonly pace?: Partial<Pace> | undefined;
}

const DEFAULT_PACE: Pace = { firstMs: 500, longestMs: 5_000, settleMs: 5_000, stallMs: 20_000 };

/** A deadline for a wait. */
export interface Deadline {
  /** Aborted when the caller's signal is aborted, and when the deadline passes. */
  readonly signal: AbortSignal;
  /** Whether the deadline passed and the caller did not abort. */
  readonly over: () => boolean;
  readonly end: () => void;
}

/** Starts a {@link Deadline}. It uses a timer, because the clocks of Harbor and of this computer may be wrong. */
export function startDeadline(timeoutMs: number, signal: AbortSignal): Deadline {
  const controller = new AbortController();
  const end = () => controller.abort(new Error(`no result within ${timeoutMs} ms`));
  const timer = setTimeout(end, Math.min(timeoutMs, MAX_TIMER_MS));
  return {
    signal: AbortSignal.any([signal, controller.signal]),
    over: () => controller.signal.aborted && !signal.aborted,
    end: () => clearTimeout(timer),
  };
}

export interface LookOptions {
  readonly pace?: Partial<Pace> | undefined;
  readonly signal: AbortSignal;
  /** Called each time that Harbor is not available. */
  readonly onTrouble: (error: ObjDockerError) => void;
}

/** A pace with its defaults. */
export function fullPace(pace: Partial<Pace> | undefined): Pace {
  return { ...DEFAULT_PACE, ...pace };
}

/**
 * Calls `look` until it returns a result, with growing delays. The wait continues while Harbor is unavailable, for example
 * during a restart.
 *
 * @throws {ObjDockerError} CANCELLED when the signal is aborted, and each error of `look` that is not temporary.
 */
export async function lookUntil<T>(
  look: () => Promise<T | undefined>,
  { signal, onTrouble, ...options }: LookOptions,
): Promise<T> {
  const pace = fullPace(options.pace);
  const lookOnce = async (): Promise<T | undefined> => {
    try {
      return await look();
    } catch (error) {
      if (!isObjDockerError(error) || !mayPass(error)) throw error;
      onTrouble(error);
      return undefined;
    }
  };
  return poll(lookOnce, { firstMs: pace.firstMs, longestMs: pace.longestMs, signal });
}

/** Whether the error is temporary: Harbor, or the proxy in front of it, may be starting. */
export function mayPass(error: ObjDockerError): boolean {
  if (error.code === 'REGISTRY_UNREACHABLE') return true;
  const { status } = error.details;
  return error.code === 'REGISTRY_ERROR' && typeof status === 'number' && (status === 429 || status >= 500);
}
