/** One way of doing the work that is measured. */
export interface Variant {
  readonly name: string;
  /** Brings about the state that every variant starts from; its time does not count. */
  readonly prepare?: () => Promise<void>;
  readonly run: () => Promise<unknown>;
  /** Makes sure that the run did the whole work; its time does not count. */
  readonly check?: () => Promise<void>;
}

/** Seconds of each round, by the name of the variant. */
export type Timings = ReadonlyMap<string, readonly number[]>;

export interface MeasureOptions {
  readonly rounds: number;
  readonly signal: AbortSignal;
  /** Called after each run. */
  readonly onRun?: (name: string, round: number, seconds: number) => void;
}

/**
 * Runs all variants once a round, each round beginning with another one, so that what else happens on the machine and
 * what a run leaves behind (a warm disk, say) meets all of them alike.
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

/** A comparison of two variants, round by round. */
export interface Row {
  readonly what: string;
  readonly against: string;
  /** The median of the rounds' ratios. */
  readonly ratio: number;
  /** The largest ratio that the SPEC allows; a row without one is there for information. */
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

/** Puts a variant beside another one. A ratio is taken within a round, where both met the same machine. */
export function compare(timings: Timings, { what, ours, peer, against = peer, target }: Comparison): Row {
  const seconds = timings.get(ours) ?? [];
  const peerSeconds = timings.get(peer) ?? [];
  const ratio = median(seconds.map((value, round) => value / (peerSeconds[round] ?? Number.NaN)));
  return { what, against, ratio, ...(target === undefined ? {} : { target }), seconds, peerSeconds };
}

/** The variant whose median is the smallest. */
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
