import { describe, expect, it } from 'vitest';
import { startPhase } from './deadlines.ts';

describe('the requests of a phase', () => {
  it('are not retried after its deadline, and are aborted by it', async () => {
    const before = performance.now();
    using phase = startPhase('registry.example.com', 50, { afterCancelMs: 10 });
    const after = performance.now();
    const { deadline, signal, timeoutMs } = phase.requestOptions(7_000);
    expect(timeoutMs).toBe(7_000);
    expect(deadline).toBeGreaterThanOrEqual(before + 50);
    expect(deadline).toBeLessThanOrEqual(after + 50);
    await new Promise((resolve) => signal?.addEventListener('abort', resolve));
    // A timer may fire a millisecond early.
    expect(performance.now() - before).toBeGreaterThanOrEqual(48);
  });
});
