import { throwIfCancelled } from '../../lib/operation.ts';
import { pause } from '../../lib/retry.ts';
import type { Recovery } from '../../model/pipeline-run.ts';
import { PROMOTION_PACE, type PromotionPace, startPhase } from './deadlines.ts';
import { promotionFailure } from './failure.ts';
import { endNotes, isClosed, isCode, type NotedTag, type RunNotes, readNotes } from './journal.ts';
import {
  doMoves,
  isFinal,
  type MovesOutcome,
  moveOn,
  type RestoreOutcome,
  restoreMoves,
  type TagMove,
} from './moves.ts';
import { type Assessment, assess, type TagState } from './state.ts';
import type { TagStore } from './tag-store.ts';

export interface RecoverOptions {
  /**
   * Repositories that are the package's by their names alone, of services that it no longer has, or of another package: only
   * runs that have left notes in the package's own, too, are looked for there. @default none
   */
  readonly former?: readonly string[] | undefined;
  readonly onWarning: (message: string) => void;
  /** Ends the looking; once tags are being moved it hurries only, as that of a promotion does. */
  readonly signal?: AbortSignal | undefined;
  /** @default the system's clock */
  readonly now?: (() => Date) | undefined;
  /** @default PROMOTION_PACE */
  readonly pace?: Partial<PromotionPace> | undefined;
}

/** Notes of a promotion that moved nothing yet are left for so long: its run may be alive on another machine. */
const MAY_BE_ALIVE_MS = 60 * 60_000;

/**
 * Finishes or restores what earlier runs of the package have left. A tag that somebody else has moved since is never touched.
 *
 * @param repositories of all services of the package, also when the run is about some of them
 * @throws {ObjDockerError} when tags stand for different runs, and can neither be moved on nor back now.
 */
export async function recover(
  store: TagStore,
  repositories: readonly string[],
  options: RecoverOptions,
): Promise<readonly Recovery[]> {
  const pace = { ...PROMOTION_PACE, ...options.pace };
  const calls = { signal: options.signal, timeoutMs: pace.requestMs };
  const own = new Set(repositories);
  const site = { store, repositories: [...own, ...(options.former ?? [])], options: { ...options, pace } };
  const recovered: Recovery[] = [];
  for (const notes of await readNotes(store, site.repositories, calls)) {
    if (isClosed(notes) || !notes.tags.some(({ repository }) => own.has(repository))) continue;
    const recovery = await recoverRun(site, notes);
    if (recovery !== undefined) recovered.push(recovery);
  }
  return recovered;
}

/** What the recovery of one run works with. */
interface Site {
  readonly store: TagStore;
  readonly repositories: readonly string[];
  readonly options: RecoverOptions & { readonly pace: PromotionPace };
}

async function recoverRun(site: Site, found: RunNotes): Promise<Recovery | undefined> {
  const settled = await settle(site, found);
  if (settled === undefined) return undefined;
  const { notes, assessment } = settled;
  const { run, time } = notes;
  const { onWarning, now = () => new Date() } = site.options;
  const end = async (action: Recovery['action'], references: readonly string[] = []): Promise<Recovery> => {
    await endAll(site, run);
    return { run, action, references };
  };
  if (assessment.isTornByHand) {
    onWarning(`a promotion of the run ${run} is half done, and its notes are not whole: nothing was moved for it`);
  }
  switch (assessment.kind) {
    case 'not-begun':
      if (now().getTime() - time.getTime() > MAY_BE_ALIVE_MS) return await end('not-begun');
      return { run, action: 'not-begun', references: [] };
    case 'complete':
      return await end('complete');
    case 'superseded':
    case 'restored':
      return await end(assessment.kind, await makeTakenOff(site, assessment.states));
    case 'half':
      return await finishOrRestore(site, notes, assessment.states, end);
  }
}

/** Looks at a half-done promotion until it stands still: it may be going on right now, on another machine. */
async function settle(
  { store, repositories, options: { pace, signal } }: Site,
  found: RunNotes,
): Promise<{ readonly notes: RunNotes; readonly assessment: Assessment } | undefined> {
  const calls = { signal, timeoutMs: pace.requestMs };
  let notes = found;
  let assessment = await assess(store, notes, calls);
  while (assessment.kind === 'half') {
    await pause(pace.settleMs, signal);
    const again = (await readNotes(store, repositories, calls)).find(({ run }) => run === found.run);
    if (again === undefined || isClosed(again)) return undefined;
    const before = JSON.stringify(assessment);
    notes = again;
    assessment = await assess(store, notes, calls);
    if (JSON.stringify(assessment) === before) break;
  }
  return { notes, assessment };
}

