const UNITS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };
const PART = /(\d+(?:\.\d+)?)(d|h|ms|m|s)/g;
const DURATION = new RegExp(`^(?:${PART.source})+$`);

/** `90s`, `1h30m`, `2d`, `500ms` in milliseconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined;
  const parts = [...text.matchAll(PART)].map(([, count, unit = '']) => Number(count) * (UNITS[unit] ?? 0));
  return parts.reduce((sum, part) => sum + part, 0);
}
