import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import type { CallOptions } from '../../harbor/harbor.ts';
import { cancelled, expectListeners } from '../../lib/operation.ts';

/** How long a promotion takes its time, in milliseconds. */
export interface PromotionPace {
  /** For each request. */
  readonly requestMs: number;
  /** For moving all tags. */
  readonly movesMs: number;
  /** For putting back those that were moved, and for taking the notes off. */
  readonly backMs: number;
  /** For each of these from when somebody waits for the end. */
  readonly hurriedMs: number;
  /** Before what failed for a moment is tried again on the way back. */
  readonly againMs: number;
  /** How long the tags of an earlier run must stand still before they are touched: it may be moving them right now. */
  readonly settleMs: number;
}

export const PROMOTION_PACE: PromotionPace = {
  requestMs: 10_000,
  movesMs: 60_000,
  backMs: 20_000,
  hurriedMs: 1_800,
  againMs: 300,
  settleMs: 4_000,
};

/** The end of a phase that no caller's signal cancels. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
  /** For a request of the phase, which may take so long, in milliseconds. */
  calls(timeoutMs: number): CallOptions;
  /** What an error of the phase is: a request that was given up because the time was over says so. */
  explain(error: unknown): unknown;
}

/** Starts a phase: it lasts so long, and no longer than `hurriedMs` from when the caller's signal is aborted. */
export function startPhase(
  host: string,
  ms: number,
  { hurriedMs, signal }: { readonly hurriedMs: number; readonly signal?: AbortSignal | undefined },
): Deadline {
  const end = new AbortController();
  expectListeners(end.signal);
  const timers: NodeJS.Timeout[] = [];
  const after = (delay: number) => void timers.push(setTimeout(() => end.abort(), delay));
  const hurry = () => after(hurriedMs);
  const giveUpAt = performance.now() + ms;
  after(ms);
  if (signal?.aborted) hurry();
  else signal?.addEventListener('abort', hurry, { once: true });
  return {
    signal: end.signal,
    calls: (timeoutMs) => ({ signal: end.signal, timeoutMs, giveUpAt }),
    explain(error) {
      if (!end.signal.aborted || !isObjDockerError(error) || error.code !== 'CANCELLED') return error;
      if (signal?.aborted) return cancelled(signal);
      return new ObjDockerError('TIMEOUT', `${host} did not move the public tags within ${ms / 1000} seconds`, {
        hint: `Look at it with: objdocker registry ${host}`,
      });
    },
    [Symbol.dispose]() {
      for (const timer of timers) clearTimeout(timer);
      signal?.removeEventListener('abort', hurry);
    },
  };
}
