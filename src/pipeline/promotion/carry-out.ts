import pMap from 'p-map';
import { hasErrorCode, ObjDockerError } from '../../errors.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import { throwIfCancelled } from '../../lib/operation.ts';
import { pause } from '../../lib/poll.ts';
import type { Promotion, TagConflict } from '../../model/pipeline-run.ts';
import type { ManifestContent } from '../../registry/registry.ts';
import { isImageTag } from '../../release/release-tags.ts';
import { readTag, type TaggedArtifact, type TagStore } from '../../release/store/tag-store.ts';
import type { WrittenTag } from './correct.ts';
import { type Deadline, type PromotionDeadlines, startPhase } from './deadlines.ts';
import { ReleaseEnded, type ReleaseGuard } from './guard.ts';
import { CONCURRENCY, isPermanent, type MovesOutcome, type ReleaseTags, runMoves, type TagMove } from './moves.ts';
import { promotionFailure, undoMoves } from './undo.ts';

/** A tag that keeps an image from being deleted as untagged. */
export interface KeepingTag {
  readonly repository: string;
  readonly digest: string;
  readonly tag: string;
  /** For the image that a public tag points to before the release: not needed when another release keeps it. */
  readonly isBefore: boolean;
}

export interface CarryOutOptions {
  readonly store: TagStore;
  readonly guard: ReleaseGuard;
  readonly tags: ReleaseTags;
  /** The tags to create before the first move. */
  readonly keeping: readonly KeepingTag[];
  /** What this run has just found the public tags to point to. @default they are read, and compared with the release */
  readonly found?: readonly FoundArtifact[] | undefined;
  /** By digest, those that are known. */
  readonly manifests: ReadonlyMap<string, ManifestContent>;
  /** False for the release of another run: a temporary failure leaves it open. */
  readonly isOwn: boolean;
  /** Looks at tags that were moved back: another machine may have gone on meanwhile. */
  readonly correct: (tags: readonly WrittenTag[]) => Promise<unknown>;
  readonly deadlines: PromotionDeadlines;
  readonly signal?: AbortSignal | undefined;
  /** `isOurs` is false for a tag that another process has moved for the same release. */
  readonly onPromotion: (move: TagMove, promotion: Promotion, isOurs: boolean) => void;
  readonly onWarning: (message: string) => void;
}

export type CarryOutResult =
  /** All public tags point to the images. `late`: those that somebody else has moved since. */
  | { readonly kind: 'done'; readonly moved: readonly TagMove[]; readonly late: readonly TagConflict[] }
  /** Somebody else had moved a tag, so nothing is moved, or all moves were undone. */
  | { readonly kind: 'conflict'; readonly conflicts: readonly TagConflict[] }
  /** Another process has ended the release; `attempted` are the moves that this one may have made. */
  | { readonly kind: 'overtaken'; readonly end: ReleaseEnded['end']; readonly attempted: readonly TagMove[] };

/**
 * Moves the public tags of a release that holds its number, all or none, and records the end. It does the same whoever carries the
 * release out, however far somebody else got.
 *
 * @throws {ObjDockerError} the first failure; `details.undone` and `details.notUndone` are the public references whose moves were,
 * and could not be, undone.
 */
export async function carryOut(options: CarryOutOptions): Promise<CarryOutResult> {
  const { store, guard, tags, isOwn, deadlines, signal } = options;
  const request = { signal, timeoutMs: deadlines.requestMs };
  try {
    await guard.check(request);
    const read = options.found === undefined ? await findTags(store, [...tags.moves, ...tags.unchanged], request) : [];
    const conflicts = foreignTags(read);
    if (conflicts.length > 0) return await undoFor(options, conflicts);
    await keepImages(options, options.found ?? read, request);
    throwIfCancelled(signal);
  } catch (error) {
    if (error instanceof ReleaseEnded) return { kind: 'overtaken', end: error.end, attempted: [] };
    if (isOwn || isPermanent(error)) return await undo(options, { error, attempted: [], inDoubt: false });
    throw error;
  }

  const { failure, attempted, inDoubt } = await moveAll(options);
  if (failure !== undefined) {
    if (failure.error instanceof ReleaseEnded) return { kind: 'overtaken', end: failure.error.end, attempted };
    if (isOwn || isPermanent(failure.error) || failure.error instanceof MovedByOther)
      return await undo(options, { error: failure.error, attempted, inDoubt });
    throw failure.error;
  }
  try {
    await recordEnd(options, (request) => guard.endDone(request));
  } catch (error) {
    if (error instanceof ReleaseEnded) return { kind: 'overtaken', end: error.end, attempted };
    options.onWarning(
      `all public tags were moved, but the end of the release could not be recorded; the next run does it: ${reasonOf(error)}`,
    );
  }
  return { kind: 'done', moved: attempted, late: await verify(options) };
}

