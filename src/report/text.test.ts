import { describe, expect, it } from 'vitest';
import { count, escapeHtml, formatNumber, list, percent, safeLink, visible } from './text.ts';

describe('visible', () => {
  it.each([
    ['a terminal escape', '\u001b[31mred', '\\e[31mred'],
    ['a carriage return', 'a\rb', 'a\\rb'],
    ['a control character of the second kind', '\u009b31m', '\\x9b31m'],
    ['text that would run backwards', 'user\u202etxt.exe', 'user\\u202etxt.exe'],
    ['an isolate', '\u2066x\u2069', '\\u2066x\\u2069'],
    ['a space of no width', 'li\u200bb', 'li\\u200bb'],
    ['a line separator, which ends a line of a script', 'a\u2028b', 'a\\u2028b'],
    ['a tag character', 'a\u{e0041}', 'a\\u{e0041}'],
    ['half of a character', 'a\ud800b', 'a\ufffdb'],
  ])('shows %s', (_what, text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it('leaves what people write alone', () => {
    const text = 'Zürich, 日本語 and 👍\n\tindented';
    expect(visible(text)).toBe(text);
  });
});

it('escapes what would end a text or an attribute', () => {
  expect(escapeHtml(`<a href="x" title='y'>&`)).toBe('&#60;a href=&#34;x&#34; title=&#39;y&#39;&#62;&#38;');
});

describe('a link', () => {
  it.each(['https://nvd.nist.gov/vuln/detail/CVE-2024-3094', 'http://example.com/'])('is followed to %s', (link) => {
    expect(safeLink(link)).toBe(link);
  });

  it.each([
    'javascript:alert(1)',
    ' javascript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,<script>',
    'file:///etc/passwd',
    '//example.com/',
    'https:example.com',
    'https://user:secret@example.com/',
    'https://',
    'not a link',
    '',
  ])('is not followed to %j', (link) => {
    expect(safeLink(link)).toBeUndefined();
  });

  it('shows a host that only looks like another by its real name', () => {
    expect(safeLink('https://аpple.com/')).toBe('https://xn--pple-43d.com/');
  });
});

it('writes numbers, shares and lists as people read them', () => {
  expect([0, 999, 1000, 1234567].map(formatNumber)).toEqual(['0', '999', '1,000', '1,234,567']);
  expect([count(1, 'image'), count(1200, 'image')]).toEqual(['1 image', '1,200 images']);
  expect([percent(0, 3), percent(1, 3), percent(3, 3)]).toEqual(['0 %', '33 %', '100 %']);
  expect([percent(1, 9999), percent(9998, 9999)]).toEqual(['1 %', '99 %']);
  expect([list([]), list(['a']), list(['a', 'b']), list(['a', 'b', 'c'])]).toEqual(['', 'a', 'a and b', 'a, b and c']);
});
