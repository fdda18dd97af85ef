import { describe, expect, it } from 'vitest';
import { shareWork } from './shared-work.ts';

/** Work that ends when the test says so, and how often and how it was started. */
function work() {
  const signals: AbortSignal[] = [];
  const settle: { resolve(value: string): void; reject(error: Error): void }[] = [];
  const shared = shareWork(
    (signal) =>
      new Promise<string>((resolve, reject) => {
        signals.push(signal);
        settle.push({ resolve, reject });
      }),
  );
  return { shared, signals, settle };
}

describe('share', () => {
  it('does the work once for all who wait, and for all who come later', async () => {
    const { shared, signals, settle } = work();
    const waiting = [shared.get(), shared.get(new AbortController().signal)];
    settle[0]?.resolve('done');
    expect(await Promise.all(waiting)).toEqual(['done', 'done']);
    expect(await shared.get()).toBe('done');
    expect(signals).toHaveLength(1);
    expect(signals[0]?.aborted).toBe(false);
  });

  it('lets one leave without the others noticing', async () => {
    const { shared, signals, settle } = work();
    const leaving = new AbortController();
    const left = shared.get(leaving.signal);
    const stays = shared.get();
    leaving.abort();
    await expect(left).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(signals[0]?.aborted).toBe(false);
    settle[0]?.resolve('done');
    expect(await stays).toBe('done');
  });

  it('aborts the work after the last waiter leaves, and restarts it for the next', async () => {
    const { shared, signals, settle } = work();
    const leaving = new AbortController();
    const left = shared.get(leaving.signal);
    leaving.abort();
    await expect(left).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(signals[0]?.aborted).toBe(true);
    const next = shared.get();
    settle[1]?.resolve('anew');
    expect(await next).toBe('anew');
  });

  it('is CANCELLED for a signal that is aborted already, also when the outcome is there', async () => {
    const { shared, signals, settle } = work();
    await expect(shared.get(AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(signals).toHaveLength(0);
    const first = shared.get();
    settle[0]?.resolve('done');
    await first;
    await expect(shared.get(AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('does not keep a failure', async () => {
    const { shared, settle } = work();
    const waiting = [shared.get(), shared.get()];
    settle[0]?.reject(new Error('not today'));
    for (const one of waiting) await expect(one).rejects.toThrow('not today');
    const next = shared.get();
    settle[1]?.resolve('done');
    expect(await next).toBe('done');
  });

  it('hands over what it forgets, also when it comes later', async () => {
    const { shared, settle } = work();
    const disposed: string[] = [];
    const waiting = shared.get();
    shared.forget((value) => disposed.push(value));
    settle[0]?.resolve('first');
    await waiting;
    expect(disposed).toEqual(['first']);
    const next = shared.get();
    settle[1]?.resolve('second');
    expect(await next).toBe('second');
  });
});
