import { expect, test } from 'vitest';
import { removeStagingTags } from '../clean/remove-staging-tags.ts';
import { digestOf, MemoryRegistry } from './memory-registry.fixture.ts';
import { promote } from './promote.ts';
import { recover } from './recover.ts';
import { formatJournalTag } from './tag-format.ts';

const RUN = 'objdocker-20260531T081500Z-3f9a1c2b7d4e';
const NEXT_RUN = 'objdocker-20260531T091500Z-aaaaaaaaaaaa';
const LATER = new Date('2026-06-02T12:00:00Z');
const HOUR = 60 * 60_000;

/** What a killed run leaves: it has moved the first tag only. */
function leavePartial(registry: MemoryRegistry, repositories: readonly string[], tag = '1.0'): void {
  for (const [index, repository] of repositories.entries()) {
    registry.set(repository, RUN, digestOf(`${repository} new`));
    registry.set(repository, formatJournalTag(RUN, { role: 'from', tag }), digestOf(`${repository} old`));
    registry.set(repository, formatJournalTag(RUN, { role: 'to', tag }), digestOf(`${repository} new`));
    registry.set(repository, tag, digestOf(`${repository} ${index === 0 ? 'new' : 'old'}`));
  }
}

const recovering = (registry: MemoryRegistry, repositories: readonly string[], former: readonly string[]) =>
  recover(registry.connect().store, repositories, {
    formerRepositories: former,
    onWarning: () => {},
    now: () => LATER,
    deadlines: { settleMs: 0, retryMs: 0 },
  });

const HOME = ['axion/api-home', 'axion/web-home'];
const MY_HOME = ['axion/api-my-home', 'axion/web-my-home'];

test('leaves a package alone whose name ends with that of the current package', async () => {
  const registry = new MemoryRegistry();
  leavePartial(registry, MY_HOME);
  for (const repository of HOME) registry.set(repository, '1.0', digestOf(`${repository} old`));
  const before = registry.ownTags();

  // By their names alone these might be of services `api-my` and `web-my` that the package `home` once had.
  expect(await recovering(registry, HOME, MY_HOME)).toEqual([]);
  expect(registry.ownTags()).toEqual(before);
  expect(registry.get('axion/web-my-home', '1.0')).toBe(digestOf('axion/web-my-home old'));

  const options = { formerRepositories: MY_HOME, olderThanMs: 0, dryRun: false, now: LATER };
  expect(await removeStagingTags(registry.connect().store, HOME, options)).toEqual({ removed: [], notRemoved: [] });
  expect(registry.ownTags()).toEqual(before);
});

test('recovers a removed service together with the services that the package still has', async () => {
  const registry = new MemoryRegistry();
  leavePartial(registry, ['axion/api-home', 'axion/former-home']);
  expect(await recovering(registry, ['axion/api-home'], ['axion/former-home'])).toEqual([
    { run: RUN, action: 'finished', references: ['registry.test/axion/former-home:1.0'] },
  ]);
  const options = { formerRepositories: ['axion/former-home'], olderThanMs: 24 * HOUR, dryRun: false, now: LATER };
  expect((await removeStagingTags(registry.connect().store, ['axion/api-home'], options)).removed).toHaveLength(2);
  expect(registry.ownTags()).toEqual([]);
});

test('keeps the journal for another public tag: that release may be in progress', async () => {
  const registry = new MemoryRegistry();
  leavePartial(registry, HOME);
  const candidates = HOME.map((repository) => {
    registry.set(repository, NEXT_RUN, digestOf(`${repository} next`));
    const reference = `registry.test/${repository}:2.0`;
    return { repository, tag: '2.0', reference, digest: digestOf(`${repository} next`) };
  });
  const silent = { onPromotion: () => {}, onWarning: () => {} };
  const result = await promote(registry.connect().store, candidates, { run: NEXT_RUN, ...silent });
  expect(result).toMatchObject({ kind: 'promoted' });
  expect(await recovering(registry, HOME, [])).toMatchObject([{ run: RUN, action: 'finished' }]);
  for (const repository of HOME) expect(registry.get(repository, '1.0')).toBe(digestOf(`${repository} new`));
});
