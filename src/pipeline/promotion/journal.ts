import pMap from 'p-map';
import { type ErrorCode, isObjDockerError } from '../../errors.ts';
import type { CallOptions } from '../../harbor/harbor.ts';
import { noteTag, type PromotionNote, readStagingTag } from './staging-tag.ts';
import type { StoredTag, TagStore } from './tag-store.ts';

/** What the notes of a run say of one public tag. */
export interface NotedTag {
  readonly repository: string;
  readonly tag: string;
  /** What it stood for; absent when nothing says so. */
  readonly from?: string;
  /** What it is to stand for; absent when nothing says so. */
  readonly to?: string;
  /** There was no such tag. */
  readonly isNew: boolean;
  /** It was taken off, or was about to be, in order to be put back. */
  readonly isTakenOff: boolean;
}

export interface RunNotes {
  readonly run: string;
  /** When the run began. */
  readonly time: Date;
  readonly tags: readonly NotedTag[];
}

/** How many repositories are seen to at once. */
export const SIDE_BY_SIDE = 4;

/**
 * Notes what a run is about to do, in the registry itself: that also keeps the old images from being collected. All `from` are
 * there before the first `to`, so that one without the other says: nothing was moved yet, or all is over.
 */
export async function writeNotes(
  store: TagStore,
  run: string,
  tags: readonly NotedTag[],
  { onWarning, ...options }: CallOptions & { readonly onWarning: (message: string) => void },
): Promise<void> {
  await each(tags, async ({ repository, tag, from }) => {
    if (from === undefined) return;
    try {
      await store.make(repository, from, noteTag(run, { direction: 'from', tag }), options);
    } catch (error) {
      if (!isCode(error, 'PULL_PREVENTED')) throw error;
      onWarning(
        `what ${store.host}/${repository}:${tag} stood for cannot be noted, for the registry lets nobody read it: should this run be killed in the middle, the next one cannot put it back`,
      );
    }
  });
  await each(tags, async ({ repository, tag, to, isNew }) => {
    if (to !== undefined)
      await store.make(repository, to, noteTag(run, { direction: isNew ? 'new' : 'to', tag }), options);
  });
}

/**
 * Takes the notes of a run off, when all its tags are moved or all restored. The `to` of tags that moved go first, for the reason
 * that {@link writeNotes} gives. Where no tag can be taken off, they are made to say that all is over: `from` is moved onto the
 * same image as `to`.
 *
 * @throws {ObjDockerError} what keeps it from doing so.
 */
export async function endNotes(store: TagStore, { run, tags }: RunNotes, options: CallOptions): Promise<void> {
  if (!store.canRemove) return closeNotes(store, run, tags, options);
  const remove = (direction: PromotionNote['direction'], which: readonly NotedTag[]) =>
    each(which, ({ repository, tag }) => store.remove(repository, noteTag(run, { direction, tag }), options));
  try {
    await remove(
      'to',
      tags.filter(({ isNew, to }) => !isNew && to !== undefined),
    );
    await remove(
      'new',
      tags.filter(({ isNew, to }) => isNew && to !== undefined),
    );
    await remove(
      'back',
      tags.filter(({ isTakenOff }) => isTakenOff),
    );
    await remove(
      'from',
      tags.filter(({ from }) => from !== undefined),
    );
  } catch (error) {
    // A robot that may push is not always one that may take a tag off.
    if (!isCode(error, 'REGISTRY_FORBIDDEN')) throw error;
    await closeNotes(store, run, tags, options);
  }
}

/** Makes `from` and `to` the same, also where one was never made. */
async function closeNotes(
  store: TagStore,
  run: string,
  tags: readonly NotedTag[],
  options: CallOptions,
): Promise<void> {
  await each(tags, async ({ repository, tag, from, to, isNew }) => {
    const digest = to ?? from;
    if (digest === undefined) return;
    await store.make(repository, digest, noteTag(run, { direction: isNew ? 'new' : 'to', tag }), options);
    const note = noteTag(run, { direction: 'from', tag });
    if ((await store.read(repository, note, options)) === undefined) {
      await store.make(repository, digest, note, options);
    } else if (from !== digest) {
      await store.move(repository, await store.fetch(repository, digest, options), note, options);
    }
  });
}

