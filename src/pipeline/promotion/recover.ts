import { hasErrorCode } from '../../errors.ts';
import { throwIfCancelled } from '../../lib/operation.ts';
import { pause } from '../../lib/poll.ts';
import type { Recovery } from '../../model/pipeline-run.ts';
import { type Assessment, assess, type TagState } from './assess.ts';
import { PROMOTION_DEADLINES, type PromotionDeadlines, startPhase } from './deadlines.ts';
import { closeJournal, isClosed, type JournalEntry, type PromotionJournal, readJournals } from './journal.ts';
import { isPermanent, type MovesOutcome, moveTag, runMoves, type TagMove } from './moves.ts';
import type { TagStore } from './tag-store.ts';
import { promotionFailure, type UndoOutcome, undoMoves } from './undo.ts';

export interface RecoverOptions {
  /**
   * Repositories that belong to the package by their names alone: of services that it no longer has, or of another package. A
   * journal there counts only if it has entries in the package's own repositories, too. @default none
   */
  readonly formerRepositories?: readonly string[] | undefined;
  readonly onWarning: (message: string) => void;
  /** Ends the recovery until it moves tags; from then on it shortens the deadlines only, as in a promotion. */
  readonly signal?: AbortSignal | undefined;
  /** @default the system's clock */
  readonly now?: (() => Date) | undefined;
  /** @default PROMOTION_DEADLINES */
  readonly deadlines?: Partial<PromotionDeadlines> | undefined;
}

/** The journal of a promotion that has not started is kept for so long: its run may still be running on another machine. */
const MAY_BE_RUNNING_MS = 60 * 60_000;

/**
 * Finishes or undoes the promotions that earlier runs of the package have left. A tag that somebody else has moved since is never
 * touched.
 *
 * @param repositories of all services of the package, whichever the current run builds
 * @throws {ObjDockerError} when the public tags are from different runs, and can be moved neither forward nor back now.
 */
export async function recover(
  store: TagStore,
  repositories: readonly string[],
  options: RecoverOptions,
): Promise<readonly Recovery[]> {
  const deadlines = { ...PROMOTION_DEADLINES, ...options.deadlines };
  const request = { signal: options.signal, timeoutMs: deadlines.requestMs };
  const own = new Set(repositories);
  const context = {
    store,
    repositories: [...own, ...(options.formerRepositories ?? [])],
    options: { ...options, deadlines },
  };
  const recovered: Recovery[] = [];
  for (const journal of await readJournals(store, context.repositories, request)) {
    if (isClosed(journal) || !journal.entries.some(({ repository }) => own.has(repository))) continue;
    const recovery = await recoverRun(context, journal);
    if (recovery !== undefined) recovered.push(recovery);
  }
  return recovered;
}

interface RecoveryContext {
  readonly store: TagStore;
  readonly repositories: readonly string[];
  readonly options: RecoverOptions & { readonly deadlines: PromotionDeadlines };
}

async function recoverRun(context: RecoveryContext, found: PromotionJournal): Promise<Recovery | undefined> {
  const settled = await waitUntilSettled(context, found);
  if (settled === undefined) return undefined;
  const { journal, assessment } = settled;
  const { run, time } = journal;
  const { onWarning, now = () => new Date() } = context.options;
  const close = async (action: Recovery['action'], references: readonly string[] = []): Promise<Recovery> => {
    await closeJournalOf(context, run);
    return { run, action, references };
  };
  if (assessment.isInconsistent) {
    onWarning(
      `the promotion of the run ${run} is partial and its journal is incomplete: no public tag was moved for it`,
    );
  }
  switch (assessment.kind) {
    case 'not-started':
      if (now().getTime() - time.getTime() > MAY_BE_RUNNING_MS) return await close('not-started');
      return { run, action: 'not-started', references: [] };
    case 'complete':
      return await close('complete');
    case 'superseded':
    case 'undone':
      return await close(assessment.kind, await recreateRemoved(context, assessment.states));
    case 'partial':
      return await finishOrUndo(context, journal, assessment.states, close);
  }
}

/** Watches a partial promotion until nothing changes: its run may still be moving tags on another machine. */
async function waitUntilSettled(
  { store, repositories, options: { deadlines, signal } }: RecoveryContext,
  found: PromotionJournal,
): Promise<{ readonly journal: PromotionJournal; readonly assessment: Assessment } | undefined> {
  const request = { signal, timeoutMs: deadlines.requestMs };
  let journal = found;
  let assessment = await assess(store, journal, request);
  while (assessment.kind === 'partial') {
    await pause(deadlines.settleMs, signal);
    const again = (await readJournals(store, repositories, request)).find(({ run }) => run === found.run);
    if (again === undefined || isClosed(again)) return undefined;
    const before = JSON.stringify(assessment);
    journal = again;
    assessment = await assess(store, journal, request);
    if (JSON.stringify(assessment) === before) break;
  }
  return { journal, assessment };
}

