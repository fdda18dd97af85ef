import { describe, expect, test } from 'vitest';
import type { ReleaseInputs } from '../model/inputs.ts';
import type { ReleaseRecord } from '../model/release.ts';
import { decodeInputs, decodeRecord, encodeRecord, encodeUndo, inputsLayerOf, layerOf } from './record-manifest.ts';

const RECORD: ReleaseRecord = {
  schemaVersion: 1,
  number: 7,
  kind: 'release',
  run: 'objdocker-20260531T081500Z-3f9a1c2b7d4e',
  package: 'shop',
  created: '2026-05-31T08:15:00.000Z',
  by: { user: 'maria' },
  tags: ['latest'],
  services: [],
  current: [{ tag: 'latest', number: 7 }],
};

function inputsWith(files: Readonly<Record<string, string>>): ReleaseInputs {
  const digest = `sha256:${'1'.repeat(64)}`;
  const parts = { platforms: [], stages: {}, arguments: {}, images: {}, secrets: {} };
  return { services: [{ repository: 'axion/shop', inputs: { digest, ...parts, files } }] };
}

describe('a record with inputs', () => {
  test('has them in a second layer, which leaves the first as it is', () => {
    const inputs = inputsWith({ 'src/a.py': 'a1' });
    const [one, other] = [encodeRecord(RECORD), encodeRecord(RECORD, inputs)];
    expect(inputsLayerOf(one.manifest)).toBeUndefined();
    expect(layerOf(other.manifest)).toBe(layerOf(one.manifest));
    const layer = other.blobs.find(({ digest }) => digest === inputsLayerOf(other.manifest));
    expect(decodeInputs(layer?.bytes ?? Buffer.from(''))).toEqual(inputs);
    const record = other.blobs.find(({ digest }) => digest === layerOf(other.manifest));
    expect(decodeRecord(record?.bytes ?? Buffer.from(''))).toEqual(RECORD);
  });

  test('has the same bytes each time: a lost response is sent again', () => {
    const encode = () => encodeRecord(structuredClone(RECORD), inputsWith({ b: '2', a: '1' }));
    expect(encode()).toEqual(encode());
  });

  test('may have inputs larger than a record', () => {
    // Digests do not get smaller when they are packed.
    const files = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`f${n}`, hex(n)]));
    const { blobs } = encodeRecord(RECORD, inputsWith(files));
    expect(blobs[2]?.bytes.length).toBeGreaterThan(64 * 1024);
    expect(decodeInputs(blobs[2]?.bytes ?? Buffer.from(''))).toEqual(inputsWith(files));
  });

  test('is refused when the record itself is too large', () => {
    const tags = Array.from({ length: 3000 }, (_, n) => `a-public-tag-with-a-long-name-${n}`);
    expect(() => encodeRecord({ ...RECORD, tags })).toThrow(/the limit is 65536/);
  });
});

test('what is no record has no layer with one', () => {
  const note = { number: 7, package: 'shop', record: `sha256:${'1'.repeat(64)}`, run: RECORD.run, reason: 'x' };
  for (const bytes of [
    encodeUndo(note).manifest.bytes,
    Buffer.from('x'),
    Buffer.from('{}'),
    Buffer.from('{"layers":1}'),
  ]) {
    expect(layerOf({ bytes })).toBeUndefined();
    expect(inputsLayerOf({ bytes })).toBeUndefined();
  }
});

function hex(seed: number): string {
  let state = seed + 1;
  return Array.from({ length: 32 }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return (state % 16).toString(16);
  }).join('');
}
