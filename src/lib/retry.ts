/** How long to go on with what fails for a moment. All times are in milliseconds. */
export interface RetryPolicy {
  /** How often a request is repeated. */
  readonly retries: number;
  /** The longest wait before the first repetition; it doubles with each. */
  readonly baseMs: number;
  /** No wait of ours is longer. */
  readonly maxDelayMs: number;
  /** A server that asks us to wait longer (Retry-After) is asked again after this. */
  readonly maxRetryAfterMs: number;
  /** Nothing is repeated that would begin later than this after the first try. */
  readonly totalMs: number;
}

export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  retries: 5,
  baseMs: 250,
  maxDelayMs: 8_000,
  maxRetryAfterMs: 30_000,
  totalMs: 90_000,
};

/** What bounds a repetition; points in time are those of `performance.now()`. */
export interface RepetitionTimes {
  /** When it was tried first. */
  readonly started: number;
  /** When the caller gives up. */
  readonly deadline?: number | undefined;
  /** What the server asks for. */
  readonly retryAfterMs?: number | undefined;
}

/**
 * How long to wait before the nth repetition, in milliseconds: anything up to a bound that doubles each time, so that many
 * clients do not come back at once; or what the server asks for, within the policy's bounds, and a little more.
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
 * How long to wait before a request is sent again that was declined with HTTP 429, in milliseconds; undefined when that is not
 * worth it: it was sent often enough, or the server wants more time than there is.
 *
 * @param repetition 1 for the first
 * @param random from 0 up to 1
 */
export function declinedDelay(
  repetition: number,
  random: number,
  policy: RetryPolicy,
  { started, deadline, retryAfterMs }: RepetitionTimes,
): number | undefined {
  if (repetition > policy.retries || (retryAfterMs ?? 0) > policy.maxRetryAfterMs) return undefined;
  const delayMs = retryDelay(repetition, random, policy, retryAfterMs);
  return fits(delayMs, policy, { started, deadline }) ? delayMs : undefined;
}

/** Whether what is repeated after a delay still begins in time. */
export function fits(delayMs: number, policy: RetryPolicy, { started, deadline }: RepetitionTimes): boolean {
  return performance.now() + delayMs <= Math.min(started + policy.totalMs, deadline ?? Number.POSITIVE_INFINITY);
}

/**
 * What a Retry-After header asks for, in milliseconds; undefined for none and for what is neither seconds nor a date.
 *
 * @param now the server's own time, where it says it: its clock and ours may differ
 */
export function readRetryAfter(value: string | undefined, now: Date): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now.getTime());
}

/** The server's clock, by the Date header of its answer: a Retry-After date is by that one. */
export function serverTime(date: string | undefined): Date | undefined {
  const time = Date.parse(date ?? '');
  return Number.isNaN(time) ? undefined : new Date(time);
}
