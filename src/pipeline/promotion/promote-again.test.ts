import { describe, expect, test } from 'vitest';
import { encodeRecord } from '../../release/record-manifest.ts';
import type { StoreCall } from '../../release/store/memory-registry.fixture.ts';
import { imageOf, MovedByHand, RECORDS, type Shop, stagingTagOf, TAG } from './machine.fixture.ts';
import { connect, NEXT, names, RUN, shopWith } from './shop.fixture.ts';

describe('a tag that somebody has moved by hand', () => {
  test('is never overwritten by the next run', async () => {
    const shop = shopWith(['old', 'old']);
    await shop.release({ store: connect(shop), run: RUN, images: 'new' });
    shop.registry.set('axion/service1', TAG, imageOf('axion/service1', 'old'));
    await expect(shop.release({ store: connect(shop), run: NEXT, images: 'next' })).rejects.toThrow(MovedByHand);
    expect(shop.nameOf('axion/service1')).toBe('old');
  });

  test('during a release that its run has left, leads to an undo of the others', async () => {
    const shop = shopWith(['old', 'old', 'old']);
    const { store, killed } = shop.registry.connect(({ name, repository, tag }) =>
      name === 'move' && tag === TAG && repository === 'axion/service0' ? 'killed-after' : undefined,
    );
    await Promise.race([shop.release({ store, run: RUN, images: 'new' }), killed]);
    shop.registry.set('axion/service2', TAG, imageOf('axion/service2', 'theirs'));
    const warnings: string[] = [];
    await shop.settle({ store: connect(shop), run: NEXT, onWarning: (message) => void warnings.push(message) });
    expect(shop.repositories.map((repository) => shop.nameOf(repository))).toEqual(['old', 'old', 'theirs']);
    expect(warnings.join('\n')).toContain('somebody else has moved registry.test/axion/service2:1.0');
  });
});

describe('a release that its run has left', () => {
  /** Kills the run when it is about to do something. */
  async function killedAt(shop: Shop, isThere: (call: StoreCall) => boolean): Promise<void> {
    const { store, killed } = shop.registry.connect((call) => (isThere(call) ? 'killed-before' : undefined));
    await Promise.race([shop.release({ store, run: RUN, images: 'new' }), killed]);
  }

  const settled = async (shop: Shop) => {
    const recovered: unknown[] = [];
    await shop.settle({ store: connect(shop), run: NEXT, onRecovered: (recovery) => recovered.push(recovery) });
    return recovered;
  };

  test('between the lock and the first move, is finished', async () => {
    const shop = shopWith(['old', 'old']);
    await killedAt(shop, ({ name, tag }) => name === 'create' && tag === 'release-1');
    expect(shop.state).toBe('old');
    expect(await settled(shop)).toMatchObject([{ release: 1, run: RUN, action: 'finished' }]);
    expect(shop.state).toBe('new');
  });

  test('before the lock, leaves nothing but a record without a tag', async () => {
    const shop = shopWith(['old', 'old']);
    await killedAt(shop, ({ name }) => name === 'claim');
    expect(await settled(shop)).toEqual([]);
    expect(shop.state).toBe('old');
  });

  test('before its end was recorded, is complete', async () => {
    const shop = shopWith(['old', 'old']);
    await killedAt(shop, ({ name, tag }) => name === 'claim' && tag === '1.end');
    expect(await settled(shop)).toMatchObject([{ action: 'complete', references: [] }]);
  });

  test('with an image that was deleted since, is undone', async () => {
    const shop = shopWith(['old', 'old']);
    await killedAt(shop, ({ name, repository }) => name === 'move' && repository === 'axion/service1');
    shop.registry.deleted.add(imageOf('axion/service1', 'new'));
    expect(await settled(shop)).toMatchObject([{ action: 'undone' }]);
    expect(shop.state).toBe('old');
  });

  test('is not touched while its run moves tags on another machine', async () => {
    const shop = shopWith(['old', 'old', 'old']);
    await killedAt(shop, ({ name, repository }) => name === 'move' && repository === 'axion/service0');
    let looks = 0;
    const { store, calls } = shop.registry.connect(({ name, repository, tag }) => {
      // Each time that it looks, the other machine has gone on.
      if (name === 'find' && repository === 'axion/service0' && tag === TAG) {
        const next = shop.repositories[looks++];
        if (next !== undefined) shop.registry.set(next, TAG, imageOf(next, 'new'));
        else shop.registry.set(RECORDS, '1.end', shop.registry.get(RECORDS, '1'));
      }
      return undefined;
    });
    await shop.settle({ store, run: NEXT });
    expect(names(calls, 'move')).toEqual([]);
    expect(looks).toBeGreaterThan(shop.repositories.length);
  });

  test('is completed when an interrupted undo has removed a tag', async () => {
    const shop = shopWith(['old', 'old']);
    for (const repository of shop.repositories) shop.registry.unreadable.add(imageOf(repository, 'old'));
    let isFailing = false;
    const { store, killed } = shop.registry.connect(({ name, repository, tag }) => {
      if (name === 'move' && repository === 'axion/service1') {
        isFailing = true;
        return 'fails';
      }
      return isFailing && name === 'create' && tag === TAG ? 'killed-before' : undefined;
    });
    await Promise.race([shop.release({ store, run: RUN, images: 'new' }), killed]);
    expect(shop.nameOf('axion/service0')).toBe('absent');
    expect(await settled(shop)).toMatchObject([
      { action: 'undone', references: [`registry.test/axion/service0:${TAG}`] },
    ]);
    expect(shop.state).toBe('old');
  });
});

describe('on a plain registry', () => {
  test('a release is made, and the next one after it', async () => {
    const shop = shopWith(['old', 'absent'], { isPlain: true });
    for (const [run, images] of [
      [RUN, 'new'],
      [NEXT, 'next'],
    ] as const) {
      expect(await shop.release({ store: connect(shop), run, images })).toMatchObject({ kind: 'promoted' });
      expect(shop.state).toBe(images);
    }
  });

  test('a run that loses its number to another one stops, and moves its tags back', async () => {
    const shop = shopWith(['old', 'old', 'old'], { isPlain: true });
    const other = encodeRecord({
      schemaVersion: 1,
      number: 1,
      kind: 'release',
      run: stagingTagOf('next'),
      package: 'shop',
      created: '2026-05-31T08:15:00.000Z',
      by: {},
      tags: [TAG],
      services: [],
      current: [],
    });
    await connect(shop).pushRecord(RECORDS, other);
    let moves = 0;
    const { store } = shop.registry.connect(({ name, tag }) => {
      if (name === 'move' && tag === TAG && ++moves === 1) shop.registry.set(RECORDS, '1', other.manifest.digest);
      return undefined;
    });
    const result = await shop.release({ store, run: stagingTagOf('new'), images: 'new' });
    expect(result).toMatchObject({ kind: 'overtaken', end: 'lost' });
    expect(shop.state).toBe('old');
  });
});
