import { expect, test } from 'vitest';
import { digestOf, MemoryRegistry } from '../promotion/memory-registry.fixture.ts';
import { cleanTags } from './clean-tags.ts';

const NOW = new Date('2026-06-02T12:00:00Z');
const HOUR = 60 * 60_000;
const OLD = 'objdocker-20260601T081500Z-3f9a1c2b7d4e';
const YOUNG = 'objdocker-20260602T081500Z-aaaaaaaaaaaa';
const image = digestOf('image');

const clean = (registry: MemoryRegistry, { hours = 24, dryRun = false } = {}) =>
  cleanTags(registry.machine().store, [...registry.tags.keys()], { olderThanMs: hours * HOUR, dryRun, now: NOW });

function registryWith(tags: readonly string[], { canRemove = true } = {}): MemoryRegistry {
  const registry = new MemoryRegistry({ canRemove });
  for (const tag of tags) registry.set('axion/api', tag, image);
  return registry;
}

test('removes tags of exactly the form that are old enough, and no others', async () => {
  const others = ['1.0', 'latest', 'objdocker-1.0', `${OLD}x`, `${OLD}.keep`, OLD.toUpperCase(), YOUNG];
  const registry = registryWith([OLD, ...others]);
  expect(await clean(registry)).toEqual({
    removed: [{ reference: `registry.test/axion/api:${OLD}`, digest: image }],
    kept: [],
  });
  expect([...(registry.tags.get('axion/api')?.keys() ?? [])].sort()).toEqual([...others].sort());
  expect((await clean(registry, { hours: 1 })).removed).toMatchObject([
    { reference: `registry.test/axion/api:${YOUNG}` },
  ]);
});

test('a dry run says the same and removes nothing', async () => {
  const registry = registryWith([OLD, `${OLD}.from.1.0`]);
  const said = await clean(registry, { dryRun: true });
  expect(said.removed).toHaveLength(2);
  expect(registry.ownTags()).toHaveLength(2);
  expect(await clean(registry)).toEqual(said);
  expect(registry.ownTags()).toEqual([]);
});

test('an immutable tag is kept, with the reason', async () => {
  const registry = registryWith([OLD]);
  registry.immutable.add(`axion/api:${OLD}`);
  expect(await clean(registry)).toEqual({
    removed: [],
    kept: [{ reference: `registry.test/axion/api:${OLD}`, reason: `axion/api:${OLD} is immutable` }],
  });
});

test('a plain registry keeps them all', async () => {
  const { removed, kept } = await clean(registryWith([OLD, YOUNG], { canRemove: false }));
  expect(removed).toEqual([]);
  expect(kept).toMatchObject([{ reason: expect.stringContaining('cannot take a tag off') }]);
});

test('the notes of a half-done promotion are kept, those of one that is over are not', async () => {
  const registry = new MemoryRegistry();
  for (const name of ['axion/api', 'axion/web']) {
    registry.set(name, `${OLD}.from.1.0`, digestOf(`${name} old`));
    registry.set(name, `${OLD}.to.1.0`, digestOf(`${name} new`));
    registry.set(name, '1.0', digestOf(`${name} old`));
  }
  registry.set('axion/api', '1.0', digestOf('axion/api new'));
  const half = await clean(registry);
  expect(half.removed).toEqual([]);
  expect(half.kept).toHaveLength(4);
  expect(half.kept[0]?.reason).toContain('run the pipeline');
  registry.set('axion/web', '1.0', digestOf('axion/web new'));
  expect((await clean(registry)).removed).toHaveLength(4);
  expect(registry.ownTags()).toEqual([]);
});
