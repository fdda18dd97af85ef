import { createReadStream } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readJsonLines } from '../connection/json-lines.ts';
import { LayerCounter } from './progress.ts';
import { type PushLine, readPushLine } from './push-line.ts';

async function recorded(name: string): Promise<PushLine[]> {
  const lines: PushLine[] = [];
  const file = createReadStream(new URL(`../../../test/fixtures/push/${name}.jsonl`, import.meta.url));
  for await (const line of readJsonLines(file)) lines.push(readPushLine(line));
  return lines;
}

describe('readPushLine', () => {
  it.each([
    ['stream-classic', 'sha256:76a94b91f6e2c613eabfd7375e895ac239ccde360129447f4eba4f9f78f06e8a'],
    ['stream-containerd', 'sha256:df0931e5aa4ee7b8868597e9231cc2b159ecd9267fd602bd1383889a033d6829'],
  ])('finds the digest in the stream of %s', async (name, digest) => {
    expect(new Set((await recorded(name)).flatMap((line) => (line.kind === 'digest' ? line.digest : [])))).toEqual(
      new Set([digest]),
    );
  });

  it('reads layers and their progress', () => {
    expect(readPushLine({ status: 'Pushing', id: 'a', progressDetail: { current: 5, total: 10 } })).toEqual({
      kind: 'layer',
      layer: 'a',
      status: 'pushing',
      current: 5,
      total: 10,
    });
    expect(readPushLine({ status: 'Mounted from dk/s1', id: 'b', progressDetail: {} })).toMatchObject({
      status: 'mounted',
    });
  });

  it.each([
    [{ error: 'denied: x', errorDetail: { message: 'denied: x' } }, 'denied: x'],
    [{ errorDetail: { message: 'only here' } }, 'only here'],
    [{ error: '' }, 'the engine gave no reason'],
    [{ errorDetail: {} }, 'the engine gave no reason'],
  ])('reads the error in %j', (line, message) => {
    expect(readPushLine(line)).toEqual({ kind: 'error', message });
  });

  it('reads objects whose chunks end inside a character', async () => {
    const bytes = Buffer.from('{"status":"é"}\n\n{"status":"b"}');
    async function* pieces() {
      for (let i = 0; i < bytes.length; i += 3) yield bytes.subarray(i, i + 3);
    }
    const seen: unknown[] = [];
    for await (const line of readJsonLines(pieces())) seen.push(line.status);
    expect(seen).toEqual(['é', 'b']);
  });
});

describe('LayerCounter', () => {
  const layer = (id: string, status: 'pushing' | 'pushed' | 'exists', current?: number, total?: number) =>
    ({
      kind: 'layer',
      layer: id,
      status,
      ...(current === undefined ? {} : { current }),
      ...(total === undefined ? {} : { total }),
    }) as const;

  it('counts a layer once, and never more bytes than its size', () => {
    const counter = new LayerCounter();
    counter.add(layer('shared', 'pushing', 50, 100));
    counter.add(layer('shared', 'pushing', 30, 100));
    counter.add(layer('own', 'pushing', 12, 10));
    expect(counter.progress).toEqual({ layers: 2, layersDone: 0, bytes: 60, totalBytes: 110 });
    counter.add(layer('shared', 'pushed'));
    counter.add(layer('old', 'exists'));
    expect(counter.progress).toEqual({ layers: 3, layersDone: 2, bytes: 110, totalBytes: 110 });
  });
});
