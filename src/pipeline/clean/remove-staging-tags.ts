import pMap from 'p-map';
import { hasErrorCode } from '../../errors.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import { parseStagingTag, type StagingTag } from '../../release/staging-tag.ts';
import { readTag, type StoredTag, type TagStore } from '../../release/store/tag-store.ts';
import type { CleanResult } from '../options.ts';
import { CONCURRENCY } from '../promotion/moves.ts';

export interface RemoveStagingTagsOptions extends RequestOptions {
  /** Age by the time that is part of the tag. */
  readonly olderThanMs: number;
  readonly dryRun: boolean;
  readonly now: Date;
  /**
   * Repositories that belong to the package by their names alone: of services that it no longer has, or of another package. Only
   * tags of runs that also have one in the package's own repositories are removed there. @default none
   */
  readonly formerRepositories?: readonly string[] | undefined;
}

interface StoredStagingTag extends StagingTag {
  readonly repository: string;
  readonly stored: StoredTag;
}

/**
 * Removes staging tags that are old enough; never an artifact. A tag that the registry refuses to remove is reported in
 * `notRemoved`.
 *
 * @throws {ObjDockerError} when the registry cannot list or remove tags for another reason.
 */
export async function removeStagingTags(
  store: TagStore,
  repositories: readonly string[],
  { olderThanMs, dryRun, now, formerRepositories = [], ...options }: RemoveStagingTagsOptions,
): Promise<CleanResult> {
  const own = await listTags(store, repositories, options);
  const runs = new Set(own.map(({ run }) => run));
  const others = (await listTags(store, formerRepositories, options)).filter(({ run }) => runs.has(run));
  const before = now.getTime() - olderThanMs;
  const old = [...own, ...others].filter(({ time }) => time.getTime() <= before);
  const removed: CleanResult['removed'][number][] = [];
  const notRemoved: CleanResult['notRemoved'][number][] = [];

  const remove = async ({ repository, stored }: StoredStagingTag): Promise<void> => {
    const reference = `${store.host}/${repository}:${stored.name}`;
    if (!store.canRemove) {
      notRemoved.push({ reference, reason: 'the registry can delete a tag only together with its image' });
      return;
    }
    try {
      const digest = stored.digest ?? (await readTag(store, repository, stored.name, options));
      if (digest === undefined) return;
      if (!dryRun) await store.remove(repository, stored.name, options);
      removed.push({ reference, digest });
    } catch (error) {
      if (!hasErrorCode(error, 'TAG_IMMUTABLE', 'REGISTRY_FORBIDDEN')) throw error;
      notRemoved.push({ reference, reason: error.message });
    }
  };
  await pMap(old, remove, { concurrency: CONCURRENCY });
  return { removed: removed.sort(byReference), notRemoved: notRemoved.sort(byReference) };
}

async function listTags(
  store: TagStore,
  repositories: readonly string[],
  options: RequestOptions,
): Promise<readonly StoredStagingTag[]> {
  const found = await pMap(
    new Set(repositories),
    async (repository) =>
      (await store.listStagingTags(repository, options)).flatMap((stored): StoredStagingTag[] => {
        const parsed = parseStagingTag(stored.name);
        return parsed === undefined ? [] : [{ ...parsed, repository, stored }];
      }),
    { concurrency: CONCURRENCY },
  );
  return found.flat();
}

function byReference(a: { readonly reference: string }, b: { readonly reference: string }): number {
  return a.reference < b.reference ? -1 : 1;
}
