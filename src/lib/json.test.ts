import { describe, expect, it } from 'vitest';
import { toJson } from './json.ts';

describe('toJson', () => {
  it.each([
    '\u009b31mred',
    'user\u202etxt.exe',
    'a\u2028b',
    'tag \u{e0041}',
    'half \ud800',
    '\u001b[2J\u007f',
    'Zürich 日本 👩‍🚀',
  ])('writes %j so that it can be printed, and reads as the same value', (text) => {
    const written = toJson({ text }, 2);
    expect(written).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\u2028\u{e0041}]/u);
    expect(JSON.parse(written)).toEqual({ text });
  });

  it('keeps text that every terminal shows', () => {
    expect(toJson(['Zürich', '日本', '👩‍🚀'])).toBe('["Zürich","日本","👩‍🚀"]');
  });
});
