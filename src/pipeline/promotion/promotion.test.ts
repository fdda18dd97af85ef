import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Promotion } from '../../model/pipeline-run.ts';
import { type Fault, MemoryRegistry, type StoreCall } from '../../release/store/memory-registry.fixture.ts';
import { type Before, imageOf, QUICK, RECORDS, Shop, stagingTagOf, TAG } from './machine.fixture.ts';
import type { PromoteResult } from './promote.ts';

const RUN = 'objdocker-20260531T081500Z-3f9a1c2b7d4e';
const NEXT = 'objdocker-20260531T091500Z-aaaaaaaaaaaa';

const befores = fc.array(fc.constantFrom<Before>('old', 'old', 'absent', 'same'), { minLength: 1, maxLength: 5 });
const fault = fc.constantFrom<Fault>('fails', 'response-lost', 'killed-before', 'killed-after');

/** Faults by the index of a call: among all calls, and among those that change a public tag, which matter most. */
const faults = fc.record({
  calls: fc.dictionary(fc.integer({ min: 0, max: 90 }).map(String), fault, { maxKeys: 2 }),
  changes: fc.dictionary(fc.integer({ min: 0, max: 6 }).map(String), fault, { maxKeys: 3 }),
  records: fc.dictionary(fc.integer({ min: 0, max: 5 }).map(String), fault, { maxKeys: 2 }),
});
type Faults = typeof faults extends fc.Arbitrary<infer T> ? T : never;

const CHANGES: ReadonlySet<StoreCall['name']> = new Set(['create', 'claim', 'move', 'remove']);

function at({ calls, changes, records }: Faults): (call: StoreCall, index: number) => Fault | undefined {
  let changed = 0;
  let recorded = 0;
  return ({ name, repository, tag }, index) => {
    const isChange = tag === TAG && CHANGES.has(name);
    const isRecord = repository === RECORDS && (name === 'claim' || name === 'push');
    return (
      (isChange ? changes[String(changed++)] : undefined) ??
      (isRecord ? records[String(recorded++)] : undefined) ??
      calls[String(index)]
    );
  };
}

const survived = (planned: Fault | undefined): Fault | undefined => (planned?.startsWith('killed') ? 'fails' : planned);

/** Waits for work whose process may be killed. */
async function outcomeOf<T>(work: Promise<T>, killed: Promise<'killed'>): Promise<T | 'killed' | { error: unknown }> {
  return await Promise.race([work.catch((error: unknown) => ({ error })), killed]);
}

/** Checks that no public tag ever pointed to an image that is not among these. */
function expectPointed({ registry, repositories }: Shop, names: readonly string[]): void {
  for (const repository of repositories) {
    const allowed = [undefined, ...names.map((name) => imageOf(repository, name))];
    for (const digest of registry.pointed.get(`${repository}:${TAG}`) ?? []) expect(allowed).toContain(digest);
  }
}

/** Checks that the tags are what the newest ended record says; before the first one, what they were. */
async function expectSettled(shop: Shop, befores: readonly Before[]): Promise<void> {
  const released = await shop.released();
  if (released !== undefined) expect(shop.state).toBe(released);
  else
    expect(shop.repositories.map((repository) => shop.nameOf(repository))).toEqual(
      befores.map((before) => (before === 'same' ? 'new' : before)),
    );
}

const connect = (shop: Shop) => shop.registry.connect().store;

