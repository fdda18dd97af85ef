import { count } from './words.ts';

/** How many days before its last day something is worth a notice. */
export const NOTICE_DAYS = 14;
const DAY_MS = 24 * 60 * 60 * 1000;

/** The days from today, in UTC, to a day such as `2026-05-31`; negative when it is over. */
export function daysUntil(day: string, now: Date): number {
  return (Date.parse(day) - Date.parse(now.toISOString().slice(0, 10))) / DAY_MS;
}

/** `expires in 3 days`, `expires today`, `expired on 2026-05-31`. */
export function describeExpiry(until: string, now: Date): string {
  const days = daysUntil(until, now);
  if (days < 0) return `expired on ${until}`;
  return days === 0 ? 'expires today' : `expires in ${count(days, 'day')}`;
}
