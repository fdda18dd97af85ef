import { expect, it } from 'vitest';
import { pause, poll } from './poll.ts';

it('looks until there is a result', async () => {
  let looks = 0;
  expect(await poll(async () => (++looks === 4 ? 'done' : undefined), { firstMs: 1 })).toBe('done');
  expect(looks).toBe(4);
});

it('accepts false, null and zero as results', async () => {
  for (const value of [false, null, 0]) expect(await poll(async () => value, { firstMs: 60_000 })).toBe(value);
});

it('ends when the next look would come too late', async () => {
  let looks = 0;
  const look = async () => void looks++;
  expect(await poll(look, { firstMs: 1, longestMs: 60_000, timeoutMs: 40 })).toBeUndefined();
  expect(looks).toBeGreaterThan(1);
  expect(await poll(look, { firstMs: 60_000, timeoutMs: 0 })).toBeUndefined();
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
