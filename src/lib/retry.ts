// p-retry 7 was considered. It computes each delay itself: Retry-After, full jitter and a deadline that the next attempt must
// meet would all go into its callbacks, with its own delays switched off.
import { pause } from './poll.ts';

/** How often and how long a request is repeated. All times are in milliseconds. */
export interface RetryPolicy {
  /** The most repetitions of one request. */
  readonly retries: number;
  /** The longest delay before the first repetition. It doubles with each. */
  readonly baseMs: number;
  /** The longest delay that the client chooses. */
  readonly maxDelayMs: number;
  /** The longest delay that a server may request (Retry-After). */
  readonly maxRetryAfterMs: number;
  /** From the start of the first attempt to the start of the last. */
  readonly totalMs: number;
}

export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  retries: 5,
  baseMs: 250,
  maxDelayMs: 8_000,
  maxRetryAfterMs: 30_000,
  totalMs: 90_000,
};

/** A result that is worth a repetition. */
export interface Retryable {
  /** The delay that the server requests, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** Whether to repeat after `maxRetryAfterMs` when the server requests a longer delay. @default false */
  readonly capRetryAfter?: boolean | undefined;
}

export interface RetryOptions<T> {
  readonly policy?: RetryPolicy | undefined;
  /** From 0 up to 1. @default Math.random */
  readonly random?: (() => number) | undefined;
  /** No attempt starts later than this, as `performance.now()` counts. */
  readonly deadline?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Undefined for a result that is final. */
  readonly retryOn: (result: T) => Retryable | undefined;
  /** Called before each delay. `repetition` is 1 for the first. */
  readonly onRetry?: ((result: T, next: { readonly repetition: number; readonly delayMs: number }) => void) | undefined;
}

/**
 * Repeats an attempt until its result is final, or the policy or the deadline ends it. Returns the last result.
 *
 * @throws {ObjDockerError} CANCELLED when the signal is aborted, and what an attempt throws: that is not repeated.
 */
export async function retry<T>(attempt: () => Promise<T>, options: RetryOptions<T>): Promise<T> {
  const { policy = DEFAULT_RETRY_POLICY, random = Math.random, retryOn, onRetry, signal } = options;
  const latest = Math.min(performance.now() + policy.totalMs, options.deadline ?? Number.POSITIVE_INFINITY);
  for (let repetition = 1; ; repetition++) {
    const result = await attempt();
    const retryable = retryOn(result);
    if (retryable === undefined || repetition > policy.retries) return result;
    const { retryAfterMs, capRetryAfter = false } = retryable;
    if (!capRetryAfter && (retryAfterMs ?? 0) > policy.maxRetryAfterMs) return result;
    const delayMs = retryDelay(repetition, random(), policy, retryAfterMs);
    if (performance.now() + delayMs > latest) return result;
    onRetry?.(result, { repetition, delayMs });
    await pause(delayMs, signal);
  }
}

/**
 * The delay before a repetition, in milliseconds. A server's Retry-After counts, up to the policy's limit. Otherwise the delay
 * is random up to a bound that doubles with each repetition (full jitter), so that many clients do not return at once.
 *
 * @param repetition 1 for the first
 * @param random from 0 up to 1
 */
export function retryDelay(
  repetition: number,
  random: number,
  policy: RetryPolicy,
  retryAfterMs: number | undefined,
): number {
  if (retryAfterMs !== undefined) return Math.min(retryAfterMs, policy.maxRetryAfterMs) + random * policy.baseMs;
  return random * Math.min(policy.maxDelayMs, policy.baseMs * 2 ** (repetition - 1));
}

/**
 * Reads a Retry-After header as milliseconds. Undefined without the header, and for a value that is neither seconds nor a date.
 *
 * @param now the server's time, when known: its clock may differ from ours
 */
export function readRetryAfter(value: string | undefined, now: Date): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now.getTime());
}

/** The server's time, from the Date header of its response. */
export function serverTime(date: string | undefined): Date | undefined {
  const time = Date.parse(date ?? '');
  return Number.isNaN(time) ? undefined : new Date(time);
}
