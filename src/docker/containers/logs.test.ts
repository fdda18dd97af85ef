import { expect, it } from 'vitest';
import { createLineTimes } from './logs.ts';

const TIME = '2026-05-31T11:55:00.123456789Z ';

/** The output for frames that arrive in pieces of a size. */
function withLineTimes(frames: readonly string[], size: number): string {
  const take = createLineTimes();
  return frames
    .flatMap((frame) => {
      const bytes = Buffer.from(frame);
      const starts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => index * size);
      return starts.map((at) =>
        take({ stream: 'stdout', data: bytes.subarray(at, at + size), last: at + size >= bytes.length }),
      );
    })
    .map(({ data }) => Buffer.from(data).toString())
    .join('');
}

it.each([1, 7, 40, 1e6])('keeps the time only at the start of a line, in pieces of %i bytes', (size) => {
  const piece = 'x'.repeat(16 * 1024);
  const frames = ['one\n', piece, piece, 'rest\n', '\n', 'two words\n'].map((body) => TIME + body);
  expect(withLineTimes(frames, size)).toBe(`${TIME}one\n${TIME}${piece}${piece}rest\n${TIME}\n${TIME}two words\n`);
});

it('keeps the time of the next run after a line without newline', () => {
  expect(withLineTimes([`${TIME}no line break`, `${TIME}next run\n`], 1e6)).toBe(
    `${TIME}no line break${TIME}next run\n`,
  );
});
