import pMap from 'p-map';
import { hasErrorCode } from '../../errors.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import { formatJournalTag, type JournalTag, parsePipelineTag } from './tag-format.ts';
import type { StoredTag, TagStore } from './tag-store.ts';

/** What a promotion journal says about one public tag. */
export interface JournalEntry {
  readonly repository: string;
  /** The public tag. */
  readonly tag: string;
  /** The digest that it pointed to; absent when the journal does not say. */
  readonly from?: string;
  /** The digest that it moves to; absent when the journal does not say. */
  readonly to?: string;
  /** The tag did not exist. */
  readonly isNew: boolean;
  /** The undo has removed the tag, or was about to, in order to create it again. */
  readonly isRemoved: boolean;
}

/** The record of a promotion in progress, kept in the registry as tags. The next run finishes or undoes the promotion with it. */
export interface PromotionJournal {
  readonly run: string;
  /** When the run started. */
  readonly time: Date;
  readonly entries: readonly JournalEntry[];
}

/** How many repositories are handled at once. */
export const CONCURRENCY = 4;

/**
 * Writes the journal of a promotion that is about to start. The journal tags also protect the old images from gc.
 *
 * All `from` tags exist before the first `to` tag. So a `from` without a `to` means that the promotion has not started, or is over.
 */
export async function writeJournal(
  store: TagStore,
  run: string,
  entries: readonly JournalEntry[],
  { onWarning, ...options }: RequestOptions & { readonly onWarning: (message: string) => void },
): Promise<void> {
  await each(entries, async ({ repository, tag, from }) => {
    if (from === undefined) return;
    try {
      await store.create(repository, from, formatJournalTag(run, { role: 'from', tag }), options);
    } catch (error) {
      if (!hasErrorCode(error, 'PULL_PREVENTED')) throw error;
      onWarning(
        `cannot record the old image of ${store.host}/${repository}:${tag} in the promotion journal: the registry lets nobody read it. If this run is killed during the promotion, the next run cannot undo the move`,
      );
    }
  });
  await each(entries, async ({ repository, tag, to, isNew }) => {
    if (to === undefined) return;
    await store.create(repository, to, formatJournalTag(run, { role: isNew ? 'new' : 'to', tag }), options);
  });
}

/**
 * Deletes the journal of a promotion that is finished or undone. The `to` tags go first, for the reason given at
 * {@link writeJournal}. Where tags cannot be deleted, `from` is moved to the same image as `to`: that marks the journal as closed.
 */
export async function closeJournal(
  store: TagStore,
  { run, entries }: PromotionJournal,
  options: RequestOptions,
): Promise<void> {
  if (!store.canRemove) return markClosed(store, run, entries, options);
  const remove = (role: JournalTag['role'], which: readonly JournalEntry[]) =>
    each(which, ({ repository, tag }) => store.remove(repository, formatJournalTag(run, { role, tag }), options));
  try {
    await remove(
      'to',
      entries.filter(({ isNew, to }) => !isNew && to !== undefined),
    );
    await remove(
      'new',
      entries.filter(({ isNew, to }) => isNew && to !== undefined),
    );
    await remove(
      'undo',
      entries.filter(({ isRemoved }) => isRemoved),
    );
    await remove(
      'from',
      entries.filter(({ from }) => from !== undefined),
    );
  } catch (error) {
    // A robot that may push does not always have the right to delete a tag.
    if (!hasErrorCode(error, 'REGISTRY_FORBIDDEN')) throw error;
    await markClosed(store, run, entries, options);
  }
}

/** Makes `from` and `to` point to the same image, and creates the one that is missing. */
async function markClosed(
  store: TagStore,
  run: string,
  entries: readonly JournalEntry[],
  options: RequestOptions,
): Promise<void> {
  await each(entries, async ({ repository, tag, from, to, isNew }) => {
    const digest = to ?? from;
    if (digest === undefined) return;
    await store.create(repository, digest, formatJournalTag(run, { role: isNew ? 'new' : 'to', tag }), options);
    const fromTag = formatJournalTag(run, { role: 'from', tag });
    if ((await store.read(repository, fromTag, options)) === undefined) {
      await store.create(repository, digest, fromTag, options);
    } else if (from !== digest) {
      await store.move(repository, await store.fetchManifest(repository, digest, options), fromTag, options);
    }
  });
}

