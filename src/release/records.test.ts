import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { ReleaseInputs } from '../model/inputs.ts';
import type { ReleaseRecord } from '../model/release.ts';
import { encodeRecord } from './record-manifest.ts';
import { ReleaseRecords } from './records.ts';
import { MemoryRegistry } from './store/memory-registry.fixture.ts';

const REPOSITORY = 'axion/shop-releases';
const RUN = 'objdocker-20260531T081500Z-3f9a1c2b7d4e';

function record(number: number, more: Partial<ReleaseRecord> = {}): ReleaseRecord {
  return {
    schemaVersion: 1,
    number,
    kind: 'release',
    run: RUN,
    package: 'shop',
    created: '2026-05-31T08:15:00.000Z',
    by: {},
    tags: ['latest'],
    services: [],
    current: [{ tag: 'latest', number }],
    ...more,
  };
}

interface Put {
  readonly ends?: 'done' | 'undoing' | 'undone';
  /** Replaces the content of the layer. */
  readonly content?: string;
}

/** Puts a record into the registry as its run would, and ends it. */
async function put(registry: MemoryRegistry, of: ReleaseRecord, { ends = 'done', content }: Put = {}): Promise<string> {
  const { store } = registry.connect();
  const encoded = encodeRecord(of);
  await store.pushRecord(REPOSITORY, encoded);
  const [, layer] = encoded.blobs;
  if (content !== undefined && layer !== undefined) registry.content.set(layer.digest, Buffer.from(content));
  const { digest } = encoded.manifest;
  registry.set(REPOSITORY, String(of.number), digest);
  registry.set(REPOSITORY, `${of.number}.end`, ends === 'done' ? digest : registry.addImage(`undo ${of.number}`));
  if (ends === 'undone') registry.set(REPOSITORY, `${of.number}.void`, registry.addImage(`undo ${of.number}`));
  return digest;
}

function recordsOf(registry: MemoryRegistry, ignored?: readonly number[]) {
  const client = registry.connect();
  const records = new ReleaseRecords({ store: client.store, repository: REPOSITORY, package: 'shop', ignored });
  return { records, client };
}

describe('the history', () => {
  test('is empty before the first release', async () => {
    expect(await recordsOf(new MemoryRegistry()).records.history({})).toEqual({ newest: 0 });
  });

  test('has the newest record with its state, and the newest that is done', async () => {
    const registry = new MemoryRegistry();
    await put(registry, record(1));
    const second = await put(registry, record(2));
    await put(registry, record(3, { current: [{ tag: 'latest', number: 3 }] }), { ends: 'undone' });
    const history = await recordsOf(registry).records.history({});
    expect(history).toMatchObject({
      newest: 3,
      latest: { state: 'undone', record: { number: 3 } },
      ended: { digest: second, record: { number: 2 } },
    });
  });

  test.each(['open', 'undoing'] as const)('tells that the newest release is %s', async (state) => {
    const registry = new MemoryRegistry();
    await put(registry, record(1));
    await put(registry, record(2), { ends: 'undoing' });
    if (state === 'open') registry.set(REPOSITORY, '2.end', undefined);
    expect((await recordsOf(registry).records.history({})).latest?.state).toBe(state);
  });

  test('skips a number that is missing', async () => {
    const registry = new MemoryRegistry();
    for (const number of [1, 2, 4]) await put(registry, record(number));
    registry.set(REPOSITORY, '4.end', undefined);
    expect(await recordsOf(registry).records.history({})).toMatchObject({
      newest: 4,
      ended: { record: { number: 2 } },
    });
  });

  test('takes the same few requests whatever the number of records', async () => {
    const registry = new MemoryRegistry();
    for (let number = 1; number <= 300; number++) await put(registry, record(number));
    const { records, client } = recordsOf(registry);
    expect((await records.history({})).ended?.record.number).toBe(300);
    expect(client.calls.length).toBeLessThanOrEqual(8);
  });
});

describe('the current release of a tag', () => {
  test('is what the newest record says, also of a tag that only an older one lists', async () => {
    const registry = new MemoryRegistry();
    await put(registry, record(1, { tags: ['prod'], current: [{ tag: 'prod', number: 1 }] }));
    const current = [
      { tag: 'latest', number: 2 },
      { tag: 'prod', number: 1 },
    ];
    await put(registry, record(2, { current }));
    const { records } = recordsOf(registry);
    const history = await records.history({});
    expect((await records.current(history, 'latest', {}))?.record.number).toBe(2);
    expect((await records.current(history, 'prod', {}))?.record.number).toBe(1);
    expect(await records.current(history, 'next', {})).toBeUndefined();
  });

  test('is searched among the records when the list is full', async () => {
    const registry = new MemoryRegistry();
    await put(registry, record(1, { tags: ['0.1'], current: [{ tag: '0.1', number: 1 }] }));
    const current = Array.from({ length: 200 }, (_, index) => ({ tag: `1.${index}`, number: 2 }));
    await put(registry, record(2, { current }));
    const { records } = recordsOf(registry);
    const history = await records.history({});
    expect((await records.current(history, '0.1', {}))?.record.number).toBe(1);
    expect(await records.current(history, '0.2', {})).toBeUndefined();
  });
});

