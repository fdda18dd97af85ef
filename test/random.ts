/** Whether the property tests run all their rounds: `OBJDOCKER_TEST_LONG=1`. */
export const isLongTest = process.env.OBJDOCKER_TEST_LONG === '1';

/** Random numbers from a seed. Set OBJDOCKER_TEST_SEED to repeat a test with the seed that it printed. */
export interface Random {
  readonly seed: number;
  /** A number from 0 up to, and without, 1. */
  next(): number;
  /** An integer from 0 up to, and without, `limit`. */
  below(limit: number): number;
  /** A random selection, at least one. */
  some<T>(items: readonly T[]): T[];
}

export function createRandom(name: string): Random {
  const seed = Number(process.env.OBJDOCKER_TEST_SEED ?? Math.floor(Math.random() * 1e9));
  console.log(`${name}: OBJDOCKER_TEST_SEED=${seed}`);
  let state = [...name].reduce((sum, letter) => Math.imul(sum, 31) + letter.charCodeAt(0), seed);
  // mulberry32
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    seed,
    next,
    below,
    some(items) {
      const chosen = items.filter(() => next() < 0.6);
      const [any] = chosen;
      return any === undefined ? [items[below(items.length)] as (typeof items)[number]] : chosen;
    },
  };
}
