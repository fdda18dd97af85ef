import { expect, test } from 'vitest';
import { newStagingTag, noteTag, readStagingTag } from './staging-tag.ts';

test('what a run writes is read again', () => {
  const now = new Date('2028-02-29T23:59:59.999Z');
  const run = newStagingTag(now);
  expect(run).toMatch(/^objdocker-20280229T235959Z-[0-9a-f]{12}$/);
  expect(readStagingTag(run)).toEqual({ run, time: new Date('2028-02-29T23:59:59Z') });
  expect(newStagingTag(now)).not.toBe(run);
  for (const direction of ['from', 'to', 'new', 'back'] as const) {
    const note = { direction, tag: '1.0.to.2' };
    expect(readStagingTag(noteTag(run, note))).toMatchObject({ run, note });
  }
});

test.each([
  ['another word', 'mydocker-20260531T081500Z-3f9a1c2b7d4e'],
  ['something in front', 'x-objdocker-20260531T081500Z-3f9a1c2b7d4e'],
  ['something behind', 'objdocker-20260531T081500Z-3f9a1c2b7d4e-1'],
  ['a line behind', 'objdocker-20260531T081500Z-3f9a1c2b7d4e\n'],
  ['capitals', 'objdocker-20260531T081500Z-3F9A1C2B7D4E'],
  ['too short an id', 'objdocker-20260531T081500Z-3f9a1c2b7d4'],
  ['a day that there is not', 'objdocker-20260230T081500Z-3f9a1c2b7d4e'],
  ['an hour that there is not', 'objdocker-20260531T240000Z-3f9a1c2b7d4e'],
  ['a month that there is not', 'objdocker-20261331T081500Z-3f9a1c2b7d4e'],
  ['a note of nothing', 'objdocker-20260531T081500Z-3f9a1c2b7d4e.to.'],
  ['another note', 'objdocker-20260531T081500Z-3f9a1c2b7d4e.keep.1.0'],
])('%s is not of the form', (_, tag) => {
  expect(readStagingTag(tag)).toBeUndefined();
});
