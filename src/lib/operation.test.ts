import { describe, expect, it } from 'vitest';
import { createOperation, loadOperation } from './operation.ts';

const tick = () => new Promise((resolve) => setTimeout(resolve, 5));

function counting(signal?: AbortSignal) {
  const seen = { calls: 0, aborted: false };
  const operation = createOperation<number, string>(async ({ emit, signal: inner }) => {
    seen.calls++;
    inner.addEventListener('abort', () => (seen.aborted = true));
    for (let i = 0; i < 3; i++) {
      emit(i);
      await tick();
      if (inner.aborted) throw inner.reason;
    }
    return 'done';
  }, signal);
  return { operation, seen };
}

describe('createOperation', () => {
  it('yields the events and resolves the result, running once', async () => {
    const { operation, seen } = counting();
    const events: number[] = [];
    for await (const event of operation) events.push(event);
    expect(events).toEqual([0, 1, 2]);
    expect(await operation.result).toBe('done');
    expect(seen.calls).toBe(1);
  });

  it('runs when only the result is awaited', async () => {
    expect(await counting().operation.result).toBe('done');
  });

  it('does not run before it is asked', async () => {
    const { seen } = counting();
    await tick();
    expect(seen.calls).toBe(0);
  });

  it('is cancelled by leaving the loop', async () => {
    const { operation, seen } = counting();
    for await (const event of operation) if (event === 0) break;
    expect(seen.aborted).toBe(true);
    await expect(operation.result).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('throws in the loop what the result rejects with', async () => {
    const operation = createOperation<number, void>(async ({ emit }) => {
      emit(1);
      throw new Error('broken');
    });
    const events: number[] = [];
    await expect(
      (async () => {
        for await (const event of operation) events.push(event);
      })(),
    ).rejects.toThrow('broken');
    expect(events).toEqual([1]);
    await expect(operation.result).rejects.toThrow('broken');
  });

  it('causes no unhandled rejection when only iterated', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    try {
      const operation = createOperation<number, void>(async () => {
        throw new Error('broken');
      });
      const iterator = operation[Symbol.asyncIterator]();
      void operation.result;
      await tick();
      await expect(iterator.next()).rejects.toThrow('broken');
      await tick();
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
    }
  });

  it('keeps no events for a caller that only awaits the result', async () => {
    const { operation } = counting();
    await operation.result;
    const events: number[] = [];
    for await (const event of operation) events.push(event);
    expect(events).toEqual([]);
  });

  it('does not start when the caller has already cancelled', async () => {
    const { operation, seen } = counting(AbortSignal.abort());
    await expect(operation.result).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(seen.calls).toBe(0);
  });

  describe('lets its work wait for the loop', () => {
    /** Work that counts what it has made, as far as it waits for the loop. */
    function waiting(signal?: AbortSignal) {
      const seen = { made: 0 };
      const operation = createOperation<number, string>(async ({ emit, signal: inner }) => {
        while (seen.made < 1000 && !inner.aborted) await emit(seen.made++);
        return 'done';
      }, signal);
      return { operation, seen };
    }

    it('which buffers one event at a time', async () => {
      const { operation, seen } = waiting();
      let taken = 0;
      for await (const _ of operation) {
        taken++;
        await tick();
        expect(seen.made).toBeLessThanOrEqual(taken + 1);
        if (taken === 20) break;
      }
      expect(seen.made).toBeLessThanOrEqual(21);
    });

    it('and hands over all events, in order, however it waits', async () => {
      const operation = createOperation<number, void>(async ({ emit }) => {
        for (let n = 0; n < 100; n++) {
          const taken = emit(n);
          if (n % 3 === 0) await taken;
        }
      });
      const events: number[] = [];
      for await (const event of operation) events.push(event);
      expect(events).toEqual(Array.from({ length: 100 }, (_, n) => n));
    });

    it('not without an iteration', async () => {
      const { operation, seen } = waiting();
      expect(await operation.result).toBe('done');
      expect(seen.made).toBe(1000);
    });

    it('not after it is cancelled, although nobody takes the event', async () => {
      const aborting = new AbortController();
      const { operation, seen } = waiting(aborting.signal);
      const iterator = operation[Symbol.asyncIterator]();
      await iterator.next();
      await tick();
      aborting.abort();
      expect(await operation.result).toBe('done');
      expect(seen.made).toBeLessThan(10);
    });
  });
});

describe('an operation that is loaded', () => {
  const counting = (signals: AbortSignal[], until: number) =>
    loadOperation<number, string>(async (signal) => {
      signals.push(signal);
      return createOperation(async (inner) => {
        for (let n = 0; n < until && !inner.signal.aborted; n++) await inner.emit(n);
        return inner.signal.aborted ? 'cancelled' : 'done';
      }, signal);
    });

  it('has the events and the result of what is loaded, and loads nothing before it is asked', async () => {
    const signals: AbortSignal[] = [];
    const operation = counting(signals, 3);
    expect(signals).toHaveLength(0);
    const events: number[] = [];
    for await (const event of operation) events.push(event);
    expect(events).toEqual([0, 1, 2]);
    expect(await operation.result).toBe('done');
    expect(signals).toHaveLength(1);
  });

  it('cancels what is loaded when the loop is left', async () => {
    const signals: AbortSignal[] = [];
    const operation = counting(signals, 1_000_000);
    for await (const event of operation) if (event === 5) break;
    expect(signals[0]?.aborted).toBe(true);
  });

  it('fails when loading does', async () => {
    const operation = loadOperation(() => Promise.reject(new Error('no such module')));
    await expect(operation.result).rejects.toThrow('no such module');
  });
});
