import { describe, expect, it } from 'vitest';
import { wrap } from './wrap.ts';

describe('wrap', () => {
  it('keeps lines that fit, and all lines where there is no terminal', () => {
    expect(wrap('a line that fits', 16)).toBe('a line that fits');
    expect(wrap('a line that does not fit', undefined)).toBe('a line that does not fit');
  });

  it('breaks between words and indents the rest below the start of the text', () => {
    expect(wrap('one two three four', 9)).toBe('one two\n  three\n  four');
    expect(wrap('✓ one two three', 9)).toBe('✓ one two\n  three');
    expect(wrap('    one two three', 11)).toBe('    one two\n    three');
    expect(wrap('       = one two', 13)).toBe('       = one\n         two');
  });

  it('does not count colors', () => {
    expect(wrap('\u001b[32m✓\u001b[39m one two three', 9)).toBe('\u001b[32m✓\u001b[39m one two\n  three');
  });

  it('counts columns, not characters', () => {
    expect(wrap('日本 日本 日本', 10)).toBe('日本 日本\n  日本');
    expect(wrap('e\u0301e\u0301 e\u0301e\u0301', 5)).toBe('e\u0301e\u0301 e\u0301e\u0301');
  });

  it('does not break a long word', () => {
    expect(wrap('see /a/very/long/path for it', 10)).toBe('see\n  /a/very/long/path\n  for it');
  });

  it('does not wrap excerpts of files and logs', () => {
    const excerpt = '    12 |       port: 99999\n  | a long line of a log';
    expect(wrap(excerpt, 10)).toBe(excerpt);
  });
});
