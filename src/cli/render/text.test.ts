import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration, shortDigest, visible, visibleLine } from './text.ts';

describe('visible', () => {
  it('shows terminal escapes instead of sending them', () => {
    expect(visible('a\u001b[31mred\u001b[0m\u0007\u009b1m')).toBe('a\\e[31mred\\e[0m\\x07\\x9b1m');
    expect(visible('over\rwritten')).toBe('over\\rwritten');
    expect(visible('\u202egnp.exe')).toBe('\\u202egnp.exe');
  });

  it('keeps tabs, newlines and other scripts', () => {
    expect(visible('a\tb\nç 日本 🎉')).toBe('a\tb\nç 日本 🎉');
    expect(visibleLine('a\nb')).toBe('a\\nb');
  });

  it('breaks up what a CI system would obey', () => {
    for (const line of ['::error::x', '  ::add-mask::x', 'ok\n::set-output name=a::b']) {
      for (const shown of visible(line).split('\n')) expect(shown.trim().startsWith('::')).toBe(false);
    }
    expect(visible('x ##[error]boom ##vso[task.x]')).not.toMatch(/##(\[|vso)/);
  });
});

describe('formats', () => {
  it('prints bytes, durations and digests', () => {
    expect([0, 999, 1000, 12_345_678, 999_900_000, 5e12].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '12.3 MB',
      '1.0 GB',
      '5.0 TB',
    ]);
    expect([0, 400, 59_900, 59_960, 125_000].map(formatDuration)).toEqual(['0.0s', '0.4s', '59.9s', '1m00s', '2m05s']);
    expect(shortDigest(`sha256:${'a'.repeat(64)}`)).toBe(`sha256:${'a'.repeat(12)}`);
  });
});
