import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findNewest } from './find-newest.ts';

/** Finds the highest of 1…n, of which `missing` do not exist, and counts the questions. */
async function search(newest: number, { missing = [], hint }: { missing?: readonly number[]; hint?: number } = {}) {
  let questions = 0;
  const found = await findNewest(async (number) => {
    questions++;
    return number > 0 && number <= newest && !missing.includes(number);
  }, hint);
  return { found, questions };
}

test('finds the highest number, whatever it is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(200_000), async (newest) => {
      expect((await search(newest)).found).toBe(newest);
    }),
    { numRuns: 300 },
  );
});

test('asks at most 20 times among 20,000 numbers, and twice or less with a good hint', async () => {
  for (const newest of [1, 31, 32, 33, 1_023, 1_024, 9_999, 19_999, 20_000])
    expect((await search(newest)).questions, String(newest)).toBeLessThanOrEqual(20);
  expect(await search(20_000, { hint: 20_000 })).toEqual({ found: 20_000, questions: 1 });
  expect((await search(20_000, { hint: 19_999 })).found).toBe(20_000);
});

test('is not misled by a number that is missing', async () => {
  for (const missing of [1, 7, 32, 1_024, 9_999]) {
    expect((await search(10_000, { missing: [missing] })).found, String(missing)).toBe(10_000);
    expect((await search(missing + 1, { missing: [missing] })).found, String(missing)).toBe(missing + 1);
  }
});
