// The package ms reads no `1h30m`, parse-duration reads one out of any longer text, and pretty-ms has no short form of
// an age: none of them gives what Docker and Go users type and read.

const UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;
const PART = /(\d+(?:\.\d+)?)(d|h|ms|m|s)/g;
const DURATION = new RegExp(`^(?:${PART.source})+$`);

/** Reads `90s`, `1h30m`, `2d`, `500ms` as milliseconds; undefined for any other text. */
export function parseDuration(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined;
  const parts = [...text.matchAll(PART)].map(
    ([, count, unit = '']) => Number(count) * UNITS[unit as keyof typeof UNITS],
  );
  const milliseconds = parts.reduce((sum, part) => sum + part, 0);
  return Number.isFinite(milliseconds) ? milliseconds : undefined;
}

/** `24h`, `1h30m`, `500ms`: what {@link parseDuration} reads, to the millisecond. */
export function formatExactDuration(milliseconds: number): string {
  let rest = Math.max(1, Math.round(milliseconds));
  const parts = (['h', 'm', 's', 'ms'] as const).map((unit) => {
    const length = UNITS[unit];
    const count = Math.floor(rest / length);
    rest -= count * length;
    return count === 0 ? '' : `${count}${unit}`;
  });
  return parts.join('');
}

/** `0.4s`, `12.3s`, `2m05s`, `1h05m`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)}m${twoDigits(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h${twoDigits(Math.floor((whole % 3600) / 60))}m`;
}

/** A time span in its largest unit: `5 minutes`, or short `5m`. */
export function formatAge(milliseconds: number, { short = false } = {}): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const { count, name } = AGE_UNITS.map(({ length, name, from }) => ({
    count: Math.floor(seconds / length),
    name,
    from,
  })).find(({ count, from }) => count >= from) ?? { count: seconds, name: 'second' };
  if (short) return `${count}${name === 'month' ? 'mo' : name.charAt(0)}`;
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

/** Lengths in seconds; `from` is how many of a unit there must be before it is used. */
const AGE_UNITS = [
  { name: 'year', length: 31_536_000, from: 1 },
  { name: 'month', length: 2_628_000, from: 2 },
  { name: 'week', length: 604_800, from: 2 },
  { name: 'day', length: 86_400, from: 1 },
  { name: 'hour', length: 3_600, from: 1 },
  { name: 'minute', length: 60, from: 1 },
];

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
