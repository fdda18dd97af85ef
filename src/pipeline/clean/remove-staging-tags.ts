import pMap from 'p-map';
import { hasErrorCode } from '../../errors.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import type { CleanResult } from '../options.ts';
import { assess } from '../promotion/assess.ts';
import { CONCURRENCY, readJournals } from '../promotion/journal.ts';
import { type PipelineTag, parsePipelineTag } from '../promotion/tag-format.ts';
import type { StoredTag, TagStore } from '../promotion/tag-store.ts';

export interface RemoveStagingTagsOptions extends RequestOptions {
  /** Age by the time that is part of the tag. */
  readonly olderThanMs: number;
  readonly dryRun: boolean;
  readonly now: Date;
  /** As in a recovery: only tags of runs that also have one in the package's own repositories are removed there. @default none */
  readonly formerRepositories?: readonly string[] | undefined;
}

interface OwnTag {
  readonly repository: string;
  readonly stored: StoredTag;
  readonly parsed: PipelineTag;
}

/** The order in which a promotion closes its journal: an incomplete journal then says that the promotion is over. */
const ORDER = ['to', 'new', 'undo', 'from', 'staging'] as const;

/**
 * Removes staging tags and journal tags that are old enough; never an artifact. The journal of a partial promotion stays, because
 * the next run of the pipeline needs it. A tag that the registry refuses to remove is reported in `notRemoved`.
 *
 * @throws {ObjDockerError} when the registry cannot list or remove tags for another reason.
 */
export async function removeStagingTags(
  store: TagStore,
  repositories: readonly string[],
  { olderThanMs, dryRun, now, formerRepositories = [], ...options }: RemoveStagingTagsOptions,
): Promise<CleanResult> {
  const own = await listTags(store, repositories, options);
  const runs = new Set(own.map(({ parsed }) => parsed.run));
  const others = (await listTags(store, formerRepositories, options)).filter(({ parsed }) => runs.has(parsed.run));
  const before = now.getTime() - olderThanMs;
  const old = [...own, ...others].filter(({ parsed }) => parsed.time.getTime() <= before);
  const partial = await findPartial(store, [...repositories, ...formerRepositories], old, options);
  const removed: CleanResult['removed'][number][] = [];
  const notRemoved: CleanResult['notRemoved'][number][] = [];

  const remove = async ({ repository, stored, parsed }: OwnTag): Promise<void> => {
    const reference = `${store.host}/${repository}:${stored.name}`;
    const reason = reasonToKeep(store, parsed, partial);
    if (reason !== undefined) return void notRemoved.push({ reference, reason });
    try {
      const digest = stored.digest ?? (await store.read(repository, stored.name, options));
      if (digest === undefined) return;
      if (!dryRun) await store.remove(repository, stored.name, options);
      removed.push({ reference, digest });
    } catch (error) {
      if (!hasErrorCode(error, 'TAG_IMMUTABLE', 'REGISTRY_FORBIDDEN')) throw error;
      notRemoved.push({ reference, reason: error.message });
    }
  };
  for (const kind of ORDER) {
    const some = old.filter(({ parsed }) => (parsed.journal?.role ?? 'staging') === kind);
    await pMap(some, remove, { concurrency: CONCURRENCY });
  }
  return { removed: removed.sort(byReference), notRemoved: notRemoved.sort(byReference) };
}

async function listTags(
  store: TagStore,
  repositories: readonly string[],
  options: RequestOptions,
): Promise<readonly OwnTag[]> {
  const found = await pMap(
    new Set(repositories),
    async (repository) =>
      (await store.listPipelineTags(repository, options)).flatMap((stored) => {
        const parsed = parsePipelineTag(stored.name);
        return parsed === undefined ? [] : [{ repository, stored, parsed }];
      }),
    { concurrency: CONCURRENCY },
  );
  return found.flat();
}

/** The runs whose promotion is partial. */
async function findPartial(
  store: TagStore,
  repositories: readonly string[],
  old: readonly OwnTag[],
  options: RequestOptions,
): Promise<ReadonlySet<string>> {
  const runs = new Set(old.filter(({ parsed }) => parsed.journal !== undefined).map(({ parsed }) => parsed.run));
  if (runs.size === 0 || !store.canRemove) return new Set();
  const partial = new Set<string>();
  for (const journal of await readJournals(store, repositories, options)) {
    if (!runs.has(journal.run)) continue;
    const { kind, states } = await assess(store, journal, options);
    if (kind === 'partial' || states.some(({ state }) => state === 'removed')) partial.add(journal.run);
  }
  return partial;
}

function reasonToKeep(
  store: TagStore,
  { run, journal }: PipelineTag,
  partial: ReadonlySet<string>,
): string | undefined {
  if (!store.canRemove) return 'the registry can delete a tag only together with its image';
  if (journal === undefined || !partial.has(run)) return undefined;
  return 'the promotion of its run is partial: run the pipeline, which finishes or undoes it';
}

function byReference(a: { readonly reference: string }, b: { readonly reference: string }): number {
  return a.reference < b.reference ? -1 : 1;
}
