import { describe, expect, it } from 'vitest';
import { escapeHtml, percent, safeLink } from './html-text.ts';

it('escapes characters that end a text or an attribute', () => {
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

  it('shows an internationalized host in ASCII', () => {
    expect(safeLink('https://аpple.com/')).toBe('https://xn--pple-43d.com/');
  });
});

it('is 0 % only for none, and 100 % only for all', () => {
  expect([percent(0, 3), percent(1, 3), percent(3, 3)]).toEqual(['0 %', '33 %', '100 %']);
  expect([percent(1, 9999), percent(9998, 9999)]).toEqual(['1 %', '99 %']);
});
