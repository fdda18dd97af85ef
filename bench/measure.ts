/** One way to do the measured work. */
export interface Variant {
  readonly name: string;
  /** Prepares the state in which every variant starts. Not timed. */
  readonly prepare?: () => Promise<void>;
  readonly run: () => Promise<unknown>;
  /** Checks that the run did all the work. Not timed. */
  readonly check?: () => Promise<void>;
}

/** Seconds of each round, by variant. */
export type Timings = ReadonlyMap<string, readonly number[]>;

export interface MeasureOptions {
  readonly rounds: number;
  readonly signal: AbortSignal;
  /** Called after each run. */
  readonly onRun?: (name: string, round: number, seconds: number) => void;
}

/**
 * Runs all variants once per round. Each round starts with another variant, so that other load on the machine and the effects of a
 * previous run (a warm disk) affect all of them equally.
 */
export async function measure(variants: readonly Variant[], options: MeasureOptions): Promise<Timings> {
  const timings = new Map<string, number[]>(variants.map(({ name }) => [name, []]));
  for (let round = 0; round < options.rounds; round++) {
    for (const { name, prepare, run, check } of rotate(variants, round)) {
      options.signal.throwIfAborted();
      await prepare?.();
      const started = performance.now();
      await run();
      const seconds = (performance.now() - started) / 1000;
      await check?.();
      timings.get(name)?.push(seconds);
      options.onRun?.(name, round, seconds);
    }
  }
  return timings;
}

/** The comparison of two variants. */
export interface Row {
  readonly what: string;
  readonly against: string;
  /** The median of the ratios of all rounds. */
  readonly ratio: number;
  /** The largest ratio that counts as reached. A row without it is informative. */
  readonly target?: number;
  readonly seconds: readonly number[];
  readonly peerSeconds: readonly number[];
}

export interface Comparison {
  readonly what: string;
  readonly ours: string;
  readonly peer: string;
  readonly against?: string;
  readonly target?: number;
}

/** Compares two variants. Ratios are taken within a round, in which both had the same conditions. */
export function compare(timings: Timings, { what, ours, peer, against = peer, target }: Comparison): Row {
  const seconds = timings.get(ours) ?? [];
  const peerSeconds = timings.get(peer) ?? [];
  const ratio = median(seconds.map((value, round) => value / (peerSeconds[round] ?? Number.NaN)));
  return { what, against, ratio, ...(target === undefined ? {} : { target }), seconds, peerSeconds };
}

/** The variant with the smallest median. */
export function fastest(timings: Timings, names: readonly [string, ...string[]]): string {
  return names.reduce((best, name) =>
    median(timings.get(name) ?? []) < median(timings.get(best) ?? []) ? name : best,
  );
}

/** NaN for no values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

function rotate<T>(values: readonly T[], by: number): T[] {
  const start = by % values.length;
  return [...values.slice(start), ...values.slice(0, start)];
}
