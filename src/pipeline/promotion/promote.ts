import pMap from 'p-map';
import { hasErrorCode } from '../../errors.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import { throwIfCancelled } from '../../lib/operation.ts';
import type { Promotion, TagConflict } from '../../model/pipeline-run.ts';
import { type Candidate, checkImmutable, conflict, fetchManifests, findConflicts, type Refusal } from './checks.ts';
import { PROMOTION_DEADLINES, type PromotionDeadlines, startPhase } from './deadlines.ts';
import { closeJournal, type JournalEntry, type PromotionJournal, readJournals, writeJournal } from './journal.ts';
import { type MovesOutcome, moveTag, runMoves, type TagMove } from './moves.ts';
import { parsePipelineTag } from './tag-format.ts';
import type { TagStore } from './tag-store.ts';
import { promotionFailure, undoMoves } from './undo.ts';

export type { Candidate } from './checks.ts';

export interface PromoteOptions {
  /** The run's id. */
  readonly run: string;
  readonly onPromotion: (candidate: Candidate, promotion: Promotion) => void;
  readonly onWarning: (message: string) => void;
  /**
   * Aborted before the first tag moves, nothing is moved: CANCELLED. Aborted later, it shortens the deadlines to a few seconds, and
   * what has not moved by then leads to an undo.
   */
  readonly signal?: AbortSignal | undefined;
  /** @default PROMOTION_DEADLINES */
  readonly deadlines?: Partial<PromotionDeadlines> | undefined;
}

export type PromoteResult =
  | { readonly kind: 'promoted'; readonly promotions: ReadonlyMap<string, Promotion> }
  /** Somebody else moved a tag. Nothing was moved here; or, if `late`, all tags were, and somebody moved one of them again. */
  | { readonly kind: 'conflict'; readonly late: boolean; readonly conflicts: readonly TagConflict[] }
  /** Nothing was moved: the registry's own policy refuses an image. */
  | { readonly kind: 'refused'; readonly refusals: readonly Refusal[] };

/**
 * Moves the public tags, all or none. A tag that already points to its image is left alone, because Harbor would scan it again. The
 * promotion journal is written to the registry first: if this process dies, the next run finishes or undoes the promotion.
 *
 * @throws {ObjDockerError} the first failure; `details.undone` and `details.notUndone` are the public references whose moves were,
 * and could not be, undone. TAG_IMMUTABLE before any change, when the registry tells it beforehand.
 */
export async function promote(
  store: TagStore,
  candidates: readonly Candidate[],
  options: PromoteOptions,
): Promise<PromoteResult> {
  const deadlines = { ...PROMOTION_DEADLINES, ...options.deadlines };
  const { signal, run, onWarning } = options;
  const request = { signal, timeoutMs: deadlines.requestMs };

  const before = await findConflicts(store, candidates, request);
  if (before.conflicts.length > 0) return { kind: 'conflict', late: false, conflicts: before.conflicts };
  await checkImmutable(store, before.changes, request);
  const fetched = await fetchManifests(store, candidates, before.changes, { ...request, onWarning });
  if ('refusals' in fetched) return { kind: 'refused', refusals: fetched.refusals };

  const { moves } = fetched;
  await closeOlderJournals(store, candidates, run, { ...request, onWarning });
  // A single tag moves at once or not at all, so it needs no journal, unless undoing it would remove the tag for a moment.
  const needsJournal = moves.length > 1 || moves.some(({ oldManifest }) => oldManifest === 'unreadable');
  const journal: PromotionJournal = {
    run,
    time: parsePipelineTag(run)?.time ?? new Date(),
    entries: needsJournal ? moves.map((move) => entryOf(move)) : [],
  };
  try {
    await writeJournal(store, run, journal.entries, { ...request, onWarning });
    const now = await findConflicts(store, candidates, request);
    if (now.conflicts.length > 0) {
      await closeOwnJournal(store, journal, options, deadlines);
      return { kind: 'conflict', late: false, conflicts: now.conflicts };
    }
    throwIfCancelled(signal);
  } catch (error) {
    await closeOwnJournal(store, journal, options, deadlines);
    throw error;
  }

  const promotions = new Map<string, Promotion>();
  const report = (candidate: Candidate, promotion: Promotion): void => {
    promotions.set(candidate.reference, promotion);
    options.onPromotion(candidate, promotion);
  };
  const byReference = new Map(candidates.map((candidate) => [candidate.reference, candidate]));
  const reportMove = ({ reference }: TagMove, promotion: Promotion): void => {
    const candidate = byReference.get(reference);
    if (candidate !== undefined) report(candidate, promotion);
  };
  const moving = new Set(moves.map(({ reference }) => reference));
  for (const candidate of candidates) if (!moving.has(candidate.reference)) report(candidate, 'unchanged');

  const outcome = await moveAll(store, moves, { deadlines, signal, reportMove });
  if (outcome.failure !== undefined) {
    const { failure, attempted } = outcome;
    using deadline = startPhase(store.host, deadlines.undoMs, { afterCancelMs: deadlines.afterCancelMs, signal });
    const undo = await undoMoves(store, attempted, { run, deadlines, deadline, onWarning });
    for (const move of undo.undone) reportMove(move, 'undone');
    for (const { move } of undo.failures) if (!promotions.has(move.reference)) reportMove(move, 'in-doubt');
    // A request in doubt may still take effect after the undo: keep the journal for the next run.
    if (undo.failures.length === 0 && !outcome.inDoubt) {
      const entries = moves.map((move) => entryOf(move, undo.removed.has(move)));
      await closeOwnJournal(store, { ...journal, entries: needsJournal ? entries : [] }, options, deadlines);
      const conflict = conflictOf(failure);
      if (conflict !== undefined) return { kind: 'conflict', late: false, conflicts: [conflict] };
    }
    throw promotionFailure(failure.error, undo);
  }

  await closeOwnJournal(store, journal, options, deadlines);
  return (await findLateConflicts(store, candidates, options, deadlines)) ?? { kind: 'promoted', promotions };
}

