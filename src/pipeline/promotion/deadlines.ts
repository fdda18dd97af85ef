import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import { cancelled, expectListeners } from '../../lib/operation.ts';

/** How long the parts of a promotion may take, in milliseconds. */
export interface PromotionDeadlines {
  /** One request. */
  readonly requestMs: number;
  /** From the look at whether the release has ended to the move of a tag, both together. */
  readonly moveMs: number;
  /** Moving all tags. */
  readonly movesMs: number;
  /** Undoing the moves; the same again for recording the end of the release. */
  readonly undoMs: number;
  /** What is left of each phase after the caller has cancelled. */
  readonly afterCancelMs: number;
  /** The wait before an undo is tried again. */
  readonly retryMs: number;
  /** How long nothing must change before the release of another run is finished for it: it may still be in progress. */
  readonly settleMs: number;
}

export const PROMOTION_DEADLINES: PromotionDeadlines = {
  requestMs: 10_000,
  moveMs: 10_000,
  movesMs: 60_000,
  undoMs: 20_000,
  afterCancelMs: 1_800,
  retryMs: 300,
  settleMs: 4_000,
};

/** The deadline of a phase, which a cancellation shortens but does not end at once. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
  /** Options for a request of the phase. */
  requestOptions(timeoutMs: number): RequestOptions;
  /** Replaces the error of a request that the deadline aborted. */
  explain(error: unknown): unknown;
}

/** Starts a phase of `ms`, or of `afterCancelMs` from when the caller's signal is aborted, if that is earlier. */
export function startPhase(
  host: string,
  ms: number,
  { afterCancelMs, signal }: { readonly afterCancelMs: number; readonly signal?: AbortSignal | undefined },
): Deadline {
  const end = new AbortController();
  expectListeners(end.signal);
  const timers: NodeJS.Timeout[] = [];
  const endAfter = (delay: number) => void timers.push(setTimeout(() => end.abort(), delay));
  const onCancel = () => endAfter(afterCancelMs);
  const deadline = performance.now() + ms;
  endAfter(ms);
  if (signal?.aborted) onCancel();
  else signal?.addEventListener('abort', onCancel, { once: true });
  return {
    signal: end.signal,
    requestOptions: (timeoutMs) => ({ signal: end.signal, timeoutMs, deadline }),
    explain(error) {
      if (!end.signal.aborted || !isObjDockerError(error) || error.code !== 'CANCELLED') return error;
      if (signal?.aborted) return cancelled(signal);
      return new ObjDockerError('TIMEOUT', `${host} did not move the public tags within ${ms / 1000} seconds`, {
        hint: `Check the registry: objdocker registry ${host}`,
      });
    },
    [Symbol.dispose]() {
      for (const timer of timers) clearTimeout(timer);
      signal?.removeEventListener('abort', onCancel);
    },
  };
}
