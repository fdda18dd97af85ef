import { expect, test } from 'vitest';
import { createLimit } from './limit.ts';

/** Work that ends when told to. */
function held() {
  let release: () => void = () => {};
  const done = new Promise<void>((resolve) => (release = resolve));
  return { work: () => done, release };
}

test('runs so many at a time, in order, and goes on after a failure', async () => {
  const limit = createLimit(2);
  let running = 0;
  let most = 0;
  const order: number[] = [];
  const work = (n: number) => async (): Promise<number> => {
    most = Math.max(most, ++running);
    order.push(n);
    await new Promise((resolve) => setTimeout(resolve, 1));
    running--;
    if (n === 2) throw new Error('two');
    return n;
  };
  const results = await Promise.allSettled([1, 2, 3, 4, 5].map((n) => limit(work(n))));
  expect(most).toBe(2);
  expect(order).toEqual([1, 2, 3, 4, 5]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
});

test('an aborted waiter leaves the queue', async () => {
  const limit = createLimit(1);
  const first = held();
  const running = limit(first.work);
  const controller = new AbortController();
  const waiting = limit(async () => 'ran', controller.signal);
  const after = limit(async () => 'after');
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
  first.release();
  await running;
  expect(await after).toBe('after');
  expect(await limit(async () => 'again')).toBe('again');
});

test('any number may wait with one signal, without a warning of a leak', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on('warning', onWarning);
  try {
    const limit = createLimit(1);
    const first = held();
    const { signal } = new AbortController();
    const all = [first.work, ...Array.from({ length: 20 }, () => async () => {})].map((work) => limit(work, signal));
    first.release();
    await Promise.all(all);
    // Warnings are emitted after the current work.
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
  } finally {
    process.off('warning', onWarning);
  }
});
