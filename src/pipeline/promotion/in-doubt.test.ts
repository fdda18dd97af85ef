import { afterEach, expect, test, vi } from 'vitest';
import { ObjDockerError } from '../../errors.ts';
import { HttpFailure } from '../../lib/http/failure.ts';
import { digestOf, MemoryRegistry } from './memory-registry.fixture.ts';
import { type Candidate, promote } from './promote.ts';
import { recover } from './recover.ts';
import type { TagStore } from './tag-store.ts';

const RUN = 'objdocker-20260531T081500Z-3f9a1c2b7d4e';
const LATER = new Date('2026-06-02T12:00:00Z');
const NAMES = ['axion/api', 'axion/web', 'axion/worker'];
const SILENT = { run: RUN, onPromotion: () => {}, onWarning: () => {} };

function createFixture(): {
  readonly registry: MemoryRegistry;
  readonly store: TagStore;
  readonly candidates: Candidate[];
} {
  const registry = new MemoryRegistry();
  const candidates = NAMES.map((repository) => {
    const [digest, previous] = [digestOf(`${repository} new`), digestOf(`${repository} old`)];
    registry.set(repository, '1.0', previous);
    registry.set(repository, RUN, digest);
    return { repository, tag: '1.0', reference: `registry.test/${repository}:1.0`, digest, previous };
  });
  return { registry, store: registry.connect().store, candidates };
}

const recovering = (store: TagStore) =>
  recover(store, NAMES, { onWarning: () => {}, now: () => LATER, deadlines: { settleMs: 0 } });

const gatewayTimeout = () => new ObjDockerError('REGISTRY_UNREACHABLE', 'HTTP 504', { details: { status: 504 } });
const connectionReset = () =>
  new ObjDockerError('REGISTRY_UNREACHABLE', 'reset', { cause: new HttpFailure('reset', 'http://registry.test') });
const refused = () => new ObjDockerError('REGISTRY_ERROR', 'HTTP 500', { details: { status: 500 } });

test.each([
  ['a gateway time-out', 'axion/web', gatewayTimeout],
  ['a reset connection', 'axion/web', connectionReset],
  ['a gateway time-out after another failure', undefined, gatewayTimeout],
])('the next run finds a move that took effect after %s', async (_, only, error) => {
  const { registry, store, candidates } = createFixture();
  const late: (() => void)[] = [];
  const slow: TagStore = {
    ...store,
    async move(repository, manifest, tag, options) {
      const isOurs = manifest.digest === digestOf(`${repository} new`);
      if (isOurs && only === undefined && repository === 'axion/api') throw refused();
      if (!isOurs || repository !== 'axion/web') return await store.move(repository, manifest, tag, options);
      late.push(() => registry.set(repository, tag, manifest.digest));
      await new Promise((resolve) => setTimeout(resolve, 5));
      throw error();
    },
  };
  await expect(promote(slow, candidates, SILENT)).rejects.toMatchObject({ details: { notUndone: [] } });
  for (const land of late) land();
  expect(late).toHaveLength(1);
  expect(await recovering(store)).toMatchObject([{ action: 'finished' }]);
  for (const { repository, digest } of candidates) expect(registry.get(repository, '1.0')).toBe(digest);
});

afterEach(() => {
  vi.useRealTimers();
});

test('a cancelled promotion ends within four seconds when the registry stops responding', async () => {
  vi.useFakeTimers();
  const { store, candidates } = createFixture();
  const cancel = new AbortController();
  const hang = (signal: AbortSignal | undefined): Promise<never> =>
    new Promise((_, reject) => {
      const abort = () => reject(new ObjDockerError('CANCELLED', 'cancelled'));
      if (signal?.aborted) abort();
      else signal?.addEventListener('abort', abort);
    });
  let isDead = false;
  const silent: TagStore = {
    ...store,
    read: (...call) => (isDead ? hang(call[2]?.signal) : store.read(...call)),
    move(...call) {
      isDead = true;
      cancel.abort();
      return hang(call[3]?.signal);
    },
  };
  let ended: unknown;
  const reported: string[] = [];
  const onPromotion = (_: unknown, promotion: string) => void reported.push(promotion);
  const running = promote(silent, candidates, { ...SILENT, onPromotion, signal: cancel.signal }).catch(
    (error) => (ended = error),
  );
  await vi.advanceTimersByTimeAsync(4_100);
  expect(reported, 'they may have been moved').toEqual(['in-doubt', 'in-doubt', 'in-doubt']);
  expect(ended).toMatchObject({ code: 'CANCELLED', details: { notUndone: expect.any(Array) } });
  await running;
});

test('a wrong digest that is read only once is no conflict', async () => {
  const { store, candidates } = createFixture();
  let reads = 0;
  const inconsistent: TagStore = {
    ...store,
    async read(repository, tag, options) {
      const digest = await store.read(repository, tag, options);
      const isFirst = digest === digestOf('axion/web new') && tag === '1.0' && ++reads === 1;
      return isFirst ? digestOf('another') : digest;
    },
  };
  expect(await promote(inconsistent, candidates, SILENT)).toMatchObject({ kind: 'promoted' });
});
