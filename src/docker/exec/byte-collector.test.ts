import { describe, expect, it } from 'vitest';
import { ByteCollector } from './byte-collector.ts';

describe('ByteCollector', () => {
  it('keeps all bytes up to the limit', () => {
    const collector = new ByteCollector(10_000);
    for (let n = 0; n < 10_000; n++) collector.add(Uint8Array.of(n % 256));
    expect(collector.truncated).toBe(false);
    expect(collector.bytes).toEqual(Uint8Array.from({ length: 10_000 }, (_, n) => n % 256));
  });

  it('keeps the beginning of longer output', () => {
    const collector = new ByteCollector(4);
    for (const piece of [[1, 2, 3], [4, 5], [6]]) collector.add(Uint8Array.from(piece));
    expect([...collector.bytes]).toEqual([1, 2, 3, 4]);
    expect(collector.truncated).toBe(true);
  });

  it('keeps nothing with a limit of 0', () => {
    const collector = new ByteCollector(0);
    collector.add(new Uint8Array(0));
    expect(collector.truncated).toBe(false);
    collector.add(Uint8Array.of(1));
    expect([collector.bytes.length, collector.truncated]).toEqual([0, true]);
  });
});
