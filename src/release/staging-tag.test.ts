import { expect, test } from 'vitest';
import { newStagingTag, parseStagingTag, rebuildTag } from './staging-tag.ts';

test('parses the tags that it formats', () => {
  const now = new Date('2028-02-29T23:59:59.999Z');
  const run = newStagingTag(now);
  expect(run).toMatch(/^objdocker-20280229T235959Z-[0-9a-f]{12}$/);
  expect(parseStagingTag(run)).toEqual({ run, time: new Date('2028-02-29T23:59:59Z') });
  expect(newStagingTag(now)).not.toBe(run);
});

test('gives a rebuilt image a staging tag of its day and inputs', () => {
  const inputs = `sha256:${'0123456789ab'.padEnd(64, 'f')}`;
  const tag = rebuildTag(new Date('2028-02-29T23:59:59.999Z'), inputs);
  expect(tag).toBe('objdocker-20280229T000000Z-0123456789ab');
  expect(parseStagingTag(tag)).toEqual({ run: tag, time: new Date('2028-02-29T00:00:00Z') });
  expect(rebuildTag(new Date('2028-02-29T00:00:00Z'), inputs)).toBe(tag);
  expect(rebuildTag(new Date('2028-03-01T00:00:00Z'), inputs)).not.toBe(tag);
  expect(rebuildTag(new Date('2028-02-29T00:00:00Z'), `sha256:${'a'.repeat(64)}`)).not.toBe(tag);
});

test.each([
  ['another prefix', 'mydocker-20260531T081500Z-3f9a1c2b7d4e'],
  ['text before the prefix', 'x-objdocker-20260531T081500Z-3f9a1c2b7d4e'],
  ['text after the id', 'objdocker-20260531T081500Z-3f9a1c2b7d4e-1'],
  ['a line break after the id', 'objdocker-20260531T081500Z-3f9a1c2b7d4e\n'],
  ['upper-case digits', 'objdocker-20260531T081500Z-3F9A1C2B7D4E'],
  ['an id that is too short', 'objdocker-20260531T081500Z-3f9a1c2b7d4'],
  ['an invalid day', 'objdocker-20260230T081500Z-3f9a1c2b7d4e'],
  ['an invalid hour', 'objdocker-20260531T240000Z-3f9a1c2b7d4e'],
  ['an invalid month', 'objdocker-20261331T081500Z-3f9a1c2b7d4e'],
])('rejects %s', (_, tag) => {
  expect(parseStagingTag(tag)).toBeUndefined();
});
