import { daysUntil, describeExpiry, NOTICE_DAYS } from '../../lib/text/expiry.ts';
import type { PackageValues } from '../package-values.ts';
import * as basics from '../schema/basic-parsers.ts';
import type { ConfigProblem } from '../yaml/document.ts';

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
    const message = describeExpiry(until, check.now);
    if (days < 0) return [{ severity: check.expired, path, message: `${message}: allows nothing`, hint }];
    return [{ severity: 'warning' as const, path, message, hint }];
  });
}
