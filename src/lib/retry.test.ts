import { describe, expect, it } from 'vitest';
import { DEFAULT_RETRY_POLICY, readRetryAfter, retry, retryDelay } from './retry.ts';

describe('retryDelay', () => {
  const policy = { ...DEFAULT_RETRY_POLICY, baseMs: 100, maxDelayMs: 1_000, maxRetryAfterMs: 5_000 };

  it('is random up to a bound that doubles, and ends', () => {
    expect([1, 2, 3, 4, 5, 6].map((n) => retryDelay(n, 1, policy, undefined))).toEqual([
      100, 200, 400, 800, 1_000, 1_000,
    ]);
    expect(retryDelay(3, 0, policy, undefined)).toBe(0);
    expect(retryDelay(3, 0.5, policy, undefined)).toBe(200);
  });

  it('is what the server requests, up to a limit, and never less', () => {
    expect(retryDelay(1, 0, policy, 2_000)).toBe(2_000);
    expect(retryDelay(1, 0.5, policy, 2_000)).toBe(2_050);
    expect(retryDelay(1, 0, policy, 3_600_000)).toBe(5_000);
  });
});

describe('retry', () => {
  const policy = { ...DEFAULT_RETRY_POLICY, baseMs: 1, maxRetryAfterMs: 1_000 };
  const run = async (options: { deadline?: number; retryAfterMs?: number; failures: number }) => {
    let attempts = 0;
    const { failures, retryAfterMs, deadline } = options;
    const retryOn = (attempt: number) => (attempt > failures ? undefined : { retryAfterMs });
    return retry(async () => ++attempts, { policy, retryOn, deadline });
  };

  it('repeats until a result is final, and no more often than the policy says', async () => {
    expect(await run({ failures: 0 })).toBe(1);
    expect(await run({ failures: 3 })).toBe(4);
    expect(await run({ failures: 100 })).toBe(6);
  });

  it('stops when the server requests more time than the policy or the deadline gives', async () => {
    expect(await run({ failures: 1, retryAfterMs: 1_001 })).toBe(1);
    expect(await run({ failures: 1, retryAfterMs: 900, deadline: performance.now() + 500 })).toBe(1);
    expect(await run({ failures: 1, retryAfterMs: 0 })).toBe(2);
  });

  it('passes on what an attempt throws', async () => {
    const attempt = () => Promise.reject(new Error('broken'));
    await expect(retry(attempt, { retryOn: () => ({}) })).rejects.toThrow('broken');
  });
});

describe('readRetryAfter', () => {
  const now = new Date('2026-11-23T12:00:00Z');

  it.each([
    [undefined, undefined],
    ['7', 7_000],
    ['0', 0],
    ['Mon, 23 Nov 2026 12:00:30 GMT', 30_000],
    // In the past.
    ['Mon, 23 Nov 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
    ['-5', expect.toSatisfy((ms) => ms === undefined || ms === 0)],
  ])('%s', (value, ms) => {
    expect(readRetryAfter(value, now)).toEqual(ms);
  });
});