describe('a release with faults and kills at any call', () => {
  test('leaves all tags old or all new after the next run', async () => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(
        befores,
        fc.boolean(),
        fc.boolean(),
        faults,
        fc.array(faults, { maxLength: 2 }),
        async (befores, isPlain, unreadable, releasing, recoveries) => {
          const shop = new Shop(new MemoryRegistry({ isPlain }), befores);
          if (unreadable && !isPlain)
            for (const repository of shop.repositories) shop.registry.unreadable.add(imageOf(repository, 'old'));
          const first = shop.registry.connect(at(releasing));
          const ended = await outcomeOf(shop.release({ store: first.store, run: RUN, images: 'new' }), first.killed);
          if (ended !== 'killed' && 'kind' in ended) {
            expect(['promoted', 'unchanged']).toContain(ended.kind);
            expect(shop.state).toBe('new');
          }
          for (const planned of recoveries) {
            const client = shop.registry.connect(at(planned));
            await outcomeOf(shop.settle({ store: client.store, run: NEXT }), client.killed);
          }
          const actions: string[] = [];
          const history = await shop.settle({
            store: connect(shop),
            run: NEXT,
            onRecovered: ({ action }) => actions.push(action),
          });
          const action = actions[0] ?? 'nothing';
          seen.set(action, (seen.get(action) ?? 0) + 1);
          expectPointed(shop, ['old', 'new']);
          if (history.latest !== undefined) expect(['done', 'undone']).toContain(history.latest.state);
          await expectSettled(shop, befores);
          if (isPlain) return;
          // Everything on record is kept by a tag of its own.
          shop.registry.collectGarbage();
          const after = await shop.records().history({});
          for (const { digest } of after.ended?.record.services ?? [])
            expect(shop.registry.deleted).not.toContain(digest);
        },
      ),
      { numRuns: 800 },
    );
    // The property means nothing unless the faults have led to every kind of recovery.
    for (const action of ['finished', 'complete', 'undone', 'nothing'])
      expect(seen.get(action) ?? 0, action).toBeGreaterThan(0);
  }, 120_000);

  test('undoes all moves when it fails, or names those that it could not undo', async () => {
    await fc.assert(
      fc.asyncProperty(befores, fc.boolean(), faults, async (befores, unreadable, planned) => {
        const shop = new Shop(new MemoryRegistry(), befores);
        if (unreadable)
          for (const repository of shop.repositories) shop.registry.unreadable.add(imageOf(repository, 'old'));
        const faultOf = at(planned);
        const { store } = shop.registry.connect((call, index) => survived(faultOf(call, index)));
        const reported = new Map<string, Promotion>();
        const ended = await shop
          .release({
            store,
            run: RUN,
            images: 'new',
            deadlines: { ...QUICK, undoMs: 2_000 },
            onPromotion: (reference, promotion) => reported.set(reference, promotion),
          })
          .catch((error: unknown) => ({ error }));
        if ('kind' in ended) {
          expect(shop.state).toBe('new');
          return;
        }
        expect(ended.error).toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
        const names = befores.map((before) => (before === 'same' ? 'new' : before));
        expect(shop.repositories.map((repository) => shop.nameOf(repository))).toEqual(names);
        expect([...reported.values()].filter((each) => each === 'moved' || each === 'created')).toEqual([]);
      }),
      { numRuns: 400 },
    );
  }, 120_000);

  test('does not keep the next run from releasing', async () => {
    await fc.assert(
      fc.asyncProperty(befores, fc.boolean(), faults, async (befores, isPlain, planned) => {
        const shop = new Shop(new MemoryRegistry({ isPlain }), befores);
        const first = shop.registry.connect(at(planned));
        await outcomeOf(shop.release({ store: first.store, run: RUN, images: 'new' }), first.killed);
        const result = await shop.release({ store: connect(shop), run: NEXT, images: 'next' });
        expect(result).toMatchObject({ kind: 'promoted', late: [] });
        expect(shop.state).toBe('next');
        expect(await shop.released()).toBe('next');
      }),
      { numRuns: 500 },
    );
  }, 120_000);

  test('survives a garbage collection before every call', async () => {
    await fc.assert(
      fc.asyncProperty(befores, faults, async (befores, planned) => {
        const shop = new Shop(new MemoryRegistry(), befores);
        shop.registry.onCall = ({ name, tag }) => {
          // The record itself has no tag until it is locked: it is stored again.
          const isAfterPush = name === 'claim' && tag !== undefined && /^\d+$/.test(tag);
          if (!isAfterPush) shop.registry.collectGarbage();
        };
        const first = shop.registry.connect(at(planned));
        await outcomeOf(shop.release({ store: first.store, run: RUN, images: 'new' }), first.killed);
        await shop.settle({ store: connect(shop), run: NEXT });
        await expectSettled(shop, befores);
        const result = await shop.release({ store: connect(shop), run: NEXT, images: 'next' });
        expect(result.kind).toBe('promoted');
      }),
      { numRuns: 300 },
    );
  }, 120_000);
});

