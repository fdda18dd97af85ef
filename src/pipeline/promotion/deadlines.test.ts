import { describe, expect, it } from 'vitest';
import { startPhase } from './deadlines.ts';

describe('the requests of a phase', () => {
  it('are not repeated beyond its end, and end with it', async () => {
    const started = performance.now();
    using phase = startPhase('registry.example.com', 50, { hurriedMs: 10 });
    const { giveUpAt, signal, timeoutMs } = phase.calls(7_000);
    expect(timeoutMs).toBe(7_000);
    expect((giveUpAt ?? 0) - started).toBeGreaterThanOrEqual(50);
    expect((giveUpAt ?? Number.POSITIVE_INFINITY) - started).toBeLessThan(1_000);
    await new Promise((resolve) => signal?.addEventListener('abort', resolve));
    expect(performance.now() - started).toBeGreaterThanOrEqual(48);
  });
});
