/** A time for people, to the minute and in UTC: `2026-11-29 05:10 UTC`. Text that is no time is returned as it is. */
export function formatTime(time: string): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time;
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