/** Whether the promotion of these notes is over, or was over before it moved anything: no public tag is to be touched for it. */
export function isDecided({ tags }: RunNotes): boolean {
  return tags.some(({ from, to }) => from !== undefined && (to === undefined || from === to));
}

/** Whether nothing is left to do about these notes, which are there because they could not be taken off. */
export function isClosed({ tags }: RunNotes): boolean {
  return tags.every(({ from, to }) => from !== undefined && from === to);
}

/**
 * The notes in repositories, by run, the oldest first. Where tags cannot be taken off they pile up: there only the newest run of
 * each repository is looked at.
 */
export async function readNotes(
  store: TagStore,
  repositories: readonly string[],
  options: CallOptions,
): Promise<readonly RunNotes[]> {
  const lists = await pMap(
    new Set(repositories),
    async (repository) => ({ repository, stored: await store.listStaging(repository, options) }),
    { concurrency: SIDE_BY_SIDE },
  );
  const found = lists.flatMap(({ repository, stored }) => notesAmong(repository, stored));
  const runs = new Set(
    store.canRemove ? found.map(({ run }) => run) : [...new Set(repositories)].flatMap((name) => newestOf(name, found)),
  );
  return await Promise.all(
    [...runs].sort().map(async (run) => {
      const own = found.filter((note) => note.run === run);
      return { run, time: own[0]?.time ?? new Date(0), tags: await readTags(store, own, options) };
    }),
  );
}

interface FoundNote {
  readonly repository: string;
  readonly run: string;
  readonly time: Date;
  readonly note: PromotionNote;
  readonly stored: StoredTag;
}

function notesAmong(repository: string, stored: readonly StoredTag[]): FoundNote[] {
  return stored.flatMap((each) => {
    const read = readStagingTag(each.name);
    return read?.note === undefined
      ? []
      : [{ repository, run: read.run, time: read.time, note: read.note, stored: each }];
  });
}

function newestOf(repository: string, found: readonly FoundNote[]): string[] {
  const runs = found.filter((note) => note.repository === repository).map(({ run }) => run);
  return runs.sort().slice(-1);
}

async function readTags(store: TagStore, found: readonly FoundNote[], options: CallOptions): Promise<NotedTag[]> {
  const places = new Map<string, { repository: string; tag: string; notes: FoundNote[] }>();
  for (const each of found) {
    const { repository, note } = each;
    const key = `${repository}:${note.tag}`;
    const place = places.get(key) ?? { repository, tag: note.tag, notes: [] };
    place.notes.push(each);
    places.set(key, place);
  }
  return await pMap(
    places.values(),
    async ({ repository, tag, notes }) => {
      const digestOf = async (direction: PromotionNote['direction']): Promise<string | undefined> => {
        const stored = notes.find(({ note }) => note.direction === direction)?.stored;
        return stored === undefined
          ? undefined
          : (stored.digest ?? (await store.read(repository, stored.name, options)));
      };
      const [from, to, made, back] = await Promise.all([
        digestOf('from'),
        digestOf('to'),
        digestOf('new'),
        digestOf('back'),
      ]);
      const target = to ?? made;
      return {
        repository,
        tag,
        ...(from === undefined ? {} : { from }),
        ...(target === undefined ? {} : { to: target }),
        isNew: made !== undefined,
        isTakenOff: back !== undefined,
      };
    },
    { concurrency: SIDE_BY_SIDE },
  );
}

/** Whether an error is one of these. */
export function isCode(error: unknown, ...codes: readonly ErrorCode[]): boolean {
  return isObjDockerError(error) && codes.includes(error.code);
}

async function each<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  await pMap(items, work, { concurrency: SIDE_BY_SIDE });
}