describe('several machines', () => {
  /** Holds each call back for a random number of turns, so that the machines interleave. */
  const slowly = (delays: readonly number[]) => {
    let next = 0;
    return async (): Promise<void> => {
      for (let turns = delays[next++ % delays.length] ?? 0; turns > 0; turns--) await Promise.resolve();
    };
  };
  const delays = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 5, maxLength: 40 });

  test('that release at once make one release after the other, each whole', async () => {
    await fc.assert(
      fc.asyncProperty(befores, delays, delays, async (befores, one, two) => {
        const shop = new Shop(new MemoryRegistry(), befores);
        const released = await Promise.all(
          [
            ['new', one],
            ['next', two],
          ].map(async ([images, pauses]) => {
            const { store } = shop.registry.connect(undefined, slowly(pauses as number[]));
            const run = stagingTagOf(images as string);
            return await shop.release({ store, run, images: images as string }).catch((error: unknown) => ({ error }));
          }),
        );
        await shop.settle({ store: connect(shop), run: NEXT });
        await expectSettled(shop, befores);
        expectPointed(shop, ['old', 'new', 'next']);
        // Nobody takes a release of the other for a move by hand.
        for (const each of released) expect('kind' in each ? each.kind : each.error).toBe('promoted');
      }),
      { numRuns: 400 },
    );
  }, 120_000);

  test('that finish the release of a dead one at once agree', async () => {
    await fc.assert(
      fc.asyncProperty(befores, faults, delays, async (befores, planned, pauses) => {
        const shop = new Shop(new MemoryRegistry(), befores);
        const first = shop.registry.connect(at(planned));
        await outcomeOf(shop.release({ store: first.store, run: RUN, images: 'new' }), first.killed);
        await Promise.all(
          [0, 1, 2].map((offset) => {
            const { store } = shop.registry.connect(undefined, slowly(pauses.slice(offset)));
            return shop.settle({ store, run: NEXT });
          }),
        );
        await expectSettled(shop, befores);
      }),
      { numRuns: 400 },
    );
  }, 120_000);

  test('correct what a slow one moves after another has ended its release and a third has made the next', async () => {
    let late = 0;
    await fc.assert(
      fc.asyncProperty(befores, fc.nat(40), async (befores, stalls) => {
        const shop = new Shop(new MemoryRegistry(), befores);
        let wake: () => void = () => {};
        const stalled = new Promise<void>((resolve) => (wake = resolve));
        let isStalled = false;
        const slow = shop.registry.connect(undefined, async (_, index) => {
          if (index !== stalls) return;
          isStalled = true;
          await stalled;
        });
        const running = shop
          .release({ store: slow.store, run: RUN, images: 'new' })
          .catch((error: unknown) => ({ error }));
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (isStalled) {
          await shop.settle({ store: connect(shop), run: stagingTagOf('next') });
          await shop.release({ store: connect(shop), run: stagingTagOf('next'), images: 'next' });
        }
        wake();
        const ended = (await running) as PromoteResult | { readonly error: unknown };
        if ('kind' in ended && ended.kind === 'overtaken') late++;
        await shop.settle({ store: connect(shop), run: NEXT });
        await expectSettled(shop, befores);
      }),
      { numRuns: 300 },
    );
    expect(late).toBeGreaterThan(5);
  }, 120_000);
});
