import { parseDuration } from '../../lib/text/duration.ts';
import { quote } from '../../lib/text/sanitize.ts';
import { maskUrlCredentials } from '../../lib/text/url-credentials.ts';
import { joinWords } from '../../lib/text/words.ts';
import { type Kind, kind, type Reading, unless } from './kind.ts';

/** Any text at all: user names, passwords. */
export const text = kind((value) => ({ value }));

/** Text that becomes an argument or a name: no control characters, and no leading `-` that a program would take for an option. */
export const plainText = kind((value) =>
  unless(
    /[\x00-\x1f\x7f]/.test(value) || value.startsWith('-'),
    value,
    `${quote(value)} holds a control character or starts with "-"`,
    'A program would take it for an option.',
  ),
);

/** A user name, which Basic authentication ends at the first colon. */
export const username = kind((value) =>
  unless(/[:\x00-\x1f\x7f]/.test(value), value, 'a user name holds no ":" and no control characters'),
);

/** A boolean as YAML 1.1 and 1.2 spell it, quoted or not. */
export const flag = kind((value): Reading<boolean> => {
  if (/^(true|yes|on)$/i.test(value)) return { value: true };
  if (/^(false|no|off)$/i.test(value)) return { value: false };
  return { problem: `${quote(value)} is neither true nor false`, hint: 'Write true or false.' };
});

/** A TCP port. */
export const port = kind((value): Reading<number> => {
  if (/^[0-9]{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65_535) return { value: Number(value) };
  return { problem: `${quote(value)} is not a port`, hint: 'A port is a number from 1 to 65535.' };
});

/** A positive whole number. */
export const count = kind((value): Reading<number> => {
  if (/^[1-9][0-9]{0,3}$/.test(value)) return { value: Number(value) };
  return { problem: `${quote(value)} is not a number from 1 to 9999`, hint: 'Write a whole number.' };
});

/** A path of a file or folder. */
export const path = kind((value) => {
  if (value.includes('\0')) return { problem: 'a path holds no NUL character' };
  return unless(
    /^([a-z][a-z0-9+.-]*:\/\/|git@)/i.test(value),
    value,
    `${quote(maskUrlCredentials(value))} is a URL, not a path`,
    'Write a path; a relative one starts at the folder of config.yaml.',
  );
});

/** One of a few words, whatever their case. */
export function oneOf<const W extends string>(words: readonly W[]): Kind<W> {
  return kind((value): Reading<W> => {
    const word = words.find((candidate) => candidate === value.toLowerCase());
    return word === undefined
      ? { problem: `${quote(value)} is none of ${joinWords(words, 'or')}`, hint: `Write ${joinWords(words, 'or')}.` }
      : { value: word };
  });
}

/** A calendar day. */
export const day = kind((value) => {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(value) ? new Date(`${value}T00:00:00Z`) : undefined;
  const real = date !== undefined && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
  return unless(
    !real,
    value,
    `${quote(value)} is not a date`,
    'Write year-month-day: "2026-12-31"; that day still counts, in UTC.',
  );
});

/** A duration, in milliseconds: `90s`, `15m`, `1h30m`. */
export const duration = kind((value): Reading<number> => {
  const milliseconds = parseDuration(value);
  const hint = 'Write a number and a unit: 90s, 15m, 1h30m.';
  if (milliseconds === undefined) return { problem: `${quote(value)} is not a duration`, hint };
  return milliseconds > 0 ? { value: milliseconds } : { problem: `${quote(value)} is not longer than zero`, hint };
});