/**
 * Reads the public tags after the end. A request of an earlier release that arrived late may have moved one back: it is moved again.
 *
 * @returns the tags that somebody else has moved
 */
async function verify({
  store,
  tags,
  correct,
  deadlines,
  signal,
  onWarning,
}: CarryOutOptions): Promise<readonly TagConflict[]> {
  using deadline = startPhase(store.host, deadlines.undoMs, { afterCancelMs: deadlines.afterCancelMs, signal });
  try {
    const found = await findTags(store, tags.moves, deadline.requestOptions(deadlines.requestMs));
    const wrong = found.filter(({ move, found }) => found?.digest !== move.to);
    const back = wrong.filter(({ move, found }) => found?.digest === move.from);
    await correct(back.map(({ move }) => ({ move, written: move.from })));
    return wrong
      .filter((each) => !back.includes(each))
      .map(({ move, found }) => conflictOf({ ...move, from: move.to }, found?.digest));
  } catch (error) {
    onWarning(
      `all public tags were moved, but could not be read back to check that they still point to these images: ${reasonOf(deadline.explain(error))}`,
    );
    return [];
  }
}

export interface FoundArtifact {
  readonly repository: string;
  readonly found: TaggedArtifact | undefined;
}

interface FoundMove extends FoundArtifact {
  readonly move: TagMove;
}

function findTags(store: TagStore, moves: readonly TagMove[], options: RequestOptions): Promise<FoundMove[]> {
  return pMap(
    moves,
    async (move) => ({
      move,
      repository: move.repository,
      found: await store.find(move.repository, move.tag, options),
    }),
    {
      concurrency: CONCURRENCY,
    },
  );
}

/** The tags that point neither to their old image nor to the new one. */
function foreignTags(found: readonly FoundMove[]): TagConflict[] {
  return found.flatMap(({ move, found }) =>
    found?.digest === move.to || found?.digest === move.from ? [] : [conflictOf(move, found?.digest)],
  );
}

function conflictOf({ reference, from }: TagMove, found: string | undefined): TagConflict {
  return { reference, ...(from === undefined ? {} : { expected: from }), ...(found === undefined ? {} : { found }) };
}

/** Creates the tags by which no gc can delete an image that the release needs, forward or back. */
async function keepImages(
  { store, keeping, onWarning }: CarryOutOptions,
  found: readonly FoundArtifact[],
  options: RequestOptions,
): Promise<void> {
  const known = new Map(
    found.flatMap(({ repository, found }) =>
      found?.tags === undefined ? [] : [[`${repository}@${found.digest}`, found.tags]],
    ),
  );
  await pMap(
    keeping,
    async ({ repository, digest, tag, isBefore }) => {
      const has = known
        .get(`${repository}@${digest}`)
        ?.some(({ name }) => name === tag || (isBefore && isImageTag(name)));
      if (has) return;
      try {
        await store.create(repository, digest, tag, options);
      } catch (error) {
        if (!isBefore || !hasErrorCode(error, 'PULL_PREVENTED', 'TAG_EXISTS')) throw error;
        onWarning(`${store.host}/${repository}@${digest} cannot be kept by the tag ${tag}: ${error.message}`);
      }
    },
    { concurrency: CONCURRENCY },
  );
}

class MovedByOther extends Error {
  override readonly name = 'MovedByOther';
  readonly conflict: TagConflict;

  constructor(conflict: TagConflict) {
    super(`${conflict.reference} was moved by somebody else`);
    this.conflict = conflict;
  }
}

