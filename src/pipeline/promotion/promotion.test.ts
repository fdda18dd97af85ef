import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Promotion } from '../../model/pipeline-run.ts';
import type { PromotionDeadlines } from './deadlines.ts';
import { digestOf, type Fault, MemoryRegistry, type StoreCall } from './memory-registry.fixture.ts';
import { type Candidate, type PromoteResult, promote } from './promote.ts';
import { recover } from './recover.ts';
import { parsePipelineTag } from './tag-format.ts';
import type { TagStore } from './tag-store.ts';

const RUN = 'objdocker-20260531T081500Z-3f9a1c2b7d4e';
const NEXT_RUN = 'objdocker-20260531T091500Z-aaaaaaaaaaaa';
const SOON = new Date('2026-05-31T08:20:00Z');
const LATER = new Date('2026-05-31T10:15:00Z');
const TAG = '1.0';
const QUICK: Partial<PromotionDeadlines> = { retryMs: 0, settleMs: 0, undoMs: 40 };

type Before = 'old' | 'absent' | 'same';

interface Fixture {
  readonly registry: MemoryRegistry;
  readonly candidates: readonly Candidate[];
  readonly repositories: readonly string[];
}

const oldOf = (repository: string) => digestOf(`${repository} old`);
const newOf = (repository: string) => digestOf(`${repository} new`);

function createFixture(befores: readonly Before[], { canRemove = true, unreadable = false } = {}): Fixture {
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
  return promote(store, candidates, { run, signal, ...silent, deadlines: QUICK });
}

const recovering = (store: TagStore, repositories: readonly string[], now = SOON, warnings: string[] = []) =>
  recover(store, repositories, { onWarning: (message) => warnings.push(message), now: () => now, deadlines: QUICK });

/** Whether the public tags point to their old or new images: `old`, `new`, or `mixed`. */
function stateOf({ registry, candidates }: Fixture): string {
  const changing = candidates.filter(({ digest, previous }) => digest !== previous);
  const isAll = (wanted: (candidate: Candidate) => string | undefined) =>
    changing.every((candidate) => registry.get(candidate.repository, TAG) === wanted(candidate));
  if (isAll(({ digest }) => digest)) return 'new';
  return isAll(({ previous }) => previous) ? 'old' : 'mixed';
}

/** The tags of open journals. A journal whose `from` and `to` point to the same image is closed. */
function openJournalTags({ registry }: Fixture): string[] {
  return registry.ownTags().filter((name) => {
    const [repository = '', tag = ''] = [name.slice(0, name.indexOf(':')), name.slice(name.indexOf(':') + 1)];
    const read = parsePipelineTag(tag);
    if (read?.journal === undefined) return false;
    const at = (role: string) => registry.get(repository, `${read.run}.${role}.${read.journal?.tag}`);
    return at('from') === undefined || at('from') !== (at('to') ?? at('new'));
  });
}

/** Checks before each call that no public tag points to anything but its old image and the one that passed. */
function checkingTags(
  { registry, candidates }: Fixture,
  faultOf: (call: StoreCall, index: number) => Fault | undefined,
) {
  return (call: StoreCall, index: number) => {
    for (const { repository, digest, previous } of candidates) {
      expect([digest, previous, undefined]).toContain(registry.get(repository, TAG));
    }
    return faultOf(call, index);
  };
}

/** Waits for work whose process may be killed. */
async function outcomeOf<T>(work: Promise<T>, killed: Promise<'killed'>): Promise<T | 'killed' | { error: unknown }> {
  return await Promise.race([work.catch((error: unknown) => ({ error })), killed]);
}

const befores = fc.array(fc.constantFrom<Before>('old', 'old', 'absent', 'same'), { minLength: 1, maxLength: 6 });
const fault = fc.constantFrom<Fault>('fails', 'response-lost', 'killed-before', 'killed-after');

/** Faults by the index of a call: among all calls, and among those that change a public tag, which matter most. */
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

