import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Promotion } from '../../model/pipeline-run.ts';
import { digestOf, type Fault, MemoryRegistry, type StoreCall } from './memory-registry.fixture.ts';
import { type Candidate, type PromoteResult, promote } from './promote.ts';
import { recover } from './recover.ts';
import { readStagingTag } from './staging-tag.ts';
import type { TagStore } from './tag-store.ts';

const RUN = 'objdocker-20260531T081500Z-3f9a1c2b7d4e';
const NEXT_RUN = 'objdocker-20260531T091500Z-aaaaaaaaaaaa';
const SOON = new Date('2026-05-31T08:20:00Z');
const LATER = new Date('2026-05-31T10:15:00Z');
const TAG = '1.0';
const QUICK = { againMs: 0, settleMs: 0, backMs: 40 };

type Before = 'old' | 'absent' | 'same';

interface World {
  readonly registry: MemoryRegistry;
  readonly candidates: readonly Candidate[];
  readonly repositories: readonly string[];
}

const oldOf = (repository: string) => digestOf(`${repository} old`);
const newOf = (repository: string) => digestOf(`${repository} new`);

function world(befores: readonly Before[], { canRemove = true, unreadable = false } = {}): World {
  const registry = new MemoryRegistry({ canRemove });
  const repositories = befores.map((_, index) => `axion/service${index}`);
  const candidates = repositories.map((repository, index): Candidate => {
    const before = befores[index];
    const previous = before === 'absent' ? undefined : before === 'same' ? newOf(repository) : oldOf(repository);
    registry.set(repository, TAG, previous);
    registry.set(repository, RUN, newOf(repository));
    if (unreadable) registry.unreadable.add(oldOf(repository));
    return {
      repository,
      tag: TAG,
      reference: `${registry.host}/${repository}:${TAG}`,
      digest: newOf(repository),
      previous,
    };
  });
  return { registry, candidates, repositories };
}

function run(
  store: TagStore,
  candidates: readonly Candidate[],
  { run = RUN, signal }: { run?: string; signal?: AbortSignal } = {},
): Promise<PromoteResult> {
  const silent = { onPromotion: () => {}, onWarning: () => {} };
  return promote(store, candidates, { run, signal, ...silent, pace: QUICK });
}

const recovering = (store: TagStore, repositories: readonly string[], now = SOON, warnings: string[] = []) =>
  recover(store, repositories, { onWarning: (message) => warnings.push(message), now: () => now, pace: QUICK });

/** What the public tags of a world stand for: `old`, `new`, `mixed`. */
function stateOf({ registry, candidates }: World): string {
  const changing = candidates.filter(({ digest, previous }) => digest !== previous);
  const isAll = (wanted: (candidate: Candidate) => string | undefined) =>
    changing.every((candidate) => registry.get(candidate.repository, TAG) === wanted(candidate));
  if (isAll(({ digest }) => digest)) return 'new';
  return isAll(({ previous }) => previous) ? 'old' : 'mixed';
}

/** The notes that are left; one `from` that is the same as its `to` says that all is over. */
function openNotes({ registry }: World): string[] {
  return registry.ownTags().filter((name) => {
    const [repository = '', tag = ''] = [name.slice(0, name.indexOf(':')), name.slice(name.indexOf(':') + 1)];
    const read = readStagingTag(tag);
    if (read?.note === undefined) return false;
    const at = (direction: string) => registry.get(repository, `${read.run}.${direction}.${read.note?.tag}`);
    return at('from') === undefined || at('from') !== (at('to') ?? at('new'));
  });
}

/** Watches that a public tag never stands for anything but what it was and what passed. */
function watching({ registry, candidates }: World, befall: (call: StoreCall, index: number) => Fault | undefined) {
  return (call: StoreCall, index: number) => {
    for (const { repository, digest, previous } of candidates) {
      expect([digest, previous, undefined]).toContain(registry.get(repository, TAG));
    }
    return befall(call, index);
  };
}

/** Runs something on a machine that may die of it. */
async function outcomeOf<T>(work: Promise<T>, killed: Promise<'killed'>): Promise<T | 'killed' | { error: unknown }> {
  return await Promise.race([work.catch((error: unknown) => ({ error })), killed]);
}

