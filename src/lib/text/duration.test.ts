import { expect, it } from 'vitest';
import { formatAge, formatDuration, formatExactDuration, parseDuration } from './duration.ts';

it('reads durations as Go programs write them', () => {
  expect(['90s', '1h30m', '2d', '500ms', '1.5m', '1m1ms'].map(parseDuration)).toEqual([
    90_000, 5_400_000, 172_800_000, 500, 90_000, 60_001,
  ]);
  for (const text of ['', '5', 's', '5 s', '-5s', '5w', '1h30', '5S', `${'9'.repeat(400)}s`]) {
    expect(parseDuration(text)).toBeUndefined();
  }
});

it('prints durations', () => {
  const values = [-1, 0, 400, 59_900, 59_960, 125_000, 3_599_600, 3_900_000];
  expect(values.map(formatDuration)).toEqual([
    ...['0.0s', '0.0s', '0.4s', '59.9s', '1m00s', '2m05s', '1h00m', '1h05m'],
  ]);
});

it('prints how long ago something was', () => {
  const minute = 60_000;
  const ages = [-5, 0, 1_000, 59_999, minute, 119 * minute, 47 * 60 * minute, 13 * 1440 * minute, 21 * 1440 * minute];
  expect(ages.map((age) => formatAge(age))).toEqual([
    ...['0 seconds', '0 seconds', '1 second', '59 seconds', '1 minute', '1 hour', '1 day', '13 days', '3 weeks'],
  ]);
  const long = [70, 400, 800].map((days) => days * 1440 * minute);
  expect(long.map((age) => formatAge(age))).toEqual(['2 months', '1 year', '2 years']);
  expect([minute, ...long].map((age) => formatAge(age, { short: true }))).toEqual(['1m', '2mo', '1y', '2y']);
});

it('prints durations as they are read', () => {
  const texts = ['24h', '1h30m', '15m', '90s', '500ms', '2d', '1h1m1s1ms'];
  const printed = texts.map((text) => formatExactDuration(parseDuration(text) ?? 0));
  expect(printed).toEqual(['24h', '1h30m', '15m', '1m30s', '500ms', '48h', '1h1m1s1ms']);
  expect(printed.map(parseDuration)).toEqual(texts.map(parseDuration));
});