async function moveAll(options: CarryOutOptions): Promise<MovesOutcome> {
  const { store, guard, deadlines, signal, tags, onPromotion } = options;
  using deadline = startPhase(store.host, deadlines.movesMs, { afterCancelMs: deadlines.afterCancelMs, signal });
  return await runMoves(tags.moves, async (move) => {
    try {
      const isOurs = await moveTag(options, move, deadline);
      onPromotion(move, move.from === undefined ? 'created' : 'moved', isOurs);
      await guard.check(deadline.requestOptions(deadlines.requestMs));
    } catch (error) {
      throw deadline.explain(error);
    }
  });
}

/**
 * Makes a public tag point to its new image. The look and the move share one short deadline.
 *
 * @returns false when it already did
 */
async function moveTag(
  { store, guard, deadlines, manifests }: CarryOutOptions,
  move: TagMove,
  deadline: Deadline,
): Promise<boolean> {
  const { repository, tag, reference, from, to } = move;
  const started = performance.now();
  const options = deadline.requestOptions(deadlines.requestMs);
  const remaining = (): RequestOptions => {
    const left = started + deadlines.moveMs - performance.now();
    if (left > 0)
      return { ...options, timeoutMs: Math.min(left, deadlines.requestMs), deadline: started + deadlines.moveMs };
    throw new ObjDockerError('TIMEOUT', `${reference} was not moved within ${deadlines.moveMs / 1000} seconds`, {
      hint: `Check the registry: objdocker registry ${store.host}`,
    });
  };
  const manifest =
    from === undefined ? undefined : (manifests.get(to) ?? (await store.fetchManifest(repository, to, options)));
  const [current] = await Promise.all([readTag(store, repository, tag, remaining()), guard.check(remaining())]);
  if (current === to) return false;
  if (current !== from) throw new MovedByOther(conflictOf(move, current));
  try {
    if (manifest === undefined) await store.create(repository, to, tag, remaining());
    else await store.move(repository, manifest, tag, remaining());
  } catch (error) {
    if (!hasErrorCode(error, 'TAG_EXISTS')) throw error;
    // Somebody has created the tag since it was read.
    const { digest } = error.details;
    throw new MovedByOther(conflictOf(move, typeof digest === 'string' ? digest : undefined));
  }
  return true;
}

interface Failed {
  readonly error: unknown;
  readonly attempted: readonly TagMove[];
  readonly inDoubt: boolean;
}

async function undo(options: CarryOutOptions, failed: Failed): Promise<CarryOutResult> {
  const { error, attempted } = failed;
  if (error instanceof MovedByOther) return await undoFor(options, [error.conflict], failed);
  // A tag that was created cannot be removed there: the next run creates the others, too.
  if (!options.store.canRemove && attempted.some(({ from }) => from === undefined))
    throw leftOpen(options, failed, error);
  return await undoAndThrow(options, failed);
}

/** The error of a release that stays open. */
function leftOpen({ onPromotion }: CarryOutOptions, { error, attempted }: Failed, cause: unknown): unknown {
  for (const move of attempted) onPromotion(move, 'in-doubt', true);
  const failures = attempted.map((move) => ({ move, error: cause }));
  return promotionFailure(error, { undone: [], foreign: [], failures });
}

/** Undoes the moves because of a conflict, which is a result. */
async function undoFor(
  options: CarryOutOptions,
  conflicts: readonly TagConflict[],
  failed: Failed = { error: undefined, attempted: [], inDoubt: false },
): Promise<CarryOutResult> {
  const names = conflicts.map(({ reference }) => reference).join(', ');
  const error = new ObjDockerError('TAG_EXISTS', `somebody else has moved ${names}`);
  try {
    return await undoAndThrow(options, { ...failed, error });
  } catch (thrown) {
    // All moves were undone: the conflict is the whole result.
    if (hasErrorCode(thrown, 'TAG_EXISTS') && (thrown.details.notUndone as readonly string[]).length === 0)
      return { kind: 'conflict', conflicts };
    throw thrown;
  }
}

