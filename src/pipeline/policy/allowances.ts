import type { ScanAllowance } from '../../config/package.ts';
import type { ExpiredAllowance } from '../../model/verdict.ts';

/** The allow-list of a policy on one day, with the use of each entry. */
export interface Allowances {
  /** Records that there is a finding with this id, whether or not it counts. */
  readonly record: (id: string) => void;
  /** The entry that allows findings with this id. An expired entry does not allow them, but counts how many it would have. */
  readonly find: (id: string) => ScanAllowance | undefined;
  readonly expired: () => ExpiredAllowance[];
  /** Ids of valid entries that match no recorded finding. */
  readonly unused: () => string[];
}

/** Reads an allow-list. Of several entries with one id, the one that is valid longest counts. */
export function readAllowances(allow: readonly ScanAllowance[], day: string): Allowances {
  const valid = new Map<string, ScanAllowance>();
  const expired: { readonly key: string; readonly entry: ScanAllowance & { readonly until: string } }[] = [];
  for (const { id, reason, until } of allow) {
    const key = keyOf(id);
    if (until !== undefined && isExpired(until, day)) {
      expired.push({ key, entry: { id: id.trim(), reason, until } });
      continue;
    }
    const entry = { id: id.trim(), reason, ...(until === undefined ? {} : { until }) };
    const other = valid.get(key);
    if (other === undefined || expiresLater(entry, other)) valid.set(key, entry);
  }
  const expiredKeys = new Set(expired.map(({ key }) => key));
  const seen = new Set<string>();
  const missed = new Map<string, number>();
  return {
    record(id) {
      if (valid.size === 0) return;
      const key = keyOf(id);
      if (valid.has(key)) seen.add(key);
    },
    find(id) {
      if (allow.length === 0) return undefined;
      const key = keyOf(id);
      const entry = valid.get(key);
      if (entry === undefined && expiredKeys.has(key)) missed.set(key, (missed.get(key) ?? 0) + 1);
      return entry;
    },
    expired: () => expired.map(({ key, entry }) => ({ ...entry, findings: missed.get(key) ?? 0 })),
    unused: () => [...valid].filter(([key]) => !seen.has(key)).map(([, { id }]) => id),
  };
}

// An entry whose last day cannot be compared must not be valid forever.
function isExpired(until: string, day: string): boolean {
  return !/^\d{4}-\d{2}-\d{2}$/.test(until) || until < day;
}

function expiresLater({ until }: ScanAllowance, other: ScanAllowance): boolean {
  if (other.until === undefined) return false;
  return until === undefined || until > other.until;
}

function keyOf(id: string): string {
  return id.trim().toLowerCase();
}
