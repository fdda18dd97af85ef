import { cancelled, expectListeners, throwIfCancelled } from './operation.ts';

/** Node's longest timer, in milliseconds; a longer one fires at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

export interface PollOptions {
  /** The pause after the first look, in milliseconds. */
  readonly firstMs: number;
  /** Pauses grow by half each time, up to this. @default firstMs */
  readonly longestMs?: number | undefined;
  /** No look begins later than this after the first. @default never ends */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Calls `look` until it returns something other than undefined.
 *
 * @returns undefined when the time is over
 * @throws {ObjDockerError} CANCELLED when the signal is aborted, and what `look` throws.
 */
export function poll<T>(
  look: () => Promise<T | undefined>,
  options: PollOptions & { readonly timeoutMs?: undefined },
): Promise<T>;
export function poll<T>(look: () => Promise<T | undefined>, options: PollOptions): Promise<T | undefined>;
export async function poll<T>(
  look: () => Promise<T | undefined>,
  { firstMs, longestMs = firstMs, timeoutMs = Number.POSITIVE_INFINITY, signal }: PollOptions,
): Promise<T | undefined> {
  const deadline = performance.now() + timeoutMs;
  for (let pauseMs = firstMs; ; pauseMs = Math.min(pauseMs * 1.5, longestMs)) {
    const result = await look();
    if (result !== undefined || performance.now() + pauseMs > deadline) return result;
    await pause(pauseMs, signal);
  }
}

/**
 * Waits.
 *
 * @throws {ObjDockerError} CANCELLED as soon as the signal is aborted.
 */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  throwIfCancelled(signal);
  expectListeners(signal);
  // The global timer and not that of timers/promises, which a fake clock of a test does not reach.
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(end, ms);
    const onAbort = (): void => {
      clearTimeout(timer);
      if (signal !== undefined) reject(cancelled(signal));
    };
    function end(): void {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
