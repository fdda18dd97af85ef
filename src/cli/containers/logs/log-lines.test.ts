import { describe, expect, it } from 'vitest';
import { createLogLines, type LogLine } from './log-lines.ts';

const TIME = '2026-05-31T11:55:00.123456789Z';

function linesOf(bytes: string | Uint8Array, size = 1e9): LogLine[] {
  const lines = createLogLines();
  const all = Buffer.from(bytes);
  const found: LogLine[] = [];
  for (let at = 0; at < all.length; at += size)
    found.push(...lines.push({ stream: 'stdout', data: all.subarray(at, at + size) }));
  return [...found, ...lines.end()];
}

describe('createLogLines', () => {
  it.each([1, 2, 3, 30, 1e6])('returns the same lines for chunks of %i bytes', (size) => {
    const log = `${TIME} one\n${TIME} \n${TIME} 日本 🎉\r\n${TIME} 2026-01-01T00:00:00Z of the container\n${TIME} last`;
    expect(linesOf(log, size)).toEqual(
      ['one', '', '日本 🎉', '2026-01-01T00:00:00Z of the container', 'last'].map((line) => ({
        stream: 'stdout',
        time: TIME,
        line,
      })),
    );
  });

  it('does not mix two streams', () => {
    const lines = createLogLines();
    const push = (stream: 'stdout' | 'stderr', text: string) => lines.push({ stream, data: Buffer.from(text) });
    expect(push('stdout', `${TIME} out `)).toEqual([]);
    expect(push('stderr', `${TIME} err\n`)).toEqual([{ stream: 'stderr', time: TIME, line: 'err' }]);
    expect(push('stdout', 'put\n')).toEqual([{ stream: 'stdout', time: TIME, line: 'out put' }]);
    expect(lines.end()).toEqual([]);
  });

  it('adds the exact bytes of a line that is not UTF-8', () => {
    const bytes = Uint8Array.of(0x61, 0xff, 0xfe, 0x62);
    const [line] = linesOf(Buffer.concat([Buffer.from(`${TIME} `), bytes, Buffer.from('\n')]));
    expect(line).toEqual({ stream: 'stdout', time: TIME, line: 'a\ufffd\ufffdb', base64: 'Yf/+Yg==' });
  });

  it('splits very long lines at character boundaries', () => {
    const long = `x${'日'.repeat(1_000_000)}`;
    const parts = linesOf(`${TIME} ${long}\n${TIME} next\n`, 65_536);
    expect(parts.map(({ partial, time }) => [partial, time])).toEqual([
      [true, TIME],
      [true, TIME],
      [undefined, TIME],
      [undefined, TIME],
    ]);
    expect(
      parts
        .slice(0, 3)
        .map(({ line }) => line)
        .join(''),
    ).toBe(long);
    expect(parts.every(({ base64 }) => base64 === undefined)).toBe(true);
  });
});