/** Moves the rest to new, which passed the gate; where that cannot be done, all back to old. */
async function finishOrRestore(
  site: Site,
  { run }: RunNotes,
  states: readonly TagState[],
  end: (action: Recovery['action'], references?: readonly string[]) => Promise<Recovery>,
): Promise<Recovery> {
  const { store, options } = site;
  throwIfCancelled(options.signal);
  const there = await moveRest(site, states);
  if (there.failure === undefined) return await end('finished', there.moved);
  const { error } = there.failure;
  if (error instanceof MovedByOther || isCode(error, 'TAG_EXISTS')) return await end('superseded', there.moved);

  const back = await restoreAll(site, run, states);
  if (back.failures.length === 0) {
    options.onWarning(`the promotion of ${run} could not be finished, and was undone: ${reasonOf(error)}`);
    const references = back.restored.map(({ reference }) => reference);
    // What nobody answered may be done yet: then the notes are what the next run goes by.
    return there.mayYetHappen ? { run, action: 'restored', references } : await end('restored', references);
  }
  const failure = promotionFailure(error, back);
  if (!isFinal(error) || !back.failures.every((each) => isFinal(each.error))) throw failure;
  options.onWarning(
    `the promotion of ${run} can neither be finished nor undone, and stays as it is at ${store.host}: ${reasonOf(failure)}`,
  );
  return await end('superseded', there.moved);
}

class MovedByOther extends Error {
  override readonly name = 'MovedByOther';
}

async function moveRest(
  { store, options: { pace, signal } }: Site,
  states: readonly TagState[],
): Promise<MovesOutcome & { readonly moved: readonly string[] }> {
  using deadline = startPhase(store.host, pace.movesMs, { hurriedMs: pace.hurriedMs, signal });
  const calls = deadline.calls(pace.requestMs);
  const moved: string[] = [];
  const behind = states.filter(({ state }) => state !== 'new');
  const outcome = await doMoves(
    behind.flatMap(({ noted, current }) => moveOf(store, noted, current)),
    async (move) => {
      try {
        // Once more: another machine may have finished this run meanwhile, and released another one.
        const current = await store.read(move.repository, move.tag, calls);
        if (current === move.to) return;
        if (current !== move.from) throw new MovedByOther(`${move.reference} was moved by somebody else`);
        await moveOn(store, move, calls);
        moved.push(move.reference);
      } catch (error) {
        throw deadline.explain(error);
      }
    },
  );
  return { ...outcome, moved };
}

function moveOf(store: TagStore, { repository, tag, to }: NotedTag, from: string | undefined): TagMove[] {
  return to === undefined ? [] : [{ repository, tag, reference: `${store.host}/${repository}:${tag}`, from, to }];
}

async function restoreAll(
  { store, options: { pace, signal, onWarning } }: Site,
  run: string,
  states: readonly TagState[],
): Promise<RestoreOutcome> {
  using deadline = startPhase(store.host, pace.backMs, { hurriedMs: pace.hurriedMs, signal });
  const moves = states.flatMap(({ noted }) =>
    moveOf(store, noted, noted.from).map((move) => ({
      ...move,
      // Whoever deleted the old image has taken its note along: then it is not known what to put back.
      isLost: noted.from === undefined && !noted.isNew,
      isTakenOff: noted.isTakenOff,
    })),
  );
  return await restoreMoves(store, moves, { run, pace, deadline, onWarning });
}

/** Makes tags again that the run has taken off in order to put them back. */
async function makeTakenOff(
  { store, options: { pace, signal } }: Site,
  states: readonly TagState[],
): Promise<readonly string[]> {
  using deadline = startPhase(store.host, pace.backMs, { hurriedMs: pace.hurriedMs, signal });
  const references: string[] = [];
  for (const { noted, state } of states) {
    const { repository, tag, from } = noted;
    if (state !== 'gone' || from === undefined) continue;
    try {
      await store.make(repository, from, tag, deadline.calls(pace.requestMs));
      references.push(`${store.host}/${repository}:${tag}`);
    } catch (error) {
      // Somebody else was faster.
      if (!isCode(error, 'TAG_EXISTS')) throw deadline.explain(error);
    }
  }
  return references;
}

/** Ends all notes of a run. Those that stay are looked at by the next run again. */
async function endAll({ store, repositories, options: { pace, signal, onWarning } }: Site, run: string): Promise<void> {
  using deadline = startPhase(store.host, pace.backMs, { hurriedMs: pace.hurriedMs, signal });
  const calls = deadline.calls(pace.requestMs);
  try {
    const notes = (await readNotes(store, repositories, calls)).find((each) => each.run === run);
    if (notes !== undefined) await endNotes(store, notes, calls);
  } catch (error) {
    onWarning(`the notes of the promotion of ${run} (tags ${run}.*) stay: ${reasonOf(deadline.explain(error))}`);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
