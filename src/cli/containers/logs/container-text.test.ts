import { describe, expect, it } from 'vitest';
import { createContainerText } from './container-text.ts';

/** The text for bytes that arrive in chunks of `size`. */
function shown(bytes: string | Uint8Array, { size = 1e6, isColored = true } = {}): string {
  const text = createContainerText(isColored);
  const all = Buffer.from(bytes);
  let result = '';
  for (let at = 0; at < all.length; at += size) result += text.show(all.subarray(at, at + size));
  return result + text.end();
}

describe('output of a container on a terminal', () => {
  const sizes = [1, 2, 3, 5, 7, 1e6];

  it.each(sizes)('keeps Unicode, tabs and line breaks, in chunks of %i bytes', (size) => {
    expect(shown('a\tb\r\nç 日本 🎉\nend', { size })).toBe('a\tb\nç 日本 🎉\nend');
  });

  it.each(sizes)('keeps colors and resets them at the end, in chunks of %i bytes', (size) => {
    expect(shown('\u001b[1;31mred\u001b[0m \u001b[38;5;12mblue', { size })).toBe(
      '\u001b[1;31mred\u001b[0m \u001b[38;5;12mblue\u001b[0m',
    );
    expect(shown('\u001b[31mred\u001b[m', { size })).toBe('\u001b[31mred\u001b[m');
  });

  it.each(sizes)('removes colors on request, in chunks of %i bytes', (size) => {
    expect(shown('\u001b[1;31mred\u001b[0m', { size, isColored: false })).toBe('red');
  });

  it.each(sizes)('escapes all other control sequences, in chunks of %i bytes', (size) => {
    expect(shown('\u001b]0;title\u0007 \u001b[2J\u001b[H \u001bc over\rwritten \u009b1m \b\0', { size })).toBe(
      '\\e]0;title\\x07 \\e[2J\\e[H \\ec over\\rwritten \\x9b1m \\x08\\x00',
    );
    expect(shown('\u202egnp', { size })).toBe('\\u202egnp');
  });

  it.each(sizes)('escapes an incomplete sequence at the end, in chunks of %i bytes', (size) => {
    expect(shown('x\u001b[31', { size })).toBe('x\\e[31');
    expect(shown('x\r', { size })).toBe('x\\r');
    expect(shown(Uint8Array.of(0x78, 0xe6, 0x97), { size })).toBe('x\ufffd');
  });

  it('does not wait for the end of an endless sequence', () => {
    const text = createContainerText(true);
    expect(text.show(Buffer.from(`\u001b[${'1;'.repeat(1000)}`))).toBe(`\\e[${'1;'.repeat(1000)}`);
  });

  it('does not change workflow commands of CI systems', () => {
    expect(shown('::error::x\n##[error]y\n')).toBe('::error::x\n##[error]y\n');
  });
});
