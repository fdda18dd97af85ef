import { expect, test } from 'vitest';
import { digestOf, MemoryRegistry } from '../../release/store/memory-registry.fixture.ts';
import { removeStagingTags } from './remove-staging-tags.ts';

const NOW = new Date('2026-06-02T12:00:00Z');
const HOUR = 60 * 60_000;
const OLD = 'objdocker-20260601T081500Z-3f9a1c2b7d4e';
const YOUNG = 'objdocker-20260602T081500Z-aaaaaaaaaaaa';
const image = digestOf('image');

const clean = (registry: MemoryRegistry, { hours = 24, dryRun = false } = {}) =>
  removeStagingTags(registry.connect().store, [...registry.tags.keys()], {
    olderThanMs: hours * HOUR,
    dryRun,
    now: NOW,
  });

function registryWith(tags: readonly string[], { isPlain = false } = {}): MemoryRegistry {
  const registry = new MemoryRegistry({ isPlain });
  for (const tag of tags) registry.set('axion/api', tag, image);
  return registry;
}

test('removes only tags of exactly the pipeline form that are old enough', async () => {
  const others = ['1.0', 'latest', 'objdocker-1.0', `${OLD}x`, `${OLD}.keep`, OLD.toUpperCase(), YOUNG];
  const registry = registryWith([OLD, ...others]);
  expect(await clean(registry)).toEqual({
    removed: [{ reference: `registry.test/axion/api:${OLD}`, digest: image }],
    notRemoved: [],
  });
  expect([...(registry.tags.get('axion/api')?.keys() ?? [])].sort()).toEqual([...others].sort());
  expect((await clean(registry, { hours: 1 })).removed).toMatchObject([
    { reference: `registry.test/axion/api:${YOUNG}` },
  ]);
});

test('lists the same tags in a dry run and removes nothing', async () => {
  const registry = registryWith([OLD]);
  registry.set('axion/web', OLD, image);
  const planned = await clean(registry, { dryRun: true });
  expect(planned.removed).toHaveLength(2);
  expect(registry.stagingTags()).toHaveLength(2);
  expect(await clean(registry)).toEqual(planned);
  expect(registry.stagingTags()).toEqual([]);
});

test('keeps an immutable tag and gives the reason', async () => {
  const registry = registryWith([OLD]);
  registry.immutable.add(`axion/api:${OLD}`);
  expect(await clean(registry)).toEqual({
    removed: [],
    notRemoved: [{ reference: `registry.test/axion/api:${OLD}`, reason: `axion/api:${OLD} is immutable` }],
  });
});

test('keeps all tags of a plain registry', async () => {
  const { removed, notRemoved } = await clean(registryWith([OLD, YOUNG], { isPlain: true }));
  expect(removed).toEqual([]);
  expect(notRemoved).toMatchObject([{ reason: expect.stringContaining('only together with its image') }]);
});
