import { describe, expect, it } from 'vitest';
import { escapeUnprintable, quote, sanitize, sanitizeLine } from './sanitize.ts';

describe('escapeUnprintable', () => {
  it.each([
    ['a terminal escape', '\u001b[31mred\u0007', '\\e[31mred\\x07'],
    ['a carriage return', 'over\rwritten', 'over\\rwritten'],
    ['a C1 control character', '\u009b31m', '\\x9b31m'],
    ['text that would run backwards', 'user\u202etxt.exe', 'user\\u202etxt.exe'],
    ['an isolate', '\u2066x\u2069', '\\u2066x\\u2069'],
    ['a space of no width', 'li\u200bb', 'li\\u200bb'],
    ['a joiner between ASCII letters', 'li\u200db\u200c', 'li\\u200db\\u200c'],
    ['several joiners', 'é\u200d\u200d\u200dé', 'é\\u200d\\u200d\\u200dé'],
    ['a line separator', 'a\u2028b', 'a\\u2028b'],
    ['a tag character', 'a\u{e0041}', 'a\\u{e0041}'],
    ['half of a character', 'a\ud800b', 'a\ufffdb'],
  ])('shows %s', (_what, text, shown) => {
    expect(escapeUnprintable(text)).toBe(shown);
  });

  it.each(['a\tb\nç 日本 🎉', 'Zürich, 日本語 and 👍\n\tindented', '👩‍🚀', '🏳️‍🌈', 'می‌خواهم'])('keeps %j', (text) => {
    expect(escapeUnprintable(text)).toBe(text);
  });
});

describe('sanitize', () => {
  it('breaks up workflow commands of CI systems', () => {
    for (const line of ['::error::x', '  ::add-mask::x', 'ok\n::set-output name=a::b']) {
      for (const shown of sanitize(line).split('\n')) expect(shown.trim().startsWith('::')).toBe(false);
    }
    expect(sanitize('x ##[error]boom ##vso[task.x]')).not.toMatch(/##(\[|vso)/);
  });

  it('sanitizeLine keeps text on one line', () => {
    expect([sanitize('a\nb\u001b'), sanitizeLine('a\nb\u001b')]).toEqual(['a\nb\\e', 'a\\nb\\e']);
  });
});

it('quote cuts long text and keeps it on one line', () => {
  expect(quote('a\u001b[31m\u202eb\n\t')).toBe('"a\\e[31m\\u202eb\\n\\t"');
  expect(quote('x'.repeat(200))).toHaveLength(82);
});