const befores = fc.array(fc.constantFrom<Before>('old', 'old', 'absent', 'same'), { minLength: 1, maxLength: 6 });
const fault = fc.constantFrom<Fault>('fails', 'answer-lost', 'killed-before', 'killed-after');

/** What befalls which call: of all, and of those that change a public tag, which matter most. */
const faults = fc.record({
  calls: fc.dictionary(fc.integer({ min: 0, max: 70 }).map(String), fault, { maxKeys: 2 }),
  changes: fc.dictionary(fc.integer({ min: 0, max: 6 }).map(String), fault, { maxKeys: 3 }),
});
type Faults = typeof faults extends fc.Arbitrary<infer T> ? T : never;

function at({ calls, changes }: Faults): (call: StoreCall, index: number) => Fault | undefined {
  let changed = 0;
  return ({ name, tag }, index) => {
    const isChange = tag === TAG && name !== 'read';
    return (isChange ? changes[String(changed++)] : undefined) ?? calls[String(index)];
  };
}

describe('whatever fails, and whenever the process dies', () => {
  test('the next run, anywhere, finds all tags old or makes them all new or old', async () => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(
        befores,
        fc.boolean(),
        fc.boolean(),
        faults,
        fc.array(faults, { maxLength: 2 }),
        async (befores, canRemove, unreadable, promoting, recoveries) => {
          const it = world(befores, { canRemove, unreadable: unreadable && canRemove });
          const first = it.registry.machine(watching(it, at(promoting)));
          const ended = await outcomeOf(run(first.store, it.candidates), first.killed);
          if (ended !== 'killed' && 'kind' in ended) {
            expect(ended.kind).toBe('promoted');
            expect(stateOf(it)).toBe('new');
          }
          const wasNew = stateOf(it) === 'new';
          for (const planned of recoveries) {
            const machine = it.registry.machine(watching(it, at(planned)));
            await outcomeOf(recovering(machine.store, it.repositories), machine.killed);
          }
          const before = stateOf(it);
          const last = it.registry.machine(watching(it, () => undefined));
          const recovered = await recovering(last.store, it.repositories);
          seen.set(recovered[0]?.action ?? 'nothing', (seen.get(recovered[0]?.action ?? 'nothing') ?? 0) + 1);
          const after = stateOf(it);
          expect(['old', 'new']).toContain(after);
          if (wasNew && recoveries.length === 0) expect(after).toBe('new');
          if (before !== 'mixed') expect(after, 'what is whole is left alone').toBe(before);
          if (after === 'new') expect(openNotes(it)).toEqual([]);

          await recovering(it.registry.machine().store, it.repositories, LATER);
          expect(openNotes(it), 'an hour later no note is open').toEqual([]);
          expect(stateOf(it)).toBe(after);
        },
      ),
      { numRuns: 800 },
    );
    // Had the faults never bitten, all of this would say nothing.
    for (const action of ['finished', 'complete', 'not-begun', 'nothing'])
      expect(seen.get(action), action).toBeGreaterThan(5);
  }, 120_000);

  test('a run that says that it failed has put everything back, or says what not', async () => {
    await fc.assert(
      fc.asyncProperty(befores, fc.boolean(), faults, async (befores, unreadable, planned) => {
        const it = world(befores, { unreadable });
        const survived = (fault: Fault | undefined) => (fault?.startsWith('killed') ? 'fails' : fault);
        const befall = at(planned);
        const told = new Map<string, Promotion>();
        const { store } = it.registry.machine((call, index) => survived(befall(call, index)));
        const ended = await promote(store, it.candidates, {
          run: RUN,
          pace: { ...QUICK, backMs: 2000 },
          onWarning: () => {},
          onPromotion: ({ reference }, promotion) => told.set(reference, promotion),
        }).catch((error: unknown) => ({ error }));
        if ('kind' in ended) {
          expect(stateOf(it)).toBe('new');
          return;
        }
        expect(ended.error).toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
        if (befores.every((before) => before === 'same')) return;
        expect(stateOf(it)).toBe('old');
        expect([...told.values()].filter((each) => each === 'moved' || each === 'created')).toEqual([]);
        if ('details' in (ended.error as object)) {
          const { notRestored = [] } = (ended.error as { details: { notRestored?: unknown[] } }).details;
          expect(notRestored).toEqual([]);
        }
      }),
      { numRuns: 400 },
    );
  }, 120_000);

  test('the next run releases as if nothing had been', async () => {
    await fc.assert(
      fc.asyncProperty(befores, fc.boolean(), faults, async (befores, canRemove, planned) => {
        const it = world(befores, { canRemove });
        const first = it.registry.machine(at(planned));
        await outcomeOf(run(first.store, it.candidates), first.killed);
        const { store } = it.registry.machine();
        await recovering(store, it.repositories);
        const next = it.candidates.map((candidate) => ({
          ...candidate,
          digest: digestOf(`${candidate.repository} next`),
          previous: it.registry.get(candidate.repository, TAG),
        }));
        expect(await run(store, next, { run: NEXT_RUN })).toMatchObject({ kind: 'promoted' });
        expect(next.map(({ repository }) => it.registry.get(repository, TAG))).toEqual(
          next.map(({ digest }) => digest),
        );
        expect(openNotes(it)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  }, 120_000);
});

describe('somebody else', () => {
  test('who moves a tag after a run died: no recovery touches any', async () => {
    await fc.assert(
      fc.asyncProperty(
        befores,
        fc.boolean(),
        faults,
        fc.nat(),
        fc.boolean(),
        async (befores, canRemove, planned, which, deletes) => {
          const it = world(befores, { canRemove });
          const first = it.registry.machine(at(planned));
          await outcomeOf(run(first.store, it.candidates), first.killed);
          const changing = it.candidates.filter(
            ({ digest, previous }) => digest !== previous && previous !== undefined,
          );
          const theirs = changing[which % Math.max(1, changing.length)];
          fc.pre(theirs !== undefined);
          it.registry.set(theirs.repository, TAG, deletes ? undefined : digestOf('theirs'));
          const before = it.candidates.map(({ repository }) => it.registry.get(repository, TAG));
          const { store, calls } = it.registry.machine();
          await recovering(store, it.repositories, LATER);
          expect(it.candidates.map(({ repository }) => it.registry.get(repository, TAG))).toEqual(before);
          expect(calls.filter(({ tag }) => tag === TAG).every(({ name }) => name === 'read')).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  }, 120_000);

  test('who moves a tag while a recovery goes on keeps it', async () => {
    await fc.assert(
      fc.asyncProperty(befores, faults, fc.nat(5), fc.nat(), async (befores, planned, when, which) => {
        const it = world(befores);
        const first = it.registry.machine(at(planned));
        await outcomeOf(run(first.store, it.candidates), first.killed);
        const theirs = it.candidates[which % it.candidates.length];
        if (theirs === undefined) return;
        let reads = 0;
        let isMoved = false;
        const { store } = it.registry.machine(({ name, repository, tag }) => {
          if (name === 'read' && repository === theirs.repository && tag === TAG && reads++ === when) {
            it.registry.set(repository, TAG, digestOf('theirs'));
            isMoved = true;
          }
          return undefined;
        });
        await recovering(store, it.repositories, LATER);
        if (isMoved) expect(it.registry.get(theirs.repository, TAG)).toBe(digestOf('theirs'));
      }),
      { numRuns: 500 },
    );
  }, 120_000);

  test('several machines that recover at once come to one release', async () => {
    await fc.assert(
      fc.asyncProperty(befores, fc.boolean(), faults, async (befores, canRemove, planned) => {
        const it = world(befores, { canRemove });
        const first = it.registry.machine(at(planned));
        await outcomeOf(run(first.store, it.candidates), first.killed);
        await Promise.all([1, 2, 3].map(() => recovering(it.registry.machine().store, it.repositories)));
        expect(['old', 'new']).toContain(stateOf(it));
      }),
      { numRuns: 500 },
    );
  }, 120_000);
});

describe('what a promotion does', () => {
  const names = (calls: readonly StoreCall[], name: StoreCall['name']) =>
    calls.filter((call) => call.name === name).map(({ repository, tag }) => `${repository}:${tag}`);

  test('a tag that stands for its image is left alone, and a single move needs no notes', async () => {
    const it = world(['same', 'old', 'same']);
    const { store, calls } = it.registry.machine();
    const result = await run(store, it.candidates);
    expect(result).toMatchObject({ kind: 'promoted' });
    if (result.kind === 'promoted')
      expect([...result.promotions.values()].sort()).toEqual(['moved', 'unchanged', 'unchanged']);
    expect(names(calls, 'move')).toEqual([`axion/service1:${TAG}`]);
    expect(names(calls, 'make')).toEqual([]);
  });

  test('a tag that is not what it was: nothing is promoted, and it is named', async () => {
    const it = world(['old', 'absent', 'old']);
    it.registry.set('axion/service0', TAG, digestOf('theirs'));
    it.registry.set('axion/service1', TAG, digestOf('theirs, too'));
    const { store, calls } = it.registry.machine();
    expect(await run(store, it.candidates)).toEqual({
      kind: 'conflict',
      late: false,
      conflicts: [
        {
          reference: `registry.test/axion/service0:${TAG}`,
          expected: oldOf('axion/service0'),
          found: digestOf('theirs'),
        },
        { reference: `registry.test/axion/service1:${TAG}`, found: digestOf('theirs, too') },
      ],
    });
    expect(calls.every(({ name }) => name === 'read')).toBe(true);
  });

  test('a tag that is moved by somebody else right after: a late conflict', async () => {
    const it = world(['old', 'old']);
    const { store } = it.registry.machine(({ name, tag }) => {
      if (name === 'remove' && tag?.includes('.from.')) it.registry.set('axion/service1', TAG, digestOf('theirs'));
      return undefined;
    });
    expect(await run(store, it.candidates)).toMatchObject({
      kind: 'conflict',
      late: true,
      conflicts: [{ reference: `registry.test/axion/service1:${TAG}`, found: digestOf('theirs') }],
    });
    expect(it.registry.get('axion/service1', TAG)).toBe(digestOf('theirs'));
  });

  test('a new tag that somebody else makes in the last moment is a conflict, and what was moved is put back', async () => {
    const it = world(['old', 'absent']);
    const { store } = it.registry.machine(({ name, tag }) => {
      if (name === 'make' && tag === TAG) it.registry.set('axion/service1', TAG, digestOf('theirs'));
      return undefined;
    });
    expect(await run(store, it.candidates)).toMatchObject({
      kind: 'conflict',
      late: false,
      conflicts: [{ found: digestOf('theirs') }],
    });
    expect(it.registry.get('axion/service0', TAG)).toBe(oldOf('axion/service0'));
    expect(it.registry.get('axion/service1', TAG)).toBe(digestOf('theirs'));
    expect(openNotes(it)).toEqual([]);
  });

  test("the registry's own refusal of images names each, and nothing is moved", async () => {
    const it = world(['old', 'same', 'old']);
    it.registry.unreadable.add(newOf('axion/service1')).add(newOf('axion/service2'));
    const { store, calls } = it.registry.machine();
    const result = await run(store, it.candidates);
    expect(result).toMatchObject({ kind: 'refused' });
    if (result.kind !== 'refused') return;
    expect(result.refusals.map(({ candidate }) => candidate.repository)).toEqual(['axion/service1', 'axion/service2']);
    expect(calls.every(({ name }) => name === 'read' || name === 'fetch')).toBe(true);
  });

  test('an immutable tag that would have to move is refused before anything is changed', async () => {
    const it = world(['old', 'old', 'same']);
    it.registry.immutable.add(`axion/service1:${TAG}`).add(`axion/service2:${TAG}`);
    const { store, calls } = it.registry.machine();
    await expect(run(store, it.candidates)).rejects.toMatchObject({
      code: 'TAG_IMMUTABLE',
      details: { references: [`registry.test/axion/service1:${TAG}`] },
    });
    expect(calls.every(({ name }) => name === 'read')).toBe(true);
  });

  test('one that is found out in the middle: all is put back, and the error says so', async () => {
    const it = world(['old', 'old', 'old', 'absent']);
    const { store } = it.registry.machine(({ name, tag }) => {
      if (name === 'move' && tag === TAG) it.registry.immutable.add(`axion/service2:${TAG}`);
      return undefined;
    });
    await expect(run(store, it.candidates)).rejects.toMatchObject({
      code: 'TAG_IMMUTABLE',
      hint: 'Change the rule.',
      message: expect.stringContaining('put back'),
      details: { notRestored: [], restored: expect.arrayContaining([`registry.test/axion/service0:${TAG}`]) },
    });
    expect(stateOf(it)).toBe('old');
    expect(it.registry.get('axion/service3', TAG)).toBeUndefined();
    expect(openNotes(it)).toEqual([]);
  });

  test('a registry that stays away: the error names what could not be put back, and the next run sees to it', async () => {
    const it = world(['old', 'old', 'old', 'old', 'old', 'old']);
    let moves = 0;
    const { store } = it.registry.machine(({ name, tag }) => {
      if (name === 'move' && tag === TAG) moves++;
      return moves > 3 ? 'fails' : undefined;
    });
    const error = await run(store, it.candidates).catch((failure: unknown) => failure);
    expect(error).toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('could not be put back'),
      hint: expect.stringContaining('Run the pipeline again'),
    });
    expect(stateOf(it)).toBe('mixed');
    expect(await recovering(it.registry.machine().store, it.repositories)).toMatchObject([
      { run: RUN, action: 'finished' },
    ]);
    expect(stateOf(it)).toBe('new');
  });

  test('an old image that nobody may read is put back by taking its tag off and making it again, with a warning', async () => {
    const it = world(['old', 'old', 'absent'], { unreadable: true });
    const { store, calls } = it.registry.machine(({ name, tag }) =>
      name === 'make' && tag === TAG ? 'fails' : undefined,
    );
    const warnings: string[] = [];
    let isFailing = true;
    const failing: TagStore = {
      ...store,
      make: async (repository, digest, tag, options) => {
        if (tag === TAG && repository === 'axion/service2' && isFailing) {
          isFailing = false;
          return await store.make(repository, digest, tag, options);
        }
        return await it.registry.machine().store.make(repository, digest, tag, options);
      },
    };
    await expect(
      promote(failing, it.candidates, {
        run: RUN,
        pace: QUICK,
        onPromotion: () => {},
        onWarning: (message) => warnings.push(message),
      }),
    ).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE', details: { notRestored: [] } });
    expect(stateOf(it)).toBe('old');
    expect(names(calls, 'remove')).toContain(`axion/service0:${TAG}`);
    expect(warnings.join('\n')).toContain('taken off for a moment');
    expect(openNotes(it)).toEqual([]);
  });

  test('aborted before the first move, nothing is moved and no note stays', async () => {
    const it = world(['old', 'old']);
    const aborting = new AbortController();
    const { store } = it.registry.machine(({ name }) => {
      if (name === 'make') aborting.abort();
      return undefined;
    });
    await expect(run(store, it.candidates, { signal: aborting.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(stateOf(it)).toBe('old');
    expect(openNotes(it)).toEqual([]);
  });

  test('aborted after the first move, all are moved', async () => {
    const it = world(['old', 'old', 'absent']);
    const aborting = new AbortController();
    const { store } = it.registry.machine(({ name, tag }) => {
      if (name === 'move' && tag === TAG) aborting.abort();
      return undefined;
    });
    expect(await run(store, it.candidates, { signal: aborting.signal })).toMatchObject({ kind: 'promoted' });
    expect(stateOf(it)).toBe('new');
  });
});

describe('what a recovery makes of', () => {
  const note = (direction: string) => `${RUN}.${direction}.${TAG}`;

  /** A run that died: which of its tags were moved. */
  function died(moved: readonly boolean[]): World {
    const it = world(moved.map(() => 'old'));
    it.repositories.forEach((repository, index) => {
      it.registry.set(repository, note('from'), oldOf(repository));
      it.registry.set(repository, note('to'), newOf(repository));
      if (moved[index]) it.registry.set(repository, TAG, newOf(repository));
    });
    return it;
  }

  test('a half-done promotion: the rest is moved, and named', async () => {
    const it = died([true, false, false]);
    expect(await recovering(it.registry.machine().store, it.repositories)).toEqual([
      {
        run: RUN,
        action: 'finished',
        references: [`registry.test/axion/service1:${TAG}`, `registry.test/axion/service2:${TAG}`],
      },
    ]);
    expect(stateOf(it)).toBe('new');
    expect(it.registry.ownTags()).toEqual(it.repositories.map((repository) => `${repository}:${RUN}`));
  });

  test('one that cannot be finished: it is undone', async () => {
    const it = died([true, false, false]);
    it.registry.unreadable.add(newOf('axion/service2'));
    const recovered = await recovering(it.registry.machine().store, it.repositories);
    expect(recovered).toMatchObject([{ action: 'restored' }]);
    expect(stateOf(it)).toBe('old');
    expect(openNotes(it)).toEqual([]);
  });

  test('one that can be neither, for images were deleted by hand: it is left, with a warning', async () => {
    const it = died([true, false, false]);
    it.registry.deleteArtifact(oldOf('axion/service0'));
    it.registry.unreadable.add(newOf('axion/service2'));
    const warnings: string[] = [];
    const recovered = await recovering(it.registry.machine().store, it.repositories, SOON, warnings);
    expect(recovered).toMatchObject([{ action: 'superseded' }]);
    expect(warnings.join('\n')).toContain('neither be finished nor undone');
    expect(it.registry.get('axion/service0', TAG)).toBe(newOf('axion/service0'));
    expect(openNotes(it)).toEqual([]);
  });

  test('one whose new image was deleted by hand: nothing is moved, and it is said', async () => {
    const it = died([true, false]);
    it.registry.deleteArtifact(newOf('axion/service1'));
    const warnings: string[] = [];
    await recovering(it.registry.machine().store, it.repositories, SOON, warnings);
    expect(warnings.join('\n')).toContain('half done');
    expect(it.registry.get('axion/service1', TAG)).toBe(oldOf('axion/service1'));
  });

  test('a registry that is down now: an error, and the notes stay for the next', async () => {
    const it = died([true, false]);
    const { store } = it.registry.machine(({ name }) => (name === 'move' ? 'fails' : undefined));
    await expect(recovering(store, it.repositories)).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
    expect(openNotes(it)).toHaveLength(4);
    expect(await recovering(it.registry.machine().store, it.repositories)).toMatchObject([{ action: 'finished' }]);
  });

  test('a tag that was taken off to be put back: it is made again', async () => {
    const it = died([false, false]);
    it.registry.set('axion/service0', note('back'), oldOf('axion/service0'));
    it.registry.set('axion/service0', TAG, undefined);
    expect(await recovering(it.registry.machine().store, it.repositories)).toEqual([
      { run: RUN, action: 'restored', references: [`registry.test/axion/service0:${TAG}`] },
    ]);
    expect(stateOf(it)).toBe('old');
    expect(openNotes(it)).toEqual([]);
  });

  test('a promotion that is going on right now on another machine: it is left to it', async () => {
    const it = died([true, false, false]);
    let looks = 0;
    const { store, calls } = it.registry.machine(({ name, repository }) => {
      if (name === 'list' && repository === 'axion/service0' && ++looks > 1) {
        for (const each of it.repositories) {
          it.registry.set(each, TAG, newOf(each));
          for (const direction of ['from', 'to']) it.registry.set(each, note(direction), undefined);
        }
      }
      return undefined;
    });
    expect(await recovering(store, it.repositories)).toEqual([]);
    expect(calls.every(({ name }) => name === 'read' || name === 'list')).toBe(true);
  });

  test('a promotion that moved nothing: left for an hour, then its notes go', async () => {
    const it = died([false, false]);
    expect(await recovering(it.registry.machine().store, it.repositories)).toMatchObject([{ action: 'not-begun' }]);
    expect(openNotes(it)).toHaveLength(4);
    expect(await recovering(it.registry.machine().store, it.repositories, LATER)).toMatchObject([
      { action: 'not-begun' },
    ]);
    expect(openNotes(it)).toEqual([]);
  });

  test('a rollback by hand after all was moved and half of the notes were gone: it stays', async () => {
    const it = died([true, true, true]);
    it.registry.set('axion/service0', note('to'), undefined);
    it.registry.set('axion/service2', TAG, oldOf('axion/service2'));
    await recovering(it.registry.machine().store, it.repositories);
    expect(it.registry.get('axion/service2', TAG)).toBe(oldOf('axion/service2'));
  });

  test('a rollback by hand on a plain registry, where notes stay: it stays', async () => {
    const it = world(['old', 'old'], { canRemove: false });
    const { store } = it.registry.machine();
    await run(store, it.candidates);
    it.registry.set('axion/service1', TAG, oldOf('axion/service1'));
    expect(await recovering(store, it.repositories)).toEqual([]);
    expect(it.registry.get('axion/service1', TAG)).toBe(oldOf('axion/service1'));
  });
});
