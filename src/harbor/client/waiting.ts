import { isObjDockerError, type ObjDockerError } from '../../errors.ts';
import { MAX_TIMER_MS, poll } from '../../lib/poll.ts';

/** How often to look at work that Harbor does, in milliseconds. */
export interface Pace {
  /** Before the second look; it grows by half with each. @default 500 */
  readonly firstMs: number;
  /** @default 5000 */
  readonly longestMs: number;
  /** How long something must be so before it is believed that may be so for a moment only. @default 5000 */
  readonly settleMs: number;
}

export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  /** Until when there must be a result, in milliseconds from the start. */
  readonly timeoutMs?: number | undefined;
  readonly pace?: Partial<Pace> | undefined;
}

const DEFAULT_PACE: Pace = { firstMs: 500, longestMs: 5_000, settleMs: 5_000 };

/** A wait that ends in time. */
export interface Deadline {
  /** Aborted when the caller's is, and when the time is over. */
  readonly signal: AbortSignal;
  /** Whether it was the time that ended it. */
  readonly over: () => boolean;
  readonly end: () => void;
}

/** Starts a {@link Deadline}. It counts by a timer: no clock, ours or Harbor's, has a say. */
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
  /** Told each time that Harbor could not be asked. */
  readonly onTrouble: (error: ObjDockerError) => void;
}

/** A pace with its defaults. */
export function fullPace(pace: Partial<Pace> | undefined): Pace {
  return { ...DEFAULT_PACE, ...pace };
}

/**
 * Calls `look` until it gives a result, with growing pauses. That Harbor is away meanwhile ends nothing: it may be restarted.
 *
 * @throws {ObjDockerError} CANCELLED when the signal is aborted, and what `look` throws that will not pass.
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

/** Whether Harbor, or the proxy before it, may only be starting. */
export function mayPass(error: ObjDockerError): boolean {
  if (error.code === 'REGISTRY_UNREACHABLE') return true;
  const { status } = error.details;
  return error.code === 'REGISTRY_ERROR' && typeof status === 'number' && (status === 429 || status >= 500);
}
