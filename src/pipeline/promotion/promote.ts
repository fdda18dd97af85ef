import pMap from 'p-map';
import { isObjDockerError } from '../../errors.ts';
import type { CallOptions } from '../../harbor/harbor.ts';
import { throwIfCancelled } from '../../lib/operation.ts';
import type { Promotion, TagConflict } from '../../model/pipeline-run.ts';
import { type Candidate, conflict, fetchManifests, findConflicts, type Refusal, refuseImmutable } from './checks.ts';
import { PROMOTION_PACE, type PromotionPace, startPhase } from './deadlines.ts';
import { promotionFailure } from './failure.ts';
import { endNotes, isCode, type NotedTag, type RunNotes, readNotes, writeNotes } from './journal.ts';
import { doMoves, type MovesOutcome, moveOn, restoreMoves, type TagMove } from './moves.ts';
import { readStagingTag } from './staging-tag.ts';
import type { TagStore } from './tag-store.ts';

export type { Candidate } from './checks.ts';

export interface PromoteOptions {
  /** The run's id. */
  readonly run: string;
  readonly onPromotion: (candidate: Candidate, promotion: Promotion) => void;
  readonly onWarning: (message: string) => void;
  /**
   * Aborted before the first tag moves, nothing is moved: CANCELLED. Afterwards it hurries only: what is not moved within a few
   * seconds is restored.
   */
  readonly signal?: AbortSignal | undefined;
  /** @default PROMOTION_PACE */
  readonly pace?: Partial<PromotionPace> | undefined;
}

export type PromoteResult =
  | { readonly kind: 'promoted'; readonly promotions: ReadonlyMap<string, Promotion> }
  /** Nothing was moved, for a tag is not what it was; or, `late`, all were moved, and one was moved again by somebody else. */
  | { readonly kind: 'conflict'; readonly late: boolean; readonly conflicts: readonly TagConflict[] }
  /** Nothing was moved: the registry's own policy refuses an image. */
  | { readonly kind: 'refused'; readonly refusals: readonly Refusal[] };

/**
 * Moves the public tags, all or none. A tag that stands for its image already is left alone, for Harbor would scan it again. What is
 * about to be done is noted in the registry first, so that whoever comes next can finish or restore it should this process die.
 *
 * @throws {ObjDockerError} what the first failure was; `details.restored` and `details.notRestored` are the public references that
 * had been moved by then, and whether they were put back. TAG_IMMUTABLE, when the registry tells of it, before anything is changed.
 */
export async function promote(
  store: TagStore,
  candidates: readonly Candidate[],
  options: PromoteOptions,
): Promise<PromoteResult> {
  const pace = { ...PROMOTION_PACE, ...options.pace };
  const { signal, run, onWarning } = options;
  const calls = { signal, timeoutMs: pace.requestMs };

  const before = await findConflicts(store, candidates, calls);
  if (before.conflicts.length > 0) return { kind: 'conflict', late: false, conflicts: before.conflicts };
  await refuseImmutable(store, before.changes, calls);
  const fetched = await fetchManifests(store, candidates, before.changes, { ...calls, onWarning });
  if ('refusals' in fetched) return { kind: 'refused', refusals: fetched.refusals };

  const { moves } = fetched;
  await endOlderNotes(store, candidates, run, { ...calls, onWarning });
  // A single tag moves at once or not at all: there is nothing to finish or to restore, if it is not by taking it off.
  const needsNotes = moves.length > 1 || moves.some(({ oldManifest }) => oldManifest === 'unreadable');
  const notes: RunNotes = {
    run,
    time: readStagingTag(run)?.time ?? new Date(),
    tags: needsNotes ? moves.map((move) => noteOf(move)) : [],
  };
  try {
    await writeNotes(store, run, notes.tags, { ...calls, onWarning });
    const now = await findConflicts(store, candidates, calls);
    if (now.conflicts.length > 0) {
      await end(store, notes, options, pace);
      return { kind: 'conflict', late: false, conflicts: now.conflicts };
    }
    throwIfCancelled(signal);
  } catch (error) {
    await end(store, notes, options, pace);
    throw error;
  }

  const promotions = new Map<string, Promotion>();
  const tell = (candidate: Candidate, promotion: Promotion): void => {
    promotions.set(candidate.reference, promotion);
    options.onPromotion(candidate, promotion);
  };
  const byReference = new Map(candidates.map((candidate) => [candidate.reference, candidate]));
  const tellMove = ({ reference }: TagMove, promotion: Promotion): void => {
    const candidate = byReference.get(reference);
    if (candidate !== undefined) tell(candidate, promotion);
  };
  const moving = new Set(moves.map(({ reference }) => reference));
  for (const candidate of candidates) if (!moving.has(candidate.reference)) tell(candidate, 'unchanged');

  const outcome = await moveAll(store, moves, { pace, signal, tellMove });
  if (outcome.failure !== undefined) {
    const { failure, attempted } = outcome;
    using deadline = startPhase(store.host, pace.backMs, { hurriedMs: pace.hurriedMs, signal });
    const back = await restoreMoves(store, attempted, { run, pace, deadline, onWarning });
    for (const move of back.restored) tellMove(move, 'restored');
    for (const { move } of back.failures) if (!promotions.has(move.reference)) tellMove(move, 'unknown');
    // What nobody answered may be done yet, after it was looked at: then the notes are what the next run goes by.
    if (back.failures.length === 0 && !outcome.mayYetHappen) {
      const { takenOff } = back;
      const tags = moves.map((move) => noteOf(move, takenOff.has(move)));
      await end(store, { ...notes, tags: needsNotes ? tags : [] }, options, pace);
      const conflict = conflictOf(failure);
      if (conflict !== undefined) return { kind: 'conflict', late: false, conflicts: [conflict] };
    }
    throw promotionFailure(failure.error, back);
  }

  await end(store, notes, options, pace);
  return (await findLateConflicts(store, candidates, options, pace)) ?? { kind: 'promoted', promotions };
}

