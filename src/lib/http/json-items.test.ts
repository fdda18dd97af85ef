import { describe, expect, test } from 'vitest';
import { createJsonItemReader } from './json-items.ts';

function read(text: string, size: number): { items: unknown[]; rest: unknown } {
  const items: unknown[] = [];
  const reader = createJsonItemReader({ key: 'list', onItem: (item, array) => items.push([array, item]) });
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) reader.write(bytes.subarray(at, at + size));
  return { items, rest: reader.end() };
}

const ITEMS = [{ a: 'x]},"[{\\', b: [1, [2]], 'ü "': { c: null } }, 'text, with ] and "', 7, null, [], {}, '€'];

describe.each([1, 2, 7, 64, 10_000])('in pieces of %d bytes', (size) => {
  test.each([undefined, 2])('items of every kind, indented by %s', (indent) => {
    const document = { 'type/1': { before: 'ä', list: ITEMS, after: [{ list: [1] }] }, 'type/2': { list: ['b'] } };
    expect(read(JSON.stringify(document, null, indent), size)).toEqual({
      items: [...ITEMS.map((item) => [0, item]), [1, 'b']],
      rest: { 'type/1': { before: 'ä', list: [], after: [{ list: [1] }] }, 'type/2': { list: [] } },
    });
  });

  test('arrays under other keys stay as they are', () => {
    const document = { list: [1], other: { lists: [2], text: '"list":[', null: { list: [3] } }, none: { list: null } };
    expect(read(JSON.stringify(document), size)).toEqual({ items: [], rest: document });
  });

  test.each(['{}', '[]', 'null', '{"a":{"list":[]}}'])('%s', (text) => {
    expect(read(text, size)).toEqual({ items: [], rest: JSON.parse(text) });
  });

  test('truncated or invalid JSON has no end', () => {
    const whole = '{"a":{"list":[{"b":1},{"c":2}],"d":3}}';
    for (let length = 0; length < whole.length; length++)
      expect(read(whole.slice(0, length), size).rest).toBeUndefined();
    for (const text of ['<html>', '{"a":{"list":[{"b":]}}', '{"a":{"list":[1 2]}}', '{"a":{}}}']) {
      expect(read(text, size).rest).toBeUndefined();
    }
  });
});

test('content outside of the array is limited to a few megabytes', () => {
  const reader = createJsonItemReader({ key: 'list', onItem: () => {} });
  reader.write(Buffer.from(`{"a":"${'x'.repeat(5 * 1024 * 1024)}`));
  reader.write(Buffer.from('"}'));
  expect(reader.end()).toBeUndefined();
});
