import pMap from 'p-map';
import { isObjDockerError } from '../../errors.ts';
import type { CallOptions } from '../../harbor/harbor.ts';
import type { CleanResult } from '../obj-build.ts';
import { isCode, readNotes, SIDE_BY_SIDE } from '../promotion/journal.ts';
import { readStagingTag, type StagingTag } from '../promotion/staging-tag.ts';
import { assess } from '../promotion/state.ts';
import type { StoredTag, TagStore } from '../promotion/tag-store.ts';

export interface CleanTagsOptions extends CallOptions {
  /** By the time that the tag says. */
  readonly olderThanMs: number;
  readonly dryRun: boolean;
  readonly now: Date;
  /** As those of a recovery: only tags of runs that have left one in the package's own repositories, too, go. @default none */
  readonly former?: readonly string[] | undefined;
}

/** A tag of the pipeline's form. */
interface OwnTag {
  readonly repository: string;
  readonly stored: StoredTag;
  readonly read: StagingTag;
}

/** Notes go in the order in which a promotion takes them off: half of them then say that it is over. */
const ORDER = ['to', 'new', 'back', 'from', 'staging'] as const;

/**
 * Takes staging tags and notes off, of exactly the pipeline's form and old enough; never an artifact. The notes of a promotion
 * that is half done stay: the next run of the pipeline needs them.
 *
 * @throws {ObjDockerError} what keeps it from asking or removing, but a tag that the registry wants to keep.
 */
export async function cleanTags(
  store: TagStore,
  repositories: readonly string[],
  { olderThanMs, dryRun, now, former = [], ...options }: CleanTagsOptions,
): Promise<CleanResult> {
  const own = await listTags(store, repositories, options);
  const runs = new Set(own.map(({ read }) => read.run));
  const others = (await listTags(store, former, options)).filter(({ read }) => runs.has(read.run));
  const before = now.getTime() - olderThanMs;
  const old = [...own, ...others].filter(({ read }) => read.time.getTime() <= before);
  const halfDone = await findHalfDone(store, [...repositories, ...former], old, options);
  const removed: CleanResult['removed'][number][] = [];
  const kept: CleanResult['kept'][number][] = [];

  const take = async ({ repository, stored, read }: OwnTag): Promise<void> => {
    const reference = `${store.host}/${repository}:${stored.name}`;
    const reason = reasonToKeep(store, read, halfDone);
    if (reason !== undefined) return void kept.push({ reference, reason });
    try {
      const digest = stored.digest ?? (await store.read(repository, stored.name, options));
      if (digest === undefined) return;
      if (!dryRun) await store.remove(repository, stored.name, options);
      removed.push({ reference, digest });
    } catch (error) {
      if (!isObjDockerError(error) || !isCode(error, 'TAG_IMMUTABLE', 'REGISTRY_FORBIDDEN')) throw error;
      kept.push({ reference, reason: error.message });
    }
  };
  for (const kind of ORDER) {
    const some = old.filter(({ read }) => (read.note?.direction ?? 'staging') === kind);
    await pMap(some, take, { concurrency: SIDE_BY_SIDE });
  }
  return { removed: removed.sort(byReference), kept: kept.sort(byReference) };
}

async function listTags(
  store: TagStore,
  repositories: readonly string[],
  options: CallOptions,
): Promise<readonly OwnTag[]> {
  const found = await pMap(
    new Set(repositories),
    async (repository) =>
      (await store.listStaging(repository, options)).flatMap((stored) => {
        const read = readStagingTag(stored.name);
        return read === undefined ? [] : [{ repository, stored, read }];
      }),
    { concurrency: SIDE_BY_SIDE },
  );
  return found.flat();
}

/** The runs whose tags stand between two releases. */
async function findHalfDone(
  store: TagStore,
  repositories: readonly string[],
  old: readonly OwnTag[],
  options: CallOptions,
): Promise<ReadonlySet<string>> {
  const runs = new Set(old.filter(({ read }) => read.note !== undefined).map(({ read }) => read.run));
  if (runs.size === 0 || !store.canRemove) return new Set();
  const halfDone = new Set<string>();
  for (const notes of await readNotes(store, repositories, options)) {
    if (!runs.has(notes.run)) continue;
    const { kind, states } = await assess(store, notes, options);
    if (kind === 'half' || states.some(({ state }) => state === 'gone')) halfDone.add(notes.run);
  }
  return halfDone;
}

function reasonToKeep(store: TagStore, { run, note }: StagingTag, halfDone: ReadonlySet<string>): string | undefined {
  if (!store.canRemove) return 'the registry cannot take a tag off without its image';
  if (note === undefined || !halfDone.has(run)) return undefined;
  return 'the promotion of its run is half done: run the pipeline, which finishes or restores it';
}

function byReference(a: { readonly reference: string }, b: { readonly reference: string }): number {
  return a.reference < b.reference ? -1 : 1;
}
