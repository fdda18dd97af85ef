import { afterEach, expect, it, vi } from 'vitest';
import { pause, poll } from './poll.ts';

afterEach(() => void vi.useRealTimers());

it('looks until there is a result', async () => {
  let looks = 0;
  expect(await poll(async () => (++looks === 4 ? 'done' : undefined), { firstMs: 1 })).toBe('done');
  expect(looks).toBe(4);
});

it('accepts false, null and zero as results', async () => {
  for (const value of [false, null, 0]) expect(await poll(async () => value, { firstMs: 60_000 })).toBe(value);
});

it('looks after growing pauses, and ends when the next look would come too late', async () => {
  vi.useFakeTimers();
  const looks: number[] = [];
  const start = performance.now();
  const look = async () => void looks.push(performance.now() - start);
  const polling = poll(look, { firstMs: 1_000, longestMs: 2_000, timeoutMs: 7_000 });
  await vi.runAllTimersAsync();
  expect(await polling).toBeUndefined();
  expect(looks).toEqual([0, 1_000, 2_500, 4_500, 6_500]);
});

it('looks once without time', async () => {
  let looks = 0;
  expect(await poll(async () => void looks++, { firstMs: 60_000, timeoutMs: 0 })).toBeUndefined();
  expect(looks).toBe(1);
});

it('passes on what a look throws', async () => {
  const look = () => Promise.reject(new Error('no such container'));
  await expect(poll(look, { firstMs: 1 })).rejects.toThrow('no such container');
});

it('ends as soon as it is cancelled', async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const waiting = [pause(3_600_000, signal), poll(async () => undefined, { firstMs: 3_600_000, signal })];
  controller.abort();
  for (const wait of waiting) await expect(wait).rejects.toMatchObject({ code: 'CANCELLED' });
  await expect(pause(3_600_000, signal)).rejects.toMatchObject({ code: 'CANCELLED' });
});
