import pMap from 'p-map';
import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import { pause } from '../../lib/poll.ts';
import { readTag, type TagStore } from '../../release/store/tag-store.ts';
import type { Deadline, PromotionDeadlines } from './deadlines.ts';
import { CONCURRENCY, fetchOldManifest, isPermanent, type TagMove } from './moves.ts';

export interface UndoOutcome {
  /** Point to their old image again. */
  readonly undone: readonly TagMove[];
  /** Point to an image that is neither old nor new: somebody else has moved them. */
  readonly foreign: readonly TagMove[];
  readonly failures: readonly { readonly move: TagMove; readonly error: unknown }[];
}

export interface UndoOptions {
  readonly deadlines: PromotionDeadlines;
  readonly deadline: Deadline;
  /** An earlier undo was interrupted: it may have removed a tag in order to create it again. */
  readonly wasInterrupted: boolean;
  readonly onWarning: (message: string) => void;
}

/** Undoes moves that were made, or may have been. Retries temporary failures until the deadline. */
export async function undoMoves(
  store: TagStore,
  moves: readonly TagMove[],
  { deadlines, deadline, wasInterrupted, onWarning }: UndoOptions,
): Promise<UndoOutcome> {
  const undone: TagMove[] = [];
  const foreign: TagMove[] = [];
  const failures: { move: TagMove; error: unknown }[] = [];
  const removed = new Set<TagMove>(wasInterrupted ? moves : []);
  const attempted = new Set<TagMove>();
  const options = deadline.requestOptions(deadlines.requestMs);

  const recreate = async (move: TagMove, from: string, current: string | undefined): Promise<void> => {
    const { repository, tag, reference } = move;
    if (!store.canRemove) throw cannotRemove(reference);
    if (current !== undefined) {
      onWarning(
        `${reference} is removed and created again to undo its move: the registry lets nobody read its old image. It is missing for a moment`,
      );
      removed.add(move);
      await store.remove(repository, tag, options);
    }
    await store.create(repository, from, tag, options);
  };

  const undoMove = async (move: TagMove): Promise<void> => {
    const { repository, tag, from, to, reference } = move;
    const current = await readTag(store, repository, tag, options);
    if (current === from) {
      // The last attempt succeeded when only its response was lost.
      if (attempted.has(move)) undone.push(move);
      return;
    }
    if (current !== to && !(current === undefined && removed.has(move))) {
      foreign.push(move);
      return;
    }
    attempted.add(move);
    if (from === undefined) {
      if (!store.canRemove) throw cannotRemove(reference);
      await store.remove(repository, tag, options);
    } else {
      const manifest = await fetchOldManifest(store, repository, from, options);
      if (manifest === 'unreadable' || current === undefined) await recreate(move, from, current);
      else await store.move(repository, manifest, tag, options);
    }
    undone.push(move);
  };

  await pMap(
    moves,
    async (move) => {
      for (;;) {
        try {
          return await undoMove(move);
        } catch (error) {
          if (isPermanent(error) || deadline.signal.aborted) {
            failures.push({ move, error: deadline.explain(error) });
            return;
          }
          await pause(deadlines.retryMs, deadline.signal).catch(() => {});
        }
      }
    },
    { concurrency: CONCURRENCY },
  );
  return { undone, foreign, failures };
}

/** The error of a failed promotion: its first failure, and what the public tags point to now. */
export function promotionFailure(first: unknown, { undone, foreign, failures }: UndoOutcome): unknown {
  if (!isObjDockerError(first)) return first;
  const names = (moves: readonly { readonly reference: string }[]) => moves.map(({ reference }) => reference);
  const notUndone = names(failures.map(({ move }) => move));
  const states = [
    ...(undone.length === 0 ? [] : [`the move of ${names(undone).join(', ')} was undone`]),
    ...(notUndone.length === 0 ? [] : [`the move of ${notUndone.join(', ')} could not be undone`]),
    ...(foreign.length === 0 ? [] : [`${names(foreign).join(', ')} was moved by somebody else and left alone`]),
  ];
  const state = states.length === 0 ? 'no public tag was moved' : states.join('; ');
  const hint =
    notUndone.length === 0
      ? first.hint
      : [first.hint, 'Run the pipeline again: it finishes or undoes this release.'].filter(Boolean).join(' ');
  return new ObjDockerError(first.code, `${first.message}: ${state}`, {
    hint,
    details: { ...first.details, undone: names(undone), notUndone },
    cause: first,
  });
}

function cannotRemove(reference: string): ObjDockerError {
  return new ObjDockerError('TAG_EXISTS', `cannot remove ${reference}: the registry cannot delete a tag alone`, {
    hint: 'The tag is new, and its image passed the gate. Run the pipeline again.',
  });
}
