import pMap from 'p-map';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import { pause } from '../../lib/poll.ts';
import type { History, ReleaseRecords } from '../../release/records.ts';
import { readTag, type TagStore } from '../../release/store/tag-store.ts';
import type { PromotionDeadlines } from './deadlines.ts';
import { CONCURRENCY, fetchOldManifest, type TagMove } from './moves.ts';

export interface CorrectOptions {
  readonly store: TagStore;
  readonly records: ReleaseRecords;
  /** The number of the release of which the tags were written. */
  readonly number: number;
  readonly deadlines: PromotionDeadlines;
}

/** A public tag, and what this process has made it point to: undefined when it has removed it. */
export interface WrittenTag {
  readonly move: TagMove;
  readonly written: string | undefined;
}

/**
 * Looks at public tags that this process has written, perhaps too late: where a tag still has that digest and the newest ended
 * record says another one, it is moved there. Without a record of the tag that is what it pointed to before the release.
 *
 * @returns the references of the tags that were moved
 */
export async function correctTags(
  { store, records, number, deadlines }: CorrectOptions,
  tags: readonly WrittenTag[],
): Promise<readonly string[]> {
  const corrected = new Set<string>();
  // The signal of the run does not end this: a public tag must not stay wrong.
  const request = { timeoutMs: deadlines.requestMs };
  await pMap(
    tags,
    async ({ move, written }) => {
      const { repository, tag, reference, from } = move;
      // The correction itself may be late: it ends when nothing has changed meanwhile.
      for (let last = written; ; ) {
        const current = await records.current(await readHistory(records, number, deadlines), tag, request);
        const released = current?.record.services.find((each) => each.repository === repository);
        const target = released?.digest ?? from;
        if (target === last || (await readTag(store, repository, tag, request)) !== last) return;
        if (!(await point(store, move, target, request))) return;
        corrected.add(reference);
        last = target;
      }
    },
    { concurrency: CONCURRENCY },
  );
  return [...corrected];
}

/** Waits for the end of a later release: until then nobody knows what its tags must point to. */
async function readHistory(
  records: ReleaseRecords,
  number: number,
  { requestMs, movesMs, undoMs, settleMs }: PromotionDeadlines,
): Promise<History> {
  const end = performance.now() + movesMs + undoMs;
  for (;;) {
    const history = await records.history({ timeoutMs: requestMs });
    const { latest } = history;
    const isOpen = latest?.state === 'open' && latest.record.number > number;
    if (!isOpen || performance.now() > end) return history;
    await pause(settleMs);
  }
}

/** Makes a public tag point to a digest, or removes it. @returns false when the registry cannot do that */
async function point(
  store: TagStore,
  { repository, tag }: TagMove,
  digest: string | undefined,
  request: RequestOptions,
): Promise<boolean> {
  if (digest === undefined) {
    if (!store.canRemove) return false;
    await store.remove(repository, tag, request);
    return true;
  }
  const manifest = await fetchOldManifest(store, repository, digest, request);
  if (manifest !== 'unreadable') await store.move(repository, manifest, tag, request);
  else {
    if (!store.canRemove) return false;
    await store.remove(repository, tag, request);
    await store.create(repository, digest, tag, request);
  }
  return true;
}