/** A tag that was to be made, and that somebody else made before us. */
function conflictOf({ move, error }: NonNullable<MovesOutcome['failure']>): TagConflict | undefined {
  if (!isObjDockerError(error) || error.code !== 'TAG_EXISTS') return undefined;
  const { digest } = error.details;
  return conflict(move.reference, move.from, typeof digest === 'string' ? digest : undefined);
}

/**
 * Ends the notes of older runs on these tags, which it overrules: half a promotion of theirs would otherwise look like one to be
 * finished, when a tag comes to the same image again. Those on other tags stay: a release of theirs may be going on.
 */
async function endOlderNotes(
  store: TagStore,
  candidates: readonly Candidate[],
  run: string,
  { onWarning, ...options }: CallOptions & Pick<PromoteOptions, 'onWarning'>,
): Promise<void> {
  const found = await readNotes(
    store,
    candidates.map(({ repository }) => repository),
    options,
  );
  const overruled = new Set(candidates.map(({ repository, tag }) => `${repository}:${tag}`));
  for (const older of found.filter((notes) => notes.run < run)) {
    const tags = older.tags.filter(({ repository, tag }) => overruled.has(`${repository}:${tag}`));
    try {
      await endNotes(store, { ...older, tags }, options);
    } catch (error) {
      if (!isCode(error, 'TAG_IMMUTABLE', 'REGISTRY_FORBIDDEN', 'PULL_PREVENTED', 'ARTIFACT_NOT_FOUND')) throw error;
      onWarning(`notes of the run ${older.run} stay: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function noteOf({ repository, tag, from, to }: TagMove, isTakenOff = false): NotedTag {
  return {
    repository,
    tag,
    ...(from === undefined ? {} : { from }),
    to,
    isNew: from === undefined,
    isTakenOff,
  };
}

/** Moves tags that there are first: they can be put back everywhere, and a new one cannot be taken off everywhere. */
async function moveAll(
  store: TagStore,
  moves: readonly TagMove[],
  {
    pace,
    signal,
    tellMove,
  }: Pick<PromoteOptions, 'signal'> & {
    readonly pace: PromotionPace;
    readonly tellMove: (move: TagMove, promotion: Promotion) => void;
  },
): Promise<MovesOutcome> {
  using deadline = startPhase(store.host, pace.movesMs, { hurriedMs: pace.hurriedMs, signal });
  const work = async (move: TagMove): Promise<void> => {
    try {
      await moveOn(store, move, deadline.calls(pace.requestMs));
    } catch (error) {
      throw deadline.explain(error);
    }
    tellMove(move, move.from === undefined ? 'created' : 'moved');
  };
  const old = moves.filter(({ from }) => from !== undefined);
  const first = await doMoves(old, work);
  if (first.failure !== undefined) return first;
  const second = await doMoves(
    moves.filter(({ from }) => from === undefined),
    work,
  );
  return { ...second, attempted: [...first.attempted, ...second.attempted] };
}

/** Ends the run's own notes; those that stay are for the next run. */
async function end(store: TagStore, notes: RunNotes, options: PromoteOptions, pace: PromotionPace): Promise<void> {
  if (notes.tags.length === 0) return;
  using deadline = startPhase(store.host, pace.backMs, { hurriedMs: pace.hurriedMs, signal: options.signal });
  try {
    await endNotes(store, notes, deadline.calls(pace.requestMs));
  } catch (error) {
    const reason = deadline.explain(error);
    options.onWarning(
      `the notes of this promotion (tags ${notes.run}.*) stay until the next run takes them off: ${reason instanceof Error ? reason.message : String(reason)}`,
    );
  }
}

async function findLateConflicts(
  store: TagStore,
  candidates: readonly Candidate[],
  { onWarning, signal }: PromoteOptions,
  pace: PromotionPace,
): Promise<PromoteResult | undefined> {
  using deadline = startPhase(store.host, pace.backMs, { hurriedMs: pace.hurriedMs, signal });
  try {
    const calls = deadline.calls(pace.requestMs);
    const { changes } = await findConflicts(store, candidates, calls);
    if (changes.length === 0) return undefined;
    const read = await pMap(changes, async ({ repository, tag, reference, digest }) =>
      conflict(reference, digest, await store.read(repository, tag, calls)),
    );
    const conflicts = read.filter(({ expected, found }) => expected !== found);
    return conflicts.length === 0 ? undefined : { kind: 'conflict', late: true, conflicts };
  } catch (error) {
    const reason = deadline.explain(error);
    onWarning(
      `all public tags were moved; whether they still stand for these images could not be checked: ${reason instanceof Error ? reason.message : String(reason)}`,
    );
    return undefined;
  }
}