/** Whether the promotion of a journal is over or has never started. No public tag may be moved for such a journal. */
export function isOver({ entries }: PromotionJournal): boolean {
  return entries.some(({ from, to }) => from !== undefined && (to === undefined || from === to));
}

/** Whether a journal is closed, and is there only because its tags could not be deleted. */
export function isClosed({ entries }: PromotionJournal): boolean {
  return entries.every(({ from, to }) => from !== undefined && from === to);
}

/**
 * The journals in repositories, the oldest first. Where tags cannot be deleted, closed journals pile up: there only the newest one
 * of each repository is read.
 */
export async function readJournals(
  store: TagStore,
  repositories: readonly string[],
  options: RequestOptions,
): Promise<readonly PromotionJournal[]> {
  const lists = await pMap(
    new Set(repositories),
    async (repository) => ({ repository, stored: await store.listPipelineTags(repository, options) }),
    { concurrency: CONCURRENCY },
  );
  const found = lists.flatMap(({ repository, stored }) => journalTagsIn(repository, stored));
  const runs = new Set(
    store.canRemove ? found.map(({ run }) => run) : [...new Set(repositories)].flatMap((name) => newestOf(name, found)),
  );
  return await Promise.all(
    [...runs].sort().map(async (run) => {
      const own = found.filter((each) => each.run === run);
      return { run, time: own[0]?.time ?? new Date(0), entries: await readEntries(store, own, options) };
    }),
  );
}

interface FoundTag {
  readonly repository: string;
  readonly run: string;
  readonly time: Date;
  readonly journal: JournalTag;
  readonly stored: StoredTag;
}

function journalTagsIn(repository: string, tags: readonly StoredTag[]): FoundTag[] {
  return tags.flatMap((stored) => {
    const { run, time, journal } = parsePipelineTag(stored.name) ?? {};
    return run === undefined || time === undefined || journal === undefined
      ? []
      : [{ repository, run, time, journal, stored }];
  });
}

function newestOf(repository: string, found: readonly FoundTag[]): string[] {
  const runs = found.filter((each) => each.repository === repository).map(({ run }) => run);
  return runs.sort().slice(-1);
}

async function readEntries(
  store: TagStore,
  found: readonly FoundTag[],
  options: RequestOptions,
): Promise<JournalEntry[]> {
  const byPublicTag = new Map<string, { repository: string; tag: string; tags: FoundTag[] }>();
  for (const each of found) {
    const { repository, journal } = each;
    const key = `${repository}:${journal.tag}`;
    const group = byPublicTag.get(key) ?? { repository, tag: journal.tag, tags: [] };
    group.tags.push(each);
    byPublicTag.set(key, group);
  }
  return await pMap(
    byPublicTag.values(),
    async ({ repository, tag, tags }) => {
      const digestOf = async (role: JournalTag['role']): Promise<string | undefined> => {
        const stored = tags.find(({ journal }) => journal.role === role)?.stored;
        return stored === undefined
          ? undefined
          : (stored.digest ?? (await store.read(repository, stored.name, options)));
      };
      const [from, to, created, undo] = await Promise.all([
        digestOf('from'),
        digestOf('to'),
        digestOf('new'),
        digestOf('undo'),
      ]);
      const target = to ?? created;
      return {
        repository,
        tag,
        ...(from === undefined ? {} : { from }),
        ...(target === undefined ? {} : { to: target }),
        isNew: created !== undefined,
        isRemoved: undo !== undefined,
      };
    },
    { concurrency: CONCURRENCY },
  );
}

async function each<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  await pMap(items, work, { concurrency: CONCURRENCY });
}
