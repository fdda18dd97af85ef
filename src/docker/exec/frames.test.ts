import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader } from './frames.ts';

function frame(stream: number, data: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(data.length, 4);
  return Buffer.concat([header, data]);
}

describe('FrameReader', () => {
  it('separates the streams wherever chunks end', () => {
    const frames = fc.array(fc.tuple(fc.constantFrom(1, 2), fc.uint8Array({ maxLength: 40 })), { maxLength: 12 });
    const cuts = fc.infiniteStream(fc.integer({ min: 1, max: 30 }));
    fc.assert(
      fc.property(frames, cuts, (written, sizes) => {
        const bytes = Buffer.concat(written.map(([stream, data]) => frame(stream, data)));
        const reader = new FrameReader();
        const read = { stdout: [] as number[], stderr: [] as number[] };
        let lasts = 0;
        for (let at = 0; at < bytes.length; ) {
          const size = sizes.next().value ?? 1;
          for (const { stream, data, last } of reader.read(bytes.subarray(at, at + size))) {
            read[stream].push(...data);
            if (last) lasts++;
          }
          at += size;
        }
        const of = (wanted: number) => written.filter(([stream]) => stream === wanted).flatMap(([, data]) => [...data]);
        expect(read).toEqual({ stdout: of(1), stderr: of(2) });
        expect(lasts).toBe(written.filter(([, data]) => data.length > 0).length);
        expect(reader.complete).toBe(true);
      }),
    );
  });

  it('returns a part of a frame at once, and is not complete', () => {
    const reader = new FrameReader();
    const header = frame(1, new Uint8Array(0));
    header.writeUInt32BE(0xffff_ffff, 4);
    const pieces = [...reader.read(Buffer.concat([header, Buffer.from('begin')]))];
    expect(pieces).toMatchObject([{ stream: 'stdout', last: false }]);
    expect(reader.complete).toBe(false);
  });

  it.each([
    ['an unknown stream', Buffer.from([9, 0, 0, 0, 0, 0, 0, 1, 1])],
    ['text', Buffer.from('HTTP/1.1 500')],
    ['a header without zero bytes', Buffer.from([1, 0, 1, 0, 0, 0, 0, 1, 1])],
  ])('rejects %s', (_, bytes) => {
    expect(() => [...new FrameReader().read(bytes)]).toThrow(/not an output frame/);
  });

  it('throws the error that the engine sends in a frame', () => {
    const bytes = frame(3, Buffer.from('disk broken\n'));
    const reader = new FrameReader();
    expect([...reader.read(bytes.subarray(0, 12))]).toEqual([]);
    expect(() => [...reader.read(bytes.subarray(12))]).toThrow(
      'the engine ended the output with an error: disk broken',
    );
  });
});