/** Records that the release is undone, and then undoes the moves that were made or may have been. */
async function undoAndThrow(options: CarryOutOptions, { error, attempted, inDoubt }: Failed): Promise<CarryOutResult> {
  const { store, guard, deadlines, signal, onWarning, onPromotion } = options;
  // Whoever else carries the release out may have moved any of them.
  const { moves } = options.tags;
  using deadline = startPhase(store.host, deadlines.undoMs, { afterCancelMs: deadlines.afterCancelMs, signal });
  const request = deadline.requestOptions(deadlines.requestMs);
  try {
    await persist(() => guard.endUndone(reasonOf(error), request), deadlines, deadline);
  } catch (cause) {
    if (cause instanceof ReleaseEnded) return { kind: 'overtaken', end: cause.end, attempted };
    throw leftOpen(options, { error, attempted, inDoubt }, cause);
  }
  const undo = await undoMoves(store, moves, { deadlines, deadline, wasInterrupted: false, onWarning });
  for (const move of undo.undone) onPromotion(move, 'undone', true);
  await options.correct(undo.undone.map((move) => ({ move, written: move.from })));
  for (const { move } of undo.failures) onPromotion(move, 'in-doubt', true);
  // A request in doubt may still take effect after the undo: the next run looks again.
  if (undo.failures.length === 0 && !inDoubt) {
    await persist(() => guard.endUndo(request), deadlines, deadline).catch((cause: unknown) => {
      onWarning(
        `all moves were undone, but that could not be recorded; the next run does it: ${reasonOf(deadline.explain(cause))}`,
      );
    });
  }
  throw promotionFailure(error, undo);
}

/** Undoes what is left of a release of which the end says that it is undone. */
export async function finishUndo({
  store,
  guard,
  tags,
  correct,
  deadlines,
  signal,
  onWarning,
}: Omit<CarryOutOptions, 'keeping' | 'manifests' | 'isOwn' | 'onPromotion'>): Promise<readonly TagMove[]> {
  using deadline = startPhase(store.host, deadlines.undoMs, { afterCancelMs: deadlines.afterCancelMs, signal });
  const request = deadline.requestOptions(deadlines.requestMs);
  const undo = await undoMoves(store, tags.moves, { deadlines, deadline, wasInterrupted: true, onWarning });
  const [first] = undo.failures;
  if (first !== undefined && !undo.failures.every(({ error }) => isPermanent(error)))
    throw promotionFailure(first.error, undo);
  if (first !== undefined)
    onWarning(
      `${undo.failures.map(({ move }) => move.reference).join(', ')} cannot be moved back and stays: ${reasonOf(first.error)}`,
    );
  await correct(undo.undone.map((move) => ({ move, written: move.from })));
  await persist(() => guard.endUndo(request), deadlines, deadline);
  return undo.undone;
}

/** Ends a release as undone of which no tag was moved, if it `isLocked`. Never throws. */
export async function abandon(
  {
    store,
    guard,
    deadlines,
    signal,
    onWarning,
  }: Pick<CarryOutOptions, 'store' | 'guard' | 'deadlines' | 'signal' | 'onWarning'>,
  reason: unknown,
  isLocked: (request: RequestOptions) => Promise<boolean>,
): Promise<void> {
  using deadline = startPhase(store.host, deadlines.undoMs, { afterCancelMs: deadlines.afterCancelMs, signal });
  const request = deadline.requestOptions(deadlines.requestMs);
  try {
    await persist(
      async () => {
        if (!(await isLocked(request))) return;
        await guard.endUndone(reasonOf(reason), request);
        await guard.endUndo(request);
      },
      deadlines,
      deadline,
    );
  } catch (error) {
    onWarning(`the registry may have locked the release, and the next run would finish it: ${reasonOf(error)}`);
  }
}

/** Records an end. Retries temporary failures until the deadline. */
async function recordEnd(
  { store, deadlines, signal }: CarryOutOptions,
  record: (request: RequestOptions) => Promise<void>,
): Promise<void> {
  using deadline = startPhase(store.host, deadlines.undoMs, { afterCancelMs: deadlines.afterCancelMs, signal });
  await persist(() => record(deadline.requestOptions(deadlines.requestMs)), deadlines, deadline);
}

async function persist(work: () => Promise<void>, { retryMs }: PromotionDeadlines, deadline: Deadline): Promise<void> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ReleaseEnded || isPermanent(error) || deadline.signal.aborted) throw deadline.explain(error);
      await pause(retryMs, deadline.signal).catch(() => {});
    }
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