/** Moves the remaining tags to their new images, which passed the gate. If that fails, undoes all moves. */
async function finishOrUndo(
  context: RecoveryContext,
  { run }: PromotionJournal,
  states: readonly TagState[],
  close: (action: Recovery['action'], references?: readonly string[]) => Promise<Recovery>,
): Promise<Recovery> {
  const { store, options } = context;
  throwIfCancelled(options.signal);
  const finish = await moveRemaining(context, states);
  if (finish.failure === undefined) return await close('finished', finish.moved);
  const { error } = finish.failure;
  if (error instanceof MovedByOther || hasErrorCode(error, 'TAG_EXISTS'))
    return await close('superseded', finish.moved);

  const undo = await undoAll(context, run, states);
  if (undo.failures.length === 0) {
    options.onWarning(`the promotion of ${run} could not be finished and was undone: ${reasonOf(error)}`);
    const references = undo.undone.map(({ reference }) => reference);
    // A request in doubt may still take effect: keep the journal for the next run.
    return finish.inDoubt ? { run, action: 'undone', references } : await close('undone', references);
  }
  const failure = promotionFailure(error, undo);
  if (!isPermanent(error) || !undo.failures.every((each) => isPermanent(each.error))) throw failure;
  options.onWarning(
    `the promotion of ${run} can be neither finished nor undone, and stays partial at ${store.host}: ${reasonOf(failure)}`,
  );
  return await close('superseded', finish.moved);
}

class MovedByOther extends Error {
  override readonly name = 'MovedByOther';
}

async function moveRemaining(
  { store, options: { deadlines, signal } }: RecoveryContext,
  states: readonly TagState[],
): Promise<MovesOutcome & { readonly moved: readonly string[] }> {
  using deadline = startPhase(store.host, deadlines.movesMs, { afterCancelMs: deadlines.afterCancelMs, signal });
  const request = deadline.requestOptions(deadlines.requestMs);
  const moved: string[] = [];
  const remaining = states.filter(({ state }) => state !== 'new');
  const outcome = await runMoves(
    remaining.flatMap(({ entry, current }) => toMove(store, entry, current)),
    async (move) => {
      try {
        // Another machine may have finished this run in the meantime, and released another one.
        const current = await store.read(move.repository, move.tag, request);
        if (current === move.to) return;
        if (current !== move.from) throw new MovedByOther(`${move.reference} was moved by somebody else`);
        await moveTag(store, move, request);
        moved.push(move.reference);
      } catch (error) {
        throw deadline.explain(error);
      }
    },
  );
  return { ...outcome, moved };
}

function toMove(store: TagStore, { repository, tag, to }: JournalEntry, from: string | undefined): TagMove[] {
  return to === undefined ? [] : [{ repository, tag, reference: `${store.host}/${repository}:${tag}`, from, to }];
}

async function undoAll(
  { store, options: { deadlines, signal, onWarning } }: RecoveryContext,
  run: string,
  states: readonly TagState[],
): Promise<UndoOutcome> {
  using deadline = startPhase(store.host, deadlines.undoMs, { afterCancelMs: deadlines.afterCancelMs, signal });
  const moves = states.flatMap(({ entry }) =>
    toMove(store, entry, entry.from).map((move) => ({
      ...move,
      // Whoever deleted the old image has deleted its journal tag, too.
      isFromUnknown: entry.from === undefined && !entry.isNew,
      isRemoved: entry.isRemoved,
    })),
  );
  return await undoMoves(store, moves, { run, deadlines, deadline, onWarning });
}

/** Creates the tags that an undo has removed and did not create again. */
async function recreateRemoved(
  { store, options: { deadlines, signal } }: RecoveryContext,
  states: readonly TagState[],
): Promise<readonly string[]> {
  using deadline = startPhase(store.host, deadlines.undoMs, { afterCancelMs: deadlines.afterCancelMs, signal });
  const references: string[] = [];
  for (const { entry, state } of states) {
    const { repository, tag, from } = entry;
    if (state !== 'removed' || from === undefined) continue;
    try {
      await store.create(repository, from, tag, deadline.requestOptions(deadlines.requestMs));
      references.push(`${store.host}/${repository}:${tag}`);
    } catch (error) {
      // Somebody else has created the tag in the meantime.
      if (!hasErrorCode(error, 'TAG_EXISTS')) throw deadline.explain(error);
    }
  }
  return references;
}

/** Closes the journal of a run. If that fails, the next run does it. */
async function closeJournalOf(
  { store, repositories, options: { deadlines, signal, onWarning } }: RecoveryContext,
  run: string,
): Promise<void> {
  using deadline = startPhase(store.host, deadlines.undoMs, { afterCancelMs: deadlines.afterCancelMs, signal });
  const request = deadline.requestOptions(deadlines.requestMs);
  try {
    const journal = (await readJournals(store, repositories, request)).find((each) => each.run === run);
    if (journal !== undefined) await closeJournal(store, journal, request);
  } catch (error) {
    onWarning(
      `the promotion journal of ${run} (tags ${run}.*) could not be removed: ${reasonOf(deadline.explain(error))}`,
    );
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
