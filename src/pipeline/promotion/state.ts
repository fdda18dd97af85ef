import pMap from 'p-map';
import type { CallOptions } from '../../harbor/harbor.ts';
import { isDecided, type NotedTag, type RunNotes, SIDE_BY_SIDE } from './journal.ts';
import type { TagStore } from './tag-store.ts';

/** What a public tag stands for, as the notes of a run know it. */
export interface TagState {
  readonly noted: NotedTag;
  /** Absent: there is no such tag. */
  readonly current?: string;
  /** `gone`: the run itself has taken it off in order to put it back, and did not come to that. */
  readonly state: 'new' | 'old' | 'gone' | 'foreign';
}

export interface Assessment {
  /**
   * - `complete`: all were moved; `not-begun`: none was.
   * - `half`: some were, and nobody else has touched any.
   * - `restored`: none stands for the new image, and one is gone that was to be put back.
   * - `superseded`: somebody else has moved one.
   */
  readonly kind: 'complete' | 'not-begun' | 'half' | 'restored' | 'superseded';
  /** The notes themselves say that nothing is to be moved any more, and some tags are new, some old: a hand has been at work. */
  readonly isTornByHand: boolean;
  readonly states: readonly TagState[];
}

/** Looks at what the public tags stand for that a run has notes of. */
export async function assess(store: TagStore, notes: RunNotes, options: CallOptions): Promise<Assessment> {
  const open = notes.tags.filter(({ from, to }) => from === undefined || from !== to);
  const states = await pMap(
    open,
    async (noted) => stateOf(noted, await store.read(noted.repository, noted.tag, options)),
    { concurrency: SIDE_BY_SIDE },
  );
  const has = (wanted: TagState['state']): boolean => states.some(({ state }) => state === wanted);
  if (isDecided(notes)) {
    const isTornByHand = has('new') && has('old');
    return { kind: has('old') && !has('new') ? 'not-begun' : 'complete', isTornByHand, states };
  }
  return { kind: kindOf(has), isTornByHand: false, states };
}

function kindOf(has: (wanted: TagState['state']) => boolean): Assessment['kind'] {
  if (has('foreign')) return 'superseded';
  if (!has('new')) return has('gone') ? 'restored' : 'not-begun';
  return has('old') || has('gone') ? 'half' : 'complete';
}

function stateOf(noted: NotedTag, current: string | undefined): TagState {
  if (current === undefined) return { noted, state: absentState(noted) };
  const state = current === noted.to ? 'new' : current === noted.from ? 'old' : 'foreign';
  return { noted, current, state };
}

function absentState({ isNew, isTakenOff }: NotedTag): TagState['state'] {
  if (isNew) return 'old';
  return isTakenOff ? 'gone' : 'foreign';
}
