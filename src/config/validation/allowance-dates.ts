import { count } from '../../lib/text/words.ts';
import type { PackageValues } from '../package-values.ts';
import * as basics from '../schema/basic-parsers.ts';
import type { ConfigProblem } from '../yaml/document.ts';

/** How many days before its last day an allowance is worth a notice. */
export const NOTICE_DAYS = 14;
const DAY_MS = 24 * 60 * 60 * 1000;

export interface AllowanceCheck {
  readonly now: Date;
  /** The severity of an allowance that has expired. */
  readonly expired: 'error' | 'warning';
}

/** Reports the entries of `scan.allow` that have expired, and warns of those that expire within {@link NOTICE_DAYS} days. */
export function checkAllowanceDates(values: PackageValues, check: AllowanceCheck): readonly ConfigProblem[] {
  const allow = values.raw(['scan', 'allow']);
  if (!Array.isArray(allow)) return [];
  return allow.flatMap((_, index) => {
    const key = ['scan', 'allow', index, 'until'];
    const until = values.value(key, basics.day);
    if (until === undefined) return [];
    const days = daysUntil(until, check.now);
    if (days > NOTICE_DAYS) return [];
    const hint = 'Fix the finding and remove the entry, or accept it for longer: set a later day.';
    const path = values.path(key);
    if (days < 0) return [{ severity: check.expired, path, message: `expired on ${until}: allows nothing`, hint }];
    const message = days === 0 ? 'expires today' : `expires in ${count(days, 'day')}`;
    return [{ severity: 'warning' as const, path, message, hint }];
  });
}

/** The days from today, in UTC, to a day such as `2026-05-31`; negative when it is over. */
export function daysUntil(day: string, now: Date): number {
  return (Date.parse(day) - Date.parse(now.toISOString().slice(0, 10))) / DAY_MS;
}
