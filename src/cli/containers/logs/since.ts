import { ObjDockerError } from '../../../errors.ts';
import { parseDuration } from '../../../lib/text/duration.ts';
import { quoted } from '../../framework/option-values.ts';

const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?)?$/i;

/**
 * Parses `--since`: a duration before now (`10m`, `1h30m`, `2d`), an RFC 3339 date or time (local time without a time zone), or
 * seconds since 1970.
 *
 * @throws {ObjDockerError} USAGE
 */
export function parseSince(text: string, now: Date): Date {
  const time = timeOf(text, now);
  if (time !== undefined && Number.isFinite(time) && Math.abs(time) <= 8.64e15) return new Date(time);
  throw new ObjDockerError('USAGE', `--since ${quoted(text)} is not a time`, {
    hint: 'Give a duration before now (10m, 1h30m, 2d), a date or time (2026-05-31, 2026-05-31T08:00:00Z), or seconds since 1970.',
  });
}

function timeOf(text: string, now: Date): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const span = parseDuration(text);
  if (span !== undefined) return now.getTime() - span;
  const match = DATE_TIME.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, clock = '00:00', zone = ''] = match;
  // Date.parse accepts 30 February as 2 March.
  if (Number(day) > new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()) return undefined;
  return Date.parse(`${year}-${month}-${day}T${clock}${zone.toUpperCase()}`);
}