describe('a promotion with faults and kills at any call', () => {
  test('leaves all tags old or all new after the next run', async () => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(
        befores,
        fc.boolean(),
        fc.boolean(),
        faults,
        fc.array(faults, { maxLength: 2 }),
        async (befores, canRemove, unreadable, promoting, recoveries) => {
          const fixture = createFixture(befores, { canRemove, unreadable: unreadable && canRemove });
          const first = fixture.registry.connect(checkingTags(fixture, at(promoting)));
          const ended = await outcomeOf(run(first.store, fixture.candidates), first.killed);
          if (ended !== 'killed' && 'kind' in ended) {
            expect(ended.kind).toBe('promoted');
            expect(stateOf(fixture)).toBe('new');
          }
          const wasNew = stateOf(fixture) === 'new';
          for (const planned of recoveries) {
            const client = fixture.registry.connect(checkingTags(fixture, at(planned)));
            await outcomeOf(recovering(client.store, fixture.repositories), client.killed);
          }
          const before = stateOf(fixture);
          const last = fixture.registry.connect(checkingTags(fixture, () => undefined));
          const recovered = await recovering(last.store, fixture.repositories);
          seen.set(recovered[0]?.action ?? 'nothing', (seen.get(recovered[0]?.action ?? 'nothing') ?? 0) + 1);
          const after = stateOf(fixture);
          expect(['old', 'new']).toContain(after);
          if (wasNew && recoveries.length === 0) expect(after).toBe('new');
          if (before !== 'mixed') expect(after, 'a complete state stays').toBe(before);
          if (after === 'new') expect(openJournalTags(fixture)).toEqual([]);

          await recovering(fixture.registry.connect().store, fixture.repositories, LATER);
          expect(openJournalTags(fixture), 'an hour later no journal is open').toEqual([]);
          expect(stateOf(fixture)).toBe(after);
        },
      ),
      { numRuns: 800 },
    );
    // The property means nothing unless the faults have led to every kind of recovery.
    for (const action of ['finished', 'complete', 'not-started', 'nothing'])
      expect(seen.get(action), action).toBeGreaterThan(5);
  }, 120_000);

  test('undoes all moves when it fails, or names those that it could not undo', async () => {
    await fc.assert(
      fc.asyncProperty(befores, fc.boolean(), faults, async (befores, unreadable, planned) => {
        const fixture = createFixture(befores, { unreadable });
        const survived = (fault: Fault | undefined) => (fault?.startsWith('killed') ? 'fails' : fault);
        const faultOf = at(planned);
        const reported = new Map<string, Promotion>();
        const { store } = fixture.registry.connect((call, index) => survived(faultOf(call, index)));
        const ended = await promote(store, fixture.candidates, {
          run: RUN,
          deadlines: { ...QUICK, undoMs: 2000 },
          onWarning: () => {},
          onPromotion: ({ reference }, promotion) => reported.set(reference, promotion),
        }).catch((error: unknown) => ({ error }));
        if ('kind' in ended) {
          expect(stateOf(fixture)).toBe('new');
          return;
        }
        expect(ended.error).toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
        if (befores.every((before) => before === 'same')) return;
        expect(stateOf(fixture)).toBe('old');
        expect([...reported.values()].filter((each) => each === 'moved' || each === 'created')).toEqual([]);
        if ('details' in (ended.error as object)) {
          const { notUndone = [] } = (ended.error as { details: { notUndone?: unknown[] } }).details;
          expect(notUndone).toEqual([]);
        }
      }),
      { numRuns: 400 },
    );
  }, 120_000);

  test('does not keep the next run from releasing', async () => {
    await fc.assert(
      fc.asyncProperty(befores, fc.boolean(), faults, async (befores, canRemove, planned) => {
        const fixture = createFixture(befores, { canRemove });
        const first = fixture.registry.connect(at(planned));
        await outcomeOf(run(first.store, fixture.candidates), first.killed);
        const { store } = fixture.registry.connect();
        await recovering(store, fixture.repositories);
        const next = fixture.candidates.map((candidate) => ({
          ...candidate,
          digest: digestOf(`${candidate.repository} next`),
          previous: fixture.registry.get(candidate.repository, TAG),
        }));
        expect(await run(store, next, { run: NEXT_RUN })).toMatchObject({ kind: 'promoted' });
        expect(next.map(({ repository }) => fixture.registry.get(repository, TAG))).toEqual(
          next.map(({ digest }) => digest),
        );
        expect(openJournalTags(fixture)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  }, 120_000);
});

describe('a recovery', () => {
  test('touches no tag when somebody else has moved one since', async () => {
    await fc.assert(
      fc.asyncProperty(
        befores,
        fc.boolean(),
        faults,
        fc.nat(),
        fc.boolean(),
        async (befores, canRemove, planned, which, deletes) => {
          const fixture = createFixture(befores, { canRemove });
          const first = fixture.registry.connect(at(planned));
          await outcomeOf(run(first.store, fixture.candidates), first.killed);
          const changing = fixture.candidates.filter(
            ({ digest, previous }) => digest !== previous && previous !== undefined,
          );
          const theirs = changing[which % Math.max(1, changing.length)];
          fc.pre(theirs !== undefined);
          fixture.registry.set(theirs.repository, TAG, deletes ? undefined : digestOf('theirs'));
          const before = fixture.candidates.map(({ repository }) => fixture.registry.get(repository, TAG));
          const { store, calls } = fixture.registry.connect();
          await recovering(store, fixture.repositories, LATER);
          expect(fixture.candidates.map(({ repository }) => fixture.registry.get(repository, TAG))).toEqual(before);
          expect(calls.filter(({ tag }) => tag === TAG).every(({ name }) => name === 'read')).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  }, 120_000);

  test('never overwrites a tag that somebody else moves during the recovery', async () => {
    await fc.assert(
      fc.asyncProperty(befores, faults, fc.nat(5), fc.nat(), async (befores, planned, when, which) => {
        const fixture = createFixture(befores);
        const first = fixture.registry.connect(at(planned));
        await outcomeOf(run(first.store, fixture.candidates), first.killed);
        const theirs = fixture.candidates[which % fixture.candidates.length];
        if (theirs === undefined) return;
        let reads = 0;
        let isMoved = false;
        const { store } = fixture.registry.connect(({ name, repository, tag }) => {
          if (name === 'read' && repository === theirs.repository && tag === TAG && reads++ === when) {
            fixture.registry.set(repository, TAG, digestOf('theirs'));
            isMoved = true;
          }
          return undefined;
        });
        await recovering(store, fixture.repositories, LATER);
        if (isMoved) expect(fixture.registry.get(theirs.repository, TAG)).toBe(digestOf('theirs'));
      }),
      { numRuns: 500 },
    );
  }, 120_000);

  test('leads to one release when several machines recover at once', async () => {
    await fc.assert(
      fc.asyncProperty(befores, fc.boolean(), faults, async (befores, canRemove, planned) => {
        const fixture = createFixture(befores, { canRemove });
        const first = fixture.registry.connect(at(planned));
        await outcomeOf(run(first.store, fixture.candidates), first.killed);
        await Promise.all([1, 2, 3].map(() => recovering(fixture.registry.connect().store, fixture.repositories)));
        expect(['old', 'new']).toContain(stateOf(fixture));
      }),
      { numRuns: 500 },
    );
  }, 120_000);
});

describe('promote', () => {
  const names = (calls: readonly StoreCall[], name: StoreCall['name']) =>
    calls.filter((call) => call.name === name).map(({ repository, tag }) => `${repository}:${tag}`);

  test('leaves a tag alone that already points to its image, and needs no journal for a single move', async () => {
    const fixture = createFixture(['same', 'old', 'same']);
    const { store, calls } = fixture.registry.connect();
    const result = await run(store, fixture.candidates);
    expect(result).toMatchObject({ kind: 'promoted' });
    if (result.kind === 'promoted')
      expect([...result.promotions.values()].sort()).toEqual(['moved', 'unchanged', 'unchanged']);
    expect(names(calls, 'move')).toEqual([`axion/service1:${TAG}`]);
    expect(names(calls, 'create')).toEqual([]);
  });

  test('promotes nothing and names the tags that somebody else has moved', async () => {
    const fixture = createFixture(['old', 'absent', 'old']);
    fixture.registry.set('axion/service0', TAG, digestOf('theirs'));
    fixture.registry.set('axion/service1', TAG, digestOf('theirs, too'));
    const { store, calls } = fixture.registry.connect();
    expect(await run(store, fixture.candidates)).toEqual({
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

  test('reports a late conflict when somebody else moves a tag right after', async () => {
    const fixture = createFixture(['old', 'old']);
    const { store } = fixture.registry.connect(({ name, tag }) => {
      if (name === 'remove' && tag?.includes('.from.')) fixture.registry.set('axion/service1', TAG, digestOf('theirs'));
      return undefined;
    });
    expect(await run(store, fixture.candidates)).toMatchObject({
      kind: 'conflict',
      late: true,
      conflicts: [{ reference: `registry.test/axion/service1:${TAG}`, found: digestOf('theirs') }],
    });
    expect(fixture.registry.get('axion/service1', TAG)).toBe(digestOf('theirs'));
  });

  test('undoes its moves when somebody else creates a new tag at the last moment', async () => {
    const fixture = createFixture(['old', 'absent']);
    const { store } = fixture.registry.connect(({ name, tag }) => {
      if (name === 'create' && tag === TAG) fixture.registry.set('axion/service1', TAG, digestOf('theirs'));
      return undefined;
    });
    expect(await run(store, fixture.candidates)).toMatchObject({
      kind: 'conflict',
      late: false,
      conflicts: [{ found: digestOf('theirs') }],
    });
    expect(fixture.registry.get('axion/service0', TAG)).toBe(oldOf('axion/service0'));
    expect(fixture.registry.get('axion/service1', TAG)).toBe(digestOf('theirs'));
    expect(openJournalTags(fixture)).toEqual([]);
  });

  test('moves nothing and names each image that the registry refuses', async () => {
    const fixture = createFixture(['old', 'same', 'old']);
    fixture.registry.unreadable.add(newOf('axion/service1')).add(newOf('axion/service2'));
    const { store, calls } = fixture.registry.connect();
    const result = await run(store, fixture.candidates);
    expect(result).toMatchObject({ kind: 'refused' });
    if (result.kind !== 'refused') return;
    expect(result.refusals.map(({ candidate }) => candidate.repository)).toEqual(['axion/service1', 'axion/service2']);
    expect(calls.every(({ name }) => name === 'read' || name === 'fetch')).toBe(true);
  });

  test('rejects an immutable tag before any change', async () => {
    const fixture = createFixture(['old', 'old', 'same']);
    fixture.registry.immutable.add(`axion/service1:${TAG}`).add(`axion/service2:${TAG}`);
    const { store, calls } = fixture.registry.connect();
    await expect(run(store, fixture.candidates)).rejects.toMatchObject({
      code: 'TAG_IMMUTABLE',
      details: { references: [`registry.test/axion/service1:${TAG}`] },
    });
    expect(calls.every(({ name }) => name === 'read')).toBe(true);
  });

  test('undoes its moves when a tag turns out to be immutable', async () => {
    const fixture = createFixture(['old', 'old', 'old', 'absent']);
    const { store } = fixture.registry.connect(({ name, tag }) => {
      if (name === 'move' && tag === TAG) fixture.registry.immutable.add(`axion/service2:${TAG}`);
      return undefined;
    });
    await expect(run(store, fixture.candidates)).rejects.toMatchObject({
      code: 'TAG_IMMUTABLE',
      hint: 'Change the rule.',
      message: expect.stringContaining('was undone'),
      details: { notUndone: [], undone: expect.arrayContaining([`registry.test/axion/service0:${TAG}`]) },
    });
    expect(stateOf(fixture)).toBe('old');
    expect(fixture.registry.get('axion/service3', TAG)).toBeUndefined();
    expect(openJournalTags(fixture)).toEqual([]);
  });

  test('names the moves that it could not undo while the registry is down, and the next run finishes them', async () => {
    const fixture = createFixture(['old', 'old', 'old', 'old', 'old', 'old']);
    let moves = 0;
    const { store } = fixture.registry.connect(({ name, tag }) => {
      if (name === 'move' && tag === TAG) moves++;
      return moves > 3 ? 'fails' : undefined;
    });
    const error = await run(store, fixture.candidates).catch((failure: unknown) => failure);
    expect(error).toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('could not be undone'),
      hint: expect.stringContaining('Run the pipeline again'),
    });
    expect(stateOf(fixture)).toBe('mixed');
    expect(await recovering(fixture.registry.connect().store, fixture.repositories)).toMatchObject([
      { run: RUN, action: 'finished' },
    ]);
    expect(stateOf(fixture)).toBe('new');
  });

  test('removes and recreates a tag, with a warning, to undo a move away from an image that nobody may read', async () => {
    const fixture = createFixture(['old', 'old', 'absent'], { unreadable: true });
    const { store, calls } = fixture.registry.connect(({ name, tag }) =>
      name === 'create' && tag === TAG ? 'fails' : undefined,
    );
    const warnings: string[] = [];
    let isFailing = true;
    const failing: TagStore = {
      ...store,
      create: async (repository, digest, tag, options) => {
        if (tag === TAG && repository === 'axion/service2' && isFailing) {
          isFailing = false;
          return await store.create(repository, digest, tag, options);
        }
        return await fixture.registry.connect().store.create(repository, digest, tag, options);
      },
    };
    await expect(
      promote(failing, fixture.candidates, {
        run: RUN,
        deadlines: QUICK,
        onPromotion: () => {},
        onWarning: (message) => warnings.push(message),
      }),
    ).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE', details: { notUndone: [] } });
    expect(stateOf(fixture)).toBe('old');
    expect(names(calls, 'remove')).toContain(`axion/service0:${TAG}`);
    expect(warnings.join('\n')).toContain('removed and created again');
    expect(openJournalTags(fixture)).toEqual([]);
  });

  test('moves nothing and leaves no journal when it is aborted before the first move', async () => {
    const fixture = createFixture(['old', 'old']);
    const aborting = new AbortController();
    const { store } = fixture.registry.connect(({ name }) => {
      if (name === 'create') aborting.abort();
      return undefined;
    });
    await expect(run(store, fixture.candidates, { signal: aborting.signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    expect(stateOf(fixture)).toBe('old');
    expect(openJournalTags(fixture)).toEqual([]);
  });

  test('moves all tags when it is aborted after the first move', async () => {
    const fixture = createFixture(['old', 'old', 'absent']);
    const aborting = new AbortController();
    const { store } = fixture.registry.connect(({ name, tag }) => {
      if (name === 'move' && tag === TAG) aborting.abort();
      return undefined;
    });
    expect(await run(store, fixture.candidates, { signal: aborting.signal })).toMatchObject({ kind: 'promoted' });
    expect(stateOf(fixture)).toBe('new');
  });
});

describe('recover', () => {
  const journalTag = (role: string) => `${RUN}.${role}.${TAG}`;

  /** What a killed run leaves. `moved` says which of its tags were moved. */
  function killedRun(moved: readonly boolean[]): Fixture {
    const fixture = createFixture(moved.map(() => 'old'));
    fixture.repositories.forEach((repository, index) => {
      fixture.registry.set(repository, journalTag('from'), oldOf(repository));
      fixture.registry.set(repository, journalTag('to'), newOf(repository));
      if (moved[index]) fixture.registry.set(repository, TAG, newOf(repository));
    });
    return fixture;
  }

  test('moves and names the remaining tags of a partial promotion', async () => {
    const fixture = killedRun([true, false, false]);
    expect(await recovering(fixture.registry.connect().store, fixture.repositories)).toEqual([
      {
        run: RUN,
        action: 'finished',
        references: [`registry.test/axion/service1:${TAG}`, `registry.test/axion/service2:${TAG}`],
      },
    ]);
    expect(stateOf(fixture)).toBe('new');
    expect(fixture.registry.ownTags()).toEqual(fixture.repositories.map((repository) => `${repository}:${RUN}`));
  });

  test('undoes a promotion that cannot be finished', async () => {
    const fixture = killedRun([true, false, false]);
    fixture.registry.unreadable.add(newOf('axion/service2'));
    const recovered = await recovering(fixture.registry.connect().store, fixture.repositories);
    expect(recovered).toMatchObject([{ action: 'undone' }]);
    expect(stateOf(fixture)).toBe('old');
    expect(openJournalTags(fixture)).toEqual([]);
  });

  test('leaves a promotion, with a warning, whose images were deleted by hand', async () => {
    const fixture = killedRun([true, false, false]);
    fixture.registry.deleteArtifact(oldOf('axion/service0'));
    fixture.registry.unreadable.add(newOf('axion/service2'));
    const warnings: string[] = [];
    const recovered = await recovering(fixture.registry.connect().store, fixture.repositories, SOON, warnings);
    expect(recovered).toMatchObject([{ action: 'superseded' }]);
    expect(warnings.join('\n')).toContain('can be neither finished nor undone');
    expect(fixture.registry.get('axion/service0', TAG)).toBe(newOf('axion/service0'));
    expect(openJournalTags(fixture)).toEqual([]);
  });

  test('moves nothing, with a warning, when a new image was deleted by hand', async () => {
    const fixture = killedRun([true, false]);
    fixture.registry.deleteArtifact(newOf('axion/service1'));
    const warnings: string[] = [];
    await recovering(fixture.registry.connect().store, fixture.repositories, SOON, warnings);
    expect(warnings.join('\n')).toContain('is partial');
    expect(fixture.registry.get('axion/service1', TAG)).toBe(oldOf('axion/service1'));
  });

  test('keeps the journal for the next run when the registry is down', async () => {
    const fixture = killedRun([true, false]);
    const { store } = fixture.registry.connect(({ name }) => (name === 'move' ? 'fails' : undefined));
    await expect(recovering(store, fixture.repositories)).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
    expect(openJournalTags(fixture)).toHaveLength(4);
    expect(await recovering(fixture.registry.connect().store, fixture.repositories)).toMatchObject([
      { action: 'finished' },
    ]);
  });

  test('creates a tag again that an interrupted undo has removed', async () => {
    const fixture = killedRun([false, false]);
    fixture.registry.set('axion/service0', journalTag('undo'), oldOf('axion/service0'));
    fixture.registry.set('axion/service0', TAG, undefined);
    expect(await recovering(fixture.registry.connect().store, fixture.repositories)).toEqual([
      { run: RUN, action: 'undone', references: [`registry.test/axion/service0:${TAG}`] },
    ]);
    expect(stateOf(fixture)).toBe('old');
    expect(openJournalTags(fixture)).toEqual([]);
  });

  test('leaves a promotion alone that another machine is still running', async () => {
    const fixture = killedRun([true, false, false]);
    let looks = 0;
    const { store, calls } = fixture.registry.connect(({ name, repository }) => {
      if (name === 'list' && repository === 'axion/service0' && ++looks > 1) {
        for (const each of fixture.repositories) {
          fixture.registry.set(each, TAG, newOf(each));
          for (const role of ['from', 'to']) fixture.registry.set(each, journalTag(role), undefined);
        }
      }
      return undefined;
    });
    expect(await recovering(store, fixture.repositories)).toEqual([]);
    expect(calls.every(({ name }) => name === 'read' || name === 'list')).toBe(true);
  });

  test('removes the journal of a promotion that moved nothing after an hour', async () => {
    const fixture = killedRun([false, false]);
    expect(await recovering(fixture.registry.connect().store, fixture.repositories)).toMatchObject([
      { action: 'not-started' },
    ]);
    expect(openJournalTags(fixture)).toHaveLength(4);
    expect(await recovering(fixture.registry.connect().store, fixture.repositories, LATER)).toMatchObject([
      { action: 'not-started' },
    ]);
    expect(openJournalTags(fixture)).toEqual([]);
  });

  test('leaves a tag alone that was moved back by hand while the journal was being removed', async () => {
    const fixture = killedRun([true, true, true]);
    fixture.registry.set('axion/service0', journalTag('to'), undefined);
    fixture.registry.set('axion/service2', TAG, oldOf('axion/service2'));
    await recovering(fixture.registry.connect().store, fixture.repositories);
    expect(fixture.registry.get('axion/service2', TAG)).toBe(oldOf('axion/service2'));
  });

  test('leaves a tag alone that was moved back by hand on a plain registry, where journals stay', async () => {
    const fixture = createFixture(['old', 'old'], { canRemove: false });
    const { store } = fixture.registry.connect();
    await run(store, fixture.candidates);
    fixture.registry.set('axion/service1', TAG, oldOf('axion/service1'));
    expect(await recovering(store, fixture.repositories)).toEqual([]);
    expect(fixture.registry.get('axion/service1', TAG)).toBe(oldOf('axion/service1'));
  });
});