describe('a record that cannot be used', () => {
  test.each([
    ['is damaged', record(1), 'not json', /damaged/],
    ['has another shape', record(1), '{"schemaVersion":1}', /damaged: number/],
    ['is of a newer version', record(1), '{"schemaVersion":7,"anything":true}', /newer version.*7/],
    ['names another package', record(1, { package: 'other' }), undefined, /of the package other/],
    ['has another number', record(1, { number: 9 }), undefined, /it is record 9/],
  ])('that %s is an error which changes nothing', async (_, of, content, message) => {
    const registry = new MemoryRegistry();
    const digest = await put(registry, of, content === undefined ? {} : { content });
    registry.set(REPOSITORY, '1', digest);
    registry.set(REPOSITORY, '1.end', digest);
    for (const tag of ['9', '9.end']) registry.set(REPOSITORY, tag, undefined);
    const { records, client } = recordsOf(registry);
    await expect(records.history({})).rejects.toMatchObject({
      code: 'RECORD_INVALID',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('--ignore-record 1'),
    });
    expect(client.calls.every(({ name }) => ['find', 'list', 'fetch'].includes(name))).toBe(true);
    // After a look at it, it can be ignored: the next number follows.
    expect(await recordsOf(registry, [1]).records.history({})).toEqual({ newest: 1, newestDigest: digest });
  });

  test('is listed with its error', async () => {
    const registry = new MemoryRegistry();
    await put(registry, record(1));
    await put(registry, record(2), { content: 'x' });
    const { records } = recordsOf(registry);
    expect(await records.list({ newest: 2 }, 20, {})).toMatchObject([
      { number: 2, error: { code: 'RECORD_INVALID' } },
      { record: { number: 1 }, state: 'done' },
    ]);
  });
});

describe('what the images of a release were made from', () => {
  const inputs: ReleaseInputs = {
    services: [
      {
        repository: 'axion/api-shop',
        inputs: {
          digest: `sha256:${'1'.repeat(64)}`,
          platforms: ['linux/amd64'],
          stages: { base: 'a1', '#1': 'b2' },
          arguments: { FEATURES: 'c3' },
          images: { 'python:3': `sha256:${'2'.repeat(64)}` },
          files: { 'src/\u{1f680} a\n.py': 'd4', 'src/': 'e5' },
          secrets: { pip: 'f6' },
        },
      },
    ],
  };

  async function stored(more?: ReleaseInputs) {
    const registry = new MemoryRegistry();
    const { store } = registry.connect();
    const encoded = encodeRecord(record(1), more);
    await store.pushRecord(REPOSITORY, encoded);
    const found = { digest: encoded.manifest.digest, record: record(1) };
    return {
      registry,
      layer: encoded.blobs[2]?.digest ?? '',
      read: () => recordsOf(registry).records.inputsOf(found, {}),
    };
  }

  test('is read as it was written, and the record beside it', async () => {
    const { registry, read } = await stored(inputs);
    expect(await read()).toEqual(inputs);
    registry.set(REPOSITORY, '1', encodeRecord(record(1), inputs).manifest.digest);
    expect((await recordsOf(registry).records.read(1, {})).record).toEqual(record(1));
  });

  test('is not known of a record without it', async () => {
    expect(await (await stored()).read()).toBeUndefined();
  });

  test.each([
    ['is no gzip', Buffer.from('{}')],
    ['is no JSON', gzipSync('x')],
    ['has another form', gzipSync('{"services":[{"repository":"x"}]}')],
    ['ends too early', gzipSync(JSON.stringify(inputs)).subarray(0, 40)],
  ])('is not known where the layer %s', async (_, content) => {
    const { registry, layer, read } = await stored(inputs);
    registry.content.set(layer, content);
    expect(await read()).toBeUndefined();
  });

  test('is not known where the registry has lost the layer', async () => {
    const { registry, layer, read } = await stored(inputs);
    registry.content.delete(layer);
    expect(await read()).toBeUndefined();
  });
});