/** The conflict of a new tag that somebody else has created first. */
function conflictOf({ move, error }: NonNullable<MovesOutcome['failure']>): TagConflict | undefined {
  if (!hasErrorCode(error, 'TAG_EXISTS')) return undefined;
  const { digest } = error.details;
  return conflict(move.reference, move.from, typeof digest === 'string' ? digest : undefined);
}

/**
 * Closes the journals of older runs for these tags, which this run supersedes. Otherwise a partial promotion of theirs would look
 * unfinished again once a tag points to the same image. Entries for other tags stay: that run may still be in progress.
 */
async function closeOlderJournals(
  store: TagStore,
  candidates: readonly Candidate[],
  run: string,
  { onWarning, ...options }: RequestOptions & Pick<PromoteOptions, 'onWarning'>,
): Promise<void> {
  const journals = await readJournals(
    store,
    candidates.map(({ repository }) => repository),
    options,
  );
  const superseded = new Set(candidates.map(({ repository, tag }) => `${repository}:${tag}`));
  for (const older of journals.filter((journal) => journal.run < run)) {
    const entries = older.entries.filter(({ repository, tag }) => superseded.has(`${repository}:${tag}`));
    try {
      await closeJournal(store, { ...older, entries }, options);
    } catch (error) {
      if (!hasErrorCode(error, 'TAG_IMMUTABLE', 'REGISTRY_FORBIDDEN', 'PULL_PREVENTED', 'ARTIFACT_NOT_FOUND'))
        throw error;
      onWarning(`the promotion journal of the run ${older.run} could not be removed: ${error.message}`);
    }
  }
}

function entryOf({ repository, tag, from, to }: TagMove, isRemoved = false): JournalEntry {
  return { repository, tag, ...(from === undefined ? {} : { from }), to, isNew: from === undefined, isRemoved };
}

/** Moves existing tags first: their moves can be undone everywhere, while a new tag cannot be removed everywhere. */
async function moveAll(
  store: TagStore,
  moves: readonly TagMove[],
  {
    deadlines,
    signal,
    reportMove,
  }: Pick<PromoteOptions, 'signal'> & {
    readonly deadlines: PromotionDeadlines;
    readonly reportMove: (move: TagMove, promotion: Promotion) => void;
  },
): Promise<MovesOutcome> {
  using deadline = startPhase(store.host, deadlines.movesMs, { afterCancelMs: deadlines.afterCancelMs, signal });
  const work = async (move: TagMove): Promise<void> => {
    try {
      await moveTag(store, move, deadline.requestOptions(deadlines.requestMs));
    } catch (error) {
      throw deadline.explain(error);
    }
    reportMove(move, move.from === undefined ? 'created' : 'moved');
  };
  const existing = await runMoves(
    moves.filter(({ from }) => from !== undefined),
    work,
  );
  if (existing.failure !== undefined) return existing;
  const created = await runMoves(
    moves.filter(({ from }) => from === undefined),
    work,
  );
  return { ...created, attempted: [...existing.attempted, ...created.attempted] };
}

/** Closes the run's own journal. If that fails, the next run does it. */
async function closeOwnJournal(
  store: TagStore,
  journal: PromotionJournal,
  { onWarning, signal }: PromoteOptions,
  deadlines: PromotionDeadlines,
): Promise<void> {
  if (journal.entries.length === 0) return;
  using deadline = startPhase(store.host, deadlines.undoMs, { afterCancelMs: deadlines.afterCancelMs, signal });
  try {
    await closeJournal(store, journal, deadline.requestOptions(deadlines.requestMs));
  } catch (error) {
    onWarning(
      `the promotion journal (tags ${journal.run}.*) could not be removed; the next run does it: ${reasonOf(deadline.explain(error))}`,
    );
  }
}

async function findLateConflicts(
  store: TagStore,
  candidates: readonly Candidate[],
  { onWarning, signal }: PromoteOptions,
  deadlines: PromotionDeadlines,
): Promise<PromoteResult | undefined> {
  using deadline = startPhase(store.host, deadlines.undoMs, { afterCancelMs: deadlines.afterCancelMs, signal });
  try {
    const request = deadline.requestOptions(deadlines.requestMs);
    const { changes } = await findConflicts(store, candidates, request);
    if (changes.length === 0) return undefined;
    const read = await pMap(changes, async ({ repository, tag, reference, digest }) =>
      conflict(reference, digest, await store.read(repository, tag, request)),
    );
    const conflicts = read.filter(({ expected, found }) => expected !== found);
    return conflicts.length === 0 ? undefined : { kind: 'conflict', late: true, conflicts };
  } catch (error) {
    onWarning(
      `all public tags were moved, but could not be read back to check that they still point to these images: ${reasonOf(deadline.explain(error))}`,
    );
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
