import { describe, expect, test } from 'vitest';
import { DEFAULT_RETRY_POLICY, readRetryAfter, retryDelay } from './retry.ts';

describe('retryDelay', () => {
  const policy = { ...DEFAULT_RETRY_POLICY, baseMs: 100, maxDelayMs: 1_000, maxRetryAfterMs: 5_000 };

  test('is anything up to a bound that doubles, and ends', () => {
    expect([1, 2, 3, 4, 5, 6].map((n) => retryDelay(n, 1, policy, undefined))).toEqual([
      100, 200, 400, 800, 1_000, 1_000,
    ]);
    expect(retryDelay(3, 0, policy, undefined)).toBe(0);
    expect(retryDelay(3, 0.5, policy, undefined)).toBe(200);
  });

  test('is what the server asks for, up to a cap, and never less', () => {
    expect(retryDelay(1, 0, policy, 2_000)).toBe(2_000);
    expect(retryDelay(1, 0.5, policy, 2_000)).toBe(2_050);
    expect(retryDelay(1, 0, policy, 3_600_000)).toBe(5_000);
  });
});

describe('readRetryAfter', () => {
  const now = new Date('2026-11-23T12:00:00Z');

  test.each([
    [undefined, undefined],
    ['7', 7_000],
    ['0', 0],
    ['Mon, 23 Nov 2026 12:00:30 GMT', 30_000],
    // It is over.
    ['Mon, 23 Nov 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
    ['-5', expect.toSatisfy((ms) => ms === undefined || ms === 0)],
  ])('%s', (value, ms) => {
    expect(readRetryAfter(value, now)).toEqual(ms);
  });
});
