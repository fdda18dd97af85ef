import type { ScanAllowance } from '../../config/package.ts';
import type { ExpiredAllowance } from '../../model/verdict.ts';

/** The allow-list of a policy on one day, and what came of each entry so far. */
export interface Allowances {
  /** Notes that there is a finding of this id, whatever becomes of it. */
  readonly record: (id: string) => void;
  /** The entry that lets findings of this id pass. An entry that is over counts no more, and is told that it was asked for. */
  readonly find: (id: string) => ScanAllowance | undefined;
  readonly expired: () => ExpiredAllowance[];
  /** Ids of entries that still hold and that no finding was seen of. */
  readonly unused: () => string[];
}

/** Reads an allow-list. Of several entries with one id the one that holds longest counts. */
export function readAllowances(allow: readonly ScanAllowance[], day: string): Allowances {
  const holding = new Map<string, ScanAllowance>();
  const over: { readonly key: string; readonly entry: ScanAllowance & { readonly until: string } }[] = [];
  for (const { id, reason, until } of allow) {
    const key = keyOf(id);
    if (until !== undefined && isOver(until, day)) {
      over.push({ key, entry: { id: id.trim(), reason, until } });
      continue;
    }
    const entry = { id: id.trim(), reason, ...(until === undefined ? {} : { until }) };
    const other = holding.get(key);
    if (other === undefined || lastsLonger(entry, other)) holding.set(key, entry);
  }
  const overKeys = new Set(over.map(({ key }) => key));
  const seen = new Set<string>();
  const missed = new Map<string, number>();
  return {
    record(id) {
      if (holding.size === 0) return;
      const key = keyOf(id);
      if (holding.has(key)) seen.add(key);
    },
    find(id) {
      if (allow.length === 0) return undefined;
      const key = keyOf(id);
      const entry = holding.get(key);
      if (entry === undefined && overKeys.has(key)) missed.set(key, (missed.get(key) ?? 0) + 1);
      return entry;
    },
    expired: () => over.map(({ key, entry }) => ({ ...entry, findings: missed.get(key) ?? 0 })),
    unused: () => [...holding].filter(([key]) => !seen.has(key)).map(([, { id }]) => id),
  };
}

// An entry that says no day that can be compared must not hold for ever.
function isOver(until: string, day: string): boolean {
  return !/^\d{4}-\d{2}-\d{2}$/.test(until) || until < day;
}

function lastsLonger({ until }: ScanAllowance, other: ScanAllowance): boolean {
  if (other.until === undefined) return false;
  return until === undefined || until > other.until;
}

function keyOf(id: string): string {
  return id.trim().toLowerCase();
}
