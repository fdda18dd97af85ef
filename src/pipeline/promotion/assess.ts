import pMap from 'p-map';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import { CONCURRENCY, isOver, type JournalEntry, type PromotionJournal } from './journal.ts';
import type { TagStore } from './tag-store.ts';

/** A public tag compared with its journal entry. */
export interface TagState {
  readonly entry: JournalEntry;
  /** What the tag points to now; absent when there is no such tag. */
  readonly current?: string;
  /** `removed`: the run's own undo removed the tag and did not create it again. `foreign`: somebody else has moved it. */
  readonly state: 'new' | 'old' | 'removed' | 'foreign';
}

export interface Assessment {
  /**
   * - `complete`: all tags were moved; `not-started`: none was.
   * - `partial`: some were, and nobody else has moved any.
   * - `undone`: none points to its new image, and an undo has removed one that it did not create again.
   * - `superseded`: somebody else has moved one.
   */
  readonly kind: 'complete' | 'not-started' | 'partial' | 'undone' | 'superseded';
  /** The journal says that the promotion is over, yet some tags are new and some are old: somebody has changed them by hand. */
  readonly isInconsistent: boolean;
  readonly states: readonly TagState[];
}

/** Compares the public tags with a journal: how far did its promotion get? */
export async function assess(store: TagStore, journal: PromotionJournal, options: RequestOptions): Promise<Assessment> {
  const open = journal.entries.filter(({ from, to }) => from === undefined || from !== to);
  const states = await pMap(
    open,
    async (entry) => stateOf(entry, await store.read(entry.repository, entry.tag, options)),
    { concurrency: CONCURRENCY },
  );
  const has = (wanted: TagState['state']): boolean => states.some(({ state }) => state === wanted);
  if (isOver(journal)) {
    return {
      kind: has('old') && !has('new') ? 'not-started' : 'complete',
      isInconsistent: has('new') && has('old'),
      states,
    };
  }
  return { kind: kindOf(has), isInconsistent: false, states };
}

function kindOf(has: (wanted: TagState['state']) => boolean): Assessment['kind'] {
  if (has('foreign')) return 'superseded';
  if (!has('new')) return has('removed') ? 'undone' : 'not-started';
  return has('old') || has('removed') ? 'partial' : 'complete';
}

function stateOf(entry: JournalEntry, current: string | undefined): TagState {
  if (current === undefined) return { entry, state: stateOfMissing(entry) };
  const state = current === entry.to ? 'new' : current === entry.from ? 'old' : 'foreign';
  return { entry, current, state };
}

function stateOfMissing({ isNew, isRemoved }: JournalEntry): TagState['state'] {
  if (isNew) return 'old';
  return isRemoved ? 'removed' : 'foreign';
}
