import { describe, expect, it } from 'vitest';
import { formatAge, formatBytes, formatDuration, shortDigest, visible, visibleLine } from './text.ts';

describe('visible', () => {
  it('shows terminal escapes instead of sending them', () => {
    expect(visible('a\u001b[31mred\u001b[0m\u0007\u009b1m')).toBe('a\\e[31mred\\e[0m\\x07\\x9b1m');
    expect(visible('over\rwritten')).toBe('over\\rwritten');
    expect(visible('\u202egnp.exe')).toBe('\\u202egnp.exe');
  });

  it('keeps tabs, newlines and other scripts', () => {
    expect(visible('a\tb\nç 日本 🎉')).toBe('a\tb\nç 日本 🎉');
    expect(visibleLine('a\nb')).toBe('a\\nb');
  });

  it('breaks up what a CI system would obey', () => {
    for (const line of ['::error::x', '  ::add-mask::x', 'ok\n::set-output name=a::b']) {
      for (const shown of visible(line).split('\n')) expect(shown.trim().startsWith('::')).toBe(false);
    }
    expect(visible('x ##[error]boom ##vso[task.x]')).not.toMatch(/##(\[|vso)/);
  });
});

describe('formats', () => {
  it('prints bytes, durations and digests', () => {
    expect([0, 999, 1000, 12_345_678, 999_900_000, 5e12].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '12.3 MB',
      '1.0 GB',
      '5.0 TB',
    ]);
    expect([0, 400, 59_900, 59_960, 125_000].map(formatDuration)).toEqual(['0.0s', '0.4s', '59.9s', '1m00s', '2m05s']);
    expect(shortDigest(`sha256:${'a'.repeat(64)}`)).toBe(`sha256:${'a'.repeat(12)}`);
  });

  it('prints how long something is ago', () => {
    const minute = 60_000;
    const ages = [-5, 0, 1_000, 59_999, minute, 119 * minute, 47 * 60 * minute, 13 * 1440 * minute, 21 * 1440 * minute];
    expect(ages.map((age) => formatAge(age))).toEqual([
      '0 seconds',
      '0 seconds',
      '1 second',
      '59 seconds',
      '1 minute',
      '1 hour',
      '1 day',
      '13 days',
      '3 weeks',
    ]);
    const long = [70, 400, 800].map((days) => days * 1440 * minute);
    expect(long.map((age) => formatAge(age))).toEqual(['2 months', '1 year', '2 years']);
    expect([minute, ...long].map((age) => formatAge(age, { short: true }))).toEqual(['1m', '2mo', '1y', '2y']);
  });
});
