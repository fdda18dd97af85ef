import { parseDuration } from '../../lib/text/duration.ts';
import { quote } from '../../lib/text/sanitize.ts';
import { maskUrlCredentials } from '../../lib/text/url-credentials.ts';
import { joinWords } from '../../lib/text/words.ts';
import { type ParseResult, type ScalarParser, scalarParser, unlessWrong } from './scalar-parser.ts';

/** Any text. */
export const text = scalarParser((value) => ({ value }));

/** Text that becomes a program argument: no control characters, and no leading `-`. */
export const plainText = scalarParser((value) =>
  unlessWrong(
    /[\x00-\x1f\x7f]/.test(value) || value.startsWith('-'),
    value,
    `${quote(value)} contains a control character or starts with "-"`,
    'Write it without control characters. A program would read a leading "-" as an option.',
  ),
);

/** A user name. Basic authentication allows no colon in it. */
export const username = scalarParser((value) =>
  unlessWrong(
    /[:\x00-\x1f\x7f]/.test(value),
    value,
    'a user name must not contain ":" or control characters',
    'Write the user name alone; the password has a key of its own.',
  ),
);

/** A boolean in any spelling of YAML 1.1 or 1.2. */
export const flag = scalarParser((value): ParseResult<boolean> => {
  if (/^(true|yes|on)$/i.test(value)) return { value: true };
  if (/^(false|no|off)$/i.test(value)) return { value: false };
  return { problem: `${quote(value)} is not a boolean`, hint: 'Write true or false.' };
});

/** A TCP port. */
export const port = scalarParser((value): ParseResult<number> => {
  if (/^[0-9]{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65_535) return { value: Number(value) };
  return { problem: `${quote(value)} is not a port`, hint: 'A port is a number from 1 to 65535.' };
});

/** A positive whole number. */
export const count = scalarParser((value): ParseResult<number> => {
  if (/^[1-9][0-9]{0,3}$/.test(value)) return { value: Number(value) };
  return { problem: `${quote(value)} is not a number from 1 to 9999`, hint: 'Write a whole number.' };
});

/** A path of a file or folder. */
export const path = scalarParser((value) => {
  if (value.includes('\0')) return { problem: 'a path must not contain a NUL character' };
  if (value === '-')
    return { problem: '"-" is not a path', hint: 'Write the path of a file. One of that name is "./-".' };
  return unlessWrong(
    /^([a-z][a-z0-9+.-]*:\/\/|git@)/i.test(value),
    value,
    `${quote(maskUrlCredentials(value))} is a URL, not a path`,
    'Write a path. Relative paths start at the folder of config.yaml.',
  );
});

/** One of a list of words, in upper or lower case. */
export function oneOf<const W extends string>(words: readonly W[]): ScalarParser<W> {
  return scalarParser((value): ParseResult<W> => {
    const word = words.find((candidate) => candidate === value.toLowerCase());
    return word === undefined
      ? { problem: `${quote(value)} is not ${joinWords(words, 'or')}`, hint: `Write ${joinWords(words, 'or')}.` }
      : { value: word };
  });
}

/** A calendar day. */
export const day = scalarParser((value) => {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(value) ? new Date(`${value}T00:00:00Z`) : undefined;
  const real = date !== undefined && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
  return unlessWrong(
    !real,
    value,
    `${quote(value)} is not a date`,
    'Write year-month-day: "2026-12-31". It is the last valid day, in UTC.',
  );
});

/** A duration, in milliseconds: `90s`, `15m`, `1h30m`. */
export const duration = scalarParser((value): ParseResult<number> => {
  const milliseconds = parseDuration(value);
  const hint = 'Write a number and a unit: 90s, 15m, 1h30m.';
  if (milliseconds === undefined) return { problem: `${quote(value)} is not a duration`, hint };
  return milliseconds > 0 ? { value: milliseconds } : { problem: `${quote(value)} is not longer than 0`, hint };
});
