import { describe, expect, it } from 'vitest';
import { createContainerText } from './container-text.ts';

/** What a terminal is sent for bytes that come in pieces of a size. */
function shown(bytes: string | Uint8Array, { size = 1e6, isColored = true } = {}): string {
  const text = createContainerText(isColored);
  const all = Buffer.from(bytes);
  let result = '';
  for (let at = 0; at < all.length; at += size) result += text.show(all.subarray(at, at + size));
  return result + text.end();
}

describe('text of a container on a terminal', () => {
  const sizes = [1, 2, 3, 5, 7, 1e6];

  it.each(sizes)('keeps scripts, tabs and line breaks, in pieces of %i bytes', (size) => {
    expect(shown('a\tb\r\nç 日本 🎉\nend', { size })).toBe('a\tb\nç 日本 🎉\nend');
  });

  it.each(sizes)('keeps colours, and resets them at the end, in pieces of %i bytes', (size) => {
    expect(shown('\u001b[1;31mred\u001b[0m \u001b[38;5;12mblue', { size })).toBe(
      '\u001b[1;31mred\u001b[0m \u001b[38;5;12mblue\u001b[0m',
    );
    expect(shown('\u001b[31mred\u001b[m', { size })).toBe('\u001b[31mred\u001b[m');
  });

  it.each(sizes)('leaves colours out where there are to be none, in pieces of %i bytes', (size) => {
    expect(shown('\u001b[1;31mred\u001b[0m', { size, isColored: false })).toBe('red');
  });

  it.each(sizes)('shows everything else that a terminal would obey, in pieces of %i bytes', (size) => {
    expect(shown('\u001b]0;title\u0007 \u001b[2J\u001b[H \u001bc over\rwritten \u009b1m \b\0', { size })).toBe(
      '\\e]0;title\\x07 \\e[2J\\e[H \\ec over\\rwritten \\x9b1m \\x08\\x00',
    );
    expect(shown('\u202egnp', { size })).toBe('\\u202egnp');
  });

  it.each(sizes)('shows what is cut off at the end, in pieces of %i bytes', (size) => {
    expect(shown('x\u001b[31', { size })).toBe('x\\e[31');
    expect(shown('x\r', { size })).toBe('x\\r');
    expect(shown(Uint8Array.of(0x78, 0xe6, 0x97), { size })).toBe('x\ufffd');
  });

  it('does not wait for the end of what never ends', () => {
    const text = createContainerText(true);
    expect(text.show(Buffer.from(`\u001b[${'1;'.repeat(1000)}`))).toBe(`\\e[${'1;'.repeat(1000)}`);
  });

  it('leaves lines as they are that only a CI system would obey', () => {
    expect(shown('::error::x\n##[error]y\n')).toBe('::error::x\n##[error]y\n');
  });
});
