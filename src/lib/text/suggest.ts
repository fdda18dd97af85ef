import { closest, distance } from 'fastest-levenshtein';

/**
 * The known name that is most likely meant, or undefined when none is close.
 * Close: at most a third of the letters differ, ignoring case, or one name is the start of the other.
 */
export function suggest(written: string, known: readonly string[]): string | undefined {
  if (known.length === 0 || written === '' || written.length > 200) return undefined;
  const lower = written.toLowerCase();
  const byLower = new Map(known.map((name) => [name.toLowerCase(), name]));
  const best = closest(lower, [...byLower.keys()]);
  if (distance(lower, best) <= Math.ceil(Math.max(lower.length, best.length) / 3)) return byLower.get(best);
  const prefixed = [...byLower.keys()].filter(
    (name) => lower.length >= 3 && (name.startsWith(lower) || lower.startsWith(name)),
  );
  return prefixed.length === 1 ? byLower.get(prefixed[0] ?? '') : undefined;
}

/** ` (did you mean "x"?)`, or the empty string when no name is close. */
export function didYouMean(written: string, known: readonly string[]): string {
  const name = suggest(written, known);
  return name === undefined ? '' : ` (did you mean "${name}"?)`;
}
