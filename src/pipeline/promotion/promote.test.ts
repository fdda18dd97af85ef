import { describe, expect, test, vi } from 'vitest';
import { ObjDockerError } from '../../errors.ts';
import { HttpFailure } from '../../lib/http/failure.ts';
import type { TagStore } from '../../release/store/tag-store.ts';
import { PROMOTION_DEADLINES } from './deadlines.ts';
import { imageOf, QUICK, RECORDS, TAG } from './machine.fixture.ts';
import { connect, NEXT, names, RUN, reads, shopWith } from './shop.fixture.ts';

describe('a release', () => {
  test('leaves one record with its end, and tags that keep the images forward and back', async () => {
    const shop = shopWith(['old', 'absent', 'same']);
    const result = await shop.release({ store: connect(shop), run: RUN, images: 'new' });
    expect(result).toMatchObject({ kind: 'promoted', late: [] });
    expect([...(shop.registry.tags.get(RECORDS)?.keys() ?? [])]).toEqual(['1', '1.end']);
    expect(shop.registry.imageTags().sort()).toEqual([
      'axion/service0:before-1',
      'axion/service0:release-1',
      'axion/service1:release-1',
      'axion/service2:release-1',
    ]);
    const { ended } = await shop.records().history({});
    expect(ended?.record).toMatchObject({
      number: 1,
      tags: [TAG],
      current: [{ tag: TAG, number: 1 }],
      services: [
        { since: 1, tags: [{ action: 'moved', before: imageOf('axion/service0', 'old') }] },
        { since: 1, tags: [{ action: 'created' }] },
        { since: 1, tags: [{ action: 'unchanged' }] },
      ],
    });
  });

  test('follows the one before, whose images keep their tags', async () => {
    const shop = shopWith(['old', 'old']);
    await shop.release({ store: connect(shop), run: RUN, images: 'new' });
    await shop.release({ store: connect(shop), run: NEXT, images: 'next', services: ['axion/service0'] });
    expect(shop.nameOf('axion/service0')).toBe('next');
    expect(shop.nameOf('axion/service1')).toBe('new');
    const { ended } = await shop.records().history({});
    const first = await shop.records().read(1, {});
    expect(ended?.record).toMatchObject({
      number: 2,
      parent: first.digest,
      services: [
        { repository: 'axion/service0', since: 2, carried: false, tags: [{ action: 'moved' }] },
        { repository: 'axion/service1', since: 1, carried: true, tags: [{ action: 'unchanged' }] },
      ],
    });
    expect(shop.registry.imageTags().filter((name) => name.includes('before-2'))).toEqual([]);
  });

  test('that changes nothing makes no record', async () => {
    const shop = shopWith(['old', 'old']);
    await shop.release({ store: connect(shop), run: RUN, images: 'new' });
    const client = shop.registry.connect();
    expect(await shop.release({ store: client.store, run: NEXT, images: 'new' })).toEqual({
      kind: 'unchanged',
      number: 1,
    });
    expect(reads(client.calls)).toBe(true);
  });

  test('moves several public tags in one record, and keeps what is current by tag', async () => {
    const shop = shopWith(['old', 'old']);
    await shop.release({ store: connect(shop), run: RUN, images: 'new', tags: [TAG, 'latest'] });
    await shop.release({ store: connect(shop), run: NEXT, images: 'next', tags: ['2.0', 'latest'] });
    expect(shop.repositories.map((repository) => shop.nameOf(repository, 'latest'))).toEqual(['next', 'next']);
    expect(shop.state).toBe('new');
    const { ended } = await shop.records().history({});
    expect(ended?.record.current).toEqual([
      { tag: '2.0', number: 2 },
      { tag: 'latest', number: 2 },
      { tag: TAG, number: 1 },
    ]);
  });

  test('leaves a tag alone that already points to its image', async () => {
    const shop = shopWith(['same', 'old', 'same']);
    const { store, calls } = shop.registry.connect();
    await shop.release({ store, run: RUN, images: 'new' });
    expect(names(calls, 'move')).toEqual([`axion/service1:${TAG}`]);
  });

  test('promotes nothing and names the tags that somebody else has moved during the run', async () => {
    const shop = shopWith(['old', 'absent', 'old']);
    const theirs = imageOf('axion/service0', 'theirs');
    let finds = 0;
    const { store, calls } = shop.registry.connect(({ name, repository, tag }) => {
      // After the run has looked at the tags.
      if (name === 'find' && tag === TAG && repository === 'axion/service0' && ++finds === 2)
        shop.registry.set('axion/service0', TAG, theirs);
      return undefined;
    });
    expect(await shop.release({ store, run: RUN, images: 'new' })).toEqual({
      kind: 'conflict',
      conflicts: [
        {
          reference: `registry.test/axion/service0:${TAG}`,
          expected: imageOf('axion/service0', 'old'),
          found: theirs,
        },
      ],
    });
    expect(reads(calls)).toBe(true);
  });

  test.each([
    ['before it looks', 'move'],
    ['after it has looked', 'create'],
  ])('undoes its moves when somebody else creates a new tag %s', async (_, moment) => {
    const shop = shopWith(['old', 'absent']);
    const theirs = imageOf('axion/service1', 'theirs');
    const { store } = shop.registry.connect(({ name, tag }) => {
      if (name === moment && tag === TAG) shop.registry.set('axion/service1', TAG, theirs);
      return undefined;
    });
    expect(await shop.release({ store, run: RUN, images: 'new' })).toMatchObject({
      kind: 'conflict',
      conflicts: [{ found: theirs }],
    });
    expect(shop.nameOf('axion/service0')).toBe('old');
    expect(shop.nameOf('axion/service1')).toBe('theirs');
    expect((await shop.records().history({})).latest?.state).toBe('undone');
  });

  test('tells when somebody else moves a tag right after', async () => {
    const shop = shopWith(['old', 'old']);
    const theirs = imageOf('axion/service1', 'theirs');
    const { store } = shop.registry.connect(({ name, tag }) => {
      if (name === 'claim' && tag === '1.end') shop.registry.set('axion/service1', TAG, theirs);
      return undefined;
    });
    expect(await shop.release({ store, run: RUN, images: 'new' })).toMatchObject({
      kind: 'promoted',
      late: [{ reference: `registry.test/axion/service1:${TAG}`, found: theirs }],
    });
    expect(shop.nameOf('axion/service1')).toBe('theirs');
  });

  test('moves a tag again that a late request of the release before has moved back', async () => {
    const shop = shopWith(['old', 'old']);
    const { store } = shop.registry.connect(({ name, tag }) => {
      if (name === 'claim' && tag === '1.end')
        shop.registry.set('axion/service1', TAG, imageOf('axion/service1', 'old'));
      return undefined;
    });
    expect(await shop.release({ store, run: RUN, images: 'new' })).toMatchObject({ kind: 'promoted', late: [] });
    expect(shop.state).toBe('new');
  });

  test('moves nothing and names each image that the registry refuses', async () => {
    const shop = shopWith(['old', 'same', 'old']);
    for (const repository of ['axion/service1', 'axion/service2'])
      shop.registry.unreadable.add(imageOf(repository, 'new'));
    const { store, calls } = shop.registry.connect();
    const result = await shop.release({ store, run: RUN, images: 'new' });
    expect(result).toMatchObject({
      kind: 'refused',
      refusals: [{ image: { repository: 'axion/service1' } }, { image: { repository: 'axion/service2' } }],
    });
    expect(reads(calls)).toBe(true);
  });

  test('rejects an immutable tag before any change', async () => {
    const shop = shopWith(['old', 'old', 'same']);
    shop.registry.immutable.add(`axion/service1:${TAG}`).add(`axion/service2:${TAG}`);
    const { store, calls } = shop.registry.connect();
    await expect(shop.release({ store, run: RUN, images: 'new' })).rejects.toMatchObject({
      code: 'TAG_IMMUTABLE',
      details: { references: [`registry.test/axion/service1:${TAG}`] },
    });
    expect(reads(calls)).toBe(true);
  });

  test('needs no tag to move or to go in the releases repository: a rule that freezes all tags does no harm', async () => {
    const shop = shopWith(['absent', 'absent']);
    shop.registry.immutable.add('*');
    for (const [run, images, tag] of [
      [RUN, 'new', '1.0'],
      [NEXT, 'next', '1.1'],
    ] as const)
      expect(await shop.release({ store: connect(shop), run, images, tags: [tag] })).toMatchObject({
        kind: 'promoted',
      });
    expect((await shop.records().history({})).ended?.record.number).toBe(2);
  });

  test('undoes its moves when a tag turns out to be immutable', async () => {
    const shop = shopWith(['old', 'old', 'old', 'absent']);
    const { store } = shop.registry.connect(({ name, tag }) => {
      if (name === 'move' && tag === TAG) shop.registry.immutable.add(`axion/service2:${TAG}`);
      return undefined;
    });
    await expect(shop.release({ store, run: RUN, images: 'new' })).rejects.toMatchObject({
      code: 'TAG_IMMUTABLE',
      hint: 'Change the rule.',
      message: expect.stringContaining('was undone'),
      details: { notUndone: [], undone: expect.arrayContaining([`registry.test/axion/service0:${TAG}`]) },
    });
    expect(shop.repositories.map((repository) => shop.nameOf(repository))).toEqual(['old', 'old', 'old', 'absent']);
    expect((await shop.records().history({})).latest?.state).toBe('undone');
  });

  test('names the permission that it needs, and changes nothing, without tag:create', async () => {
    const shop = shopWith(['old']);
    shop.registry.forbidden.add('create');
    const { store, calls } = shop.registry.connect();
    await expect(shop.release({ store, run: RUN, images: 'new' })).rejects.toMatchObject({
      code: 'REGISTRY_FORBIDDEN',
    });
    expect(names(calls, 'move')).toEqual([]);
    expect(shop.state).toBe('old');
  });

  test('passes without tag:delete', async () => {
    const shop = shopWith(['old', 'absent']);
    shop.registry.forbidden.add('remove');
    expect(await shop.release({ store: connect(shop), run: RUN, images: 'new' })).toMatchObject({ kind: 'promoted' });
  });

  test('of which the registry does not respond to a move stays open, and the next run finishes it', async () => {
    const shop = shopWith(['old', 'old', 'old', 'old', 'old', 'old']);
    let moves = 0;
    const { store } = shop.registry.connect(({ name, tag }) => {
      if (name === 'move' && tag === TAG) moves++;
      return moves > 3 ? 'fails' : undefined;
    });
    await expect(shop.release({ store, run: RUN, images: 'new' })).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('could not be undone'),
      hint: expect.stringContaining('Run the pipeline again'),
    });
    expect(shop.state).toBe('mixed');
    const recovered: unknown[] = [];
    await shop.settle({ store: connect(shop), run: NEXT, onRecovered: (recovery) => recovered.push(recovery) });
    expect(recovered).toMatchObject([{ release: 1, run: RUN, action: 'finished' }]);
    expect(shop.state).toBe('new');
  });

  test('removes and recreates a tag, with a warning, to undo a move away from an image that nobody may read', async () => {
    const shop = shopWith(['old', 'old', 'absent']);
    for (const repository of shop.repositories) shop.registry.unreadable.add(imageOf(repository, 'old'));
    let isFailing = true;
    const { store, calls } = shop.registry.connect(({ name, repository, tag }) => {
      if (name !== 'create' || tag !== TAG || repository !== 'axion/service2' || !isFailing) return undefined;
      isFailing = false;
      return 'fails';
    });
    const warnings: string[] = [];
    const onWarning = (message: string) => void warnings.push(message);
    const slow = { ...QUICK, undoMs: 2_000 };
    await expect(shop.release({ store, run: RUN, images: 'new', onWarning, deadlines: slow })).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      details: { notUndone: [] },
    });
    expect(shop.repositories.map((repository) => shop.nameOf(repository))).toEqual(['old', 'old', 'absent']);
    expect(names(calls, 'remove')).toContain(`axion/service0:${TAG}`);
    expect(warnings.join('\n')).toContain('removed and created again');
  });

  test('moves nothing and is undone when it is aborted before the first move', async () => {
    const shop = shopWith(['old', 'old']);
    const aborting = new AbortController();
    const { store } = shop.registry.connect(({ name, tag }) => {
      if (name === 'create' && tag === 'release-1') aborting.abort();
      return undefined;
    });
    const { signal } = aborting;
    const slow = { ...QUICK, undoMs: 2_000 };
    await expect(shop.release({ store, run: RUN, images: 'new', signal, deadlines: slow })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    expect(shop.state).toBe('old');
    expect((await shop.records().history({})).latest?.state).toBe('undone');
  });

  test('moves all tags when it is aborted after the first move', async () => {
    const shop = shopWith(['old', 'old', 'absent']);
    const aborting = new AbortController();
    const { store } = shop.registry.connect(({ name, tag }) => {
      if (name === 'move' && tag === TAG) aborting.abort();
      return undefined;
    });
    const { signal } = aborting;
    expect(await shop.release({ store, run: RUN, images: 'new', signal })).toMatchObject({ kind: 'promoted' });
    expect(shop.state).toBe('new');
  });

  test('that is cancelled ends within four seconds when the registry stops responding', async () => {
    vi.useFakeTimers();
    try {
      const shop = shopWith(['old', 'old', 'old']);
      const cancel = new AbortController();
      const hang = (signal: AbortSignal | undefined): Promise<never> =>
        new Promise((_, reject) => {
          const abort = () => reject(new ObjDockerError('CANCELLED', 'cancelled'));
          if (signal?.aborted) abort();
          else signal?.addEventListener('abort', abort);
        });
      let isDead = false;
      const store = connect(shop);
      const silent: TagStore = {
        ...store,
        find: (...call) => (isDead ? hang(call[2]?.signal) : store.find(...call)),
        pushRecord: (...call) => (isDead ? hang(call[2]?.signal) : store.pushRecord(...call)),
        move(...call) {
          isDead = true;
          cancel.abort();
          return hang(call[3]?.signal);
        },
      };
      let ended: unknown;
      const reported: string[] = [];
      const running = shop
        .release({
          store: silent,
          run: RUN,
          images: 'new',
          signal: cancel.signal,
          deadlines: PROMOTION_DEADLINES,
          onPromotion: (_, promotion) => void reported.push(promotion),
        })
        .catch((error: unknown) => (ended = error));
      await vi.advanceTimersByTimeAsync(4_100);
      expect(reported, 'they may have been moved').toEqual(['in-doubt', 'in-doubt', 'in-doubt']);
      expect(ended).toMatchObject({ code: 'CANCELLED', details: { notUndone: expect.any(Array) } });
      await running;
    } finally {
      vi.useRealTimers();
    }
  });

  const gatewayTimeout = () => new ObjDockerError('REGISTRY_UNREACHABLE', 'HTTP 504', { details: { status: 504 } });
  const reset = () =>
    new ObjDockerError('REGISTRY_UNREACHABLE', 'reset', { cause: new HttpFailure('reset', 'http://registry.test') });

  test.each([
    ['a gateway time-out', gatewayTimeout],
    ['a reset connection', reset],
  ])('undoes a move that took effect after %s, in the next run', async (_, error) => {
    const shop = shopWith(['old', 'old', 'old']);
    const late: (() => void)[] = [];
    const store = connect(shop);
    const slow: TagStore = {
      ...store,
      async move(repository, manifest, tag, options) {
        const isOurs = manifest.digest === imageOf(repository, 'new');
        if (!isOurs || repository !== 'axion/service1') return await store.move(repository, manifest, tag, options);
        late.push(() => shop.registry.set(repository, tag, manifest.digest));
        await new Promise((resolve) => setTimeout(resolve, 5));
        throw error();
      },
    };
    const patient = { ...QUICK, undoMs: 2_000 };
    await expect(shop.release({ store: slow, run: RUN, images: 'new', deadlines: patient })).rejects.toMatchObject({
      details: { notUndone: [] },
    });
    for (const land of late) land();
    expect(late).toHaveLength(1);
    await shop.settle({ store, run: NEXT });
    expect(shop.state).toBe('old');
    expect((await shop.records().history({})).latest?.state).toBe('undone');
  });
});
