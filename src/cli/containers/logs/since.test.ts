import { expect, it } from 'vitest';
import { parseSince } from './since.ts';

const NOW = new Date('2026-05-31T12:00:00Z');

it.each([
  ['10m', '2026-05-31T11:50:00.000Z'],
  ['45s', '2026-05-31T11:59:15.000Z'],
  ['1h30m', '2026-05-31T10:30:00.000Z'],
  ['2d', '2026-05-29T12:00:00.000Z'],
  ['1.5h', '2026-05-31T10:30:00.000Z'],
  ['100ms', '2026-05-31T11:59:59.900Z'],
  ['0s', '2026-05-31T12:00:00.000Z'],
  ['0', '1970-01-01T00:00:00.000Z'],
  ['1780228800', '2026-05-31T12:00:00.000Z'],
  ['1780228800.5', '2026-05-31T12:00:00.500Z'],
  ['2026-05-31T08:00:00Z', '2026-05-31T08:00:00.000Z'],
  ['2026-05-31t08:00:00.123456789z', '2026-05-31T08:00:00.123Z'],
  ['2026-05-31 10:00+02:00', '2026-05-31T08:00:00.000Z'],
  ['2024-02-29', new Date(2024, 1, 29).toISOString()],
  ['2026-05-31T08:00:00', new Date(2026, 4, 31, 8).toISOString()],
])('parses --since %s as %s', (text, time) => expect(parseSince(text, NOW).toISOString()).toBe(time));

it.each([
  '',
  'yesterday',
  '-10m',
  '10x',
  '10m ',
  '1h-30m',
  '2026-02-30',
  '2026-13-01',
  '2026-05-31T25:00Z',
  '9'.repeat(400),
  '$(id)',
  '10m\n',
])('rejects --since %j', (text) => {
  expect(() => parseSince(text, NOW)).toThrow(
    expect.objectContaining({ code: 'USAGE', hint: expect.stringContaining('1h30m') }),
  );
});
