import pMap from 'p-map';
import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import type { CallOptions } from '../../harbor/harbor.ts';
import { HttpFailure } from '../../lib/http/failure.ts';
import { pause } from '../../lib/retry.ts';
import type { ManifestContent } from '../../registry/registry.ts';
import type { Deadline, PromotionPace } from './deadlines.ts';
import { isCode, SIDE_BY_SIDE } from './journal.ts';
import { noteTag } from './staging-tag.ts';
import type { TagStore } from './tag-store.ts';

/** A public tag that is to stand for another image, and its way back. */
export interface TagMove {
  readonly repository: string;
  readonly tag: string;
  /** The public reference. */
  readonly reference: string;
  /** What it stands for; absent when there is no such tag. */
  readonly from?: string | undefined;
  readonly to: string;
  /** For the way back; absent for a tag that there is not, and when it has not been asked for yet. */
  readonly oldManifest?: OldManifest | undefined;
  /** For the way there; absent when it has not been asked for yet. */
  readonly newManifest?: ManifestContent | undefined;
  /** What it stood for before is not known any more: there is no way back. */
  readonly isLost?: boolean;
  /** It was taken off already, in order to be put back. */
  readonly isTakenOff?: boolean;
}

/** `unreadable`: the registry has it, and lets nobody read it. */
export type OldManifest = ManifestContent | 'unreadable';

/** What a tag stood for, as far as it may be read. */
export async function fetchOld(
  store: TagStore,
  repository: string,
  digest: string,
  options: CallOptions,
): Promise<OldManifest> {
  try {
    return await store.fetch(repository, digest, options);
  } catch (error) {
    if (!isCode(error, 'PULL_PREVENTED')) throw error;
    return 'unreadable';
  }
}

export interface MovesOutcome {
  /** Those that were asked for, in whatever way that ended. */
  readonly attempted: readonly TagMove[];
  /** The first failure, after which none was begun. */
  readonly failure?: { readonly move: TagMove; readonly error: unknown };
  /** A request was given up that the registry may have taken: what it asked for may be done later than anybody looks. */
  readonly mayYetHappen: boolean;
}

/** Does moves side by side until one fails, and waits for those that had begun. */
export async function doMoves(
  moves: readonly TagMove[],
  work: (move: TagMove) => Promise<void>,
): Promise<MovesOutcome> {
  const attempted: TagMove[] = [];
  let failure: MovesOutcome['failure'];
  let mayYetHappen = false;
  await pMap(
    moves,
    async (move) => {
      if (failure !== undefined) return;
      attempted.push(move);
      try {
        await work(move);
      } catch (error) {
        failure ??= { move, error };
        mayYetHappen ||= wasGivenUp(error);
      }
    },
    { concurrency: SIDE_BY_SIDE },
  );
  return { attempted, mayYetHappen, ...(failure === undefined ? {} : { failure }) };
}

/** Whether nobody knows what the registry did with a request: it got no answer, or only that of a proxy before it. */
function wasGivenUp(error: unknown): boolean {
  if (isCode(error, 'TIMEOUT', 'CANCELLED')) return true;
  if (!isObjDockerError(error)) return false;
  if (error.cause instanceof HttpFailure) return error.cause.kind === 'timeout' || error.cause.kind === 'reset';
  return error.details.status === 502 || error.details.status === 504;
}

/**
 * Makes a public tag stand for its new image.
 *
 * @throws {ObjDockerError} TAG_EXISTS when somebody else has made it meanwhile
 */
export async function moveOn(store: TagStore, move: TagMove, options: CallOptions): Promise<void> {
  const { repository, tag, from, to, newManifest } = move;
  if (from === undefined) return store.make(repository, to, tag, options);
  await store.move(repository, newManifest ?? (await store.fetch(repository, to, options)), tag, options);
}

export interface RestoreOutcome {
  /** Were put back now. */
  readonly restored: readonly TagMove[];
  /** Stand for something that is neither old nor new: somebody else's. */
  readonly foreign: readonly TagMove[];
  readonly failures: readonly { readonly move: TagMove; readonly error: unknown }[];
  /** Were taken off in order to be put back, so that there is a note of it. */
  readonly takenOff: ReadonlySet<TagMove>;
}

export interface RestoreOptions {
  readonly run: string;
  readonly pace: PromotionPace;
  readonly deadline: Deadline;
  readonly onWarning: (message: string) => void;
}

/** Puts public tags back that were moved, or may have been; goes on with what fails for a moment until its time is over. */
export async function restoreMoves(
  store: TagStore,
  moves: readonly TagMove[],
  { run, pace, deadline, onWarning }: RestoreOptions,
): Promise<RestoreOutcome> {
  const restored: TagMove[] = [];
  const foreign: TagMove[] = [];
  const failures: { move: TagMove; error: unknown }[] = [];
  const takenOff = new Set(moves.filter(({ isTakenOff }) => isTakenOff === true));
  const touched = new Set<TagMove>();
  const options = deadline.calls(pace.requestMs);

  const makeAgain = async (move: TagMove, from: string, current: string | undefined): Promise<void> => {
    const { repository, tag, reference } = move;
    if (!store.canRemove) throw cannotRemove(reference);
    if (!takenOff.has(move)) {
      onWarning(
        `${reference} is taken off for a moment and made again, for the registry lets nobody read the image that it stood for`,
      );
      await store.make(repository, from, noteTag(run, { direction: 'back', tag }), options);
      takenOff.add(move);
    }
    if (current !== undefined) await store.remove(repository, tag, options);
    await store.make(repository, from, tag, options);
  };

  const putBack = async (move: TagMove): Promise<void> => {
    const { repository, tag, from, to, reference } = move;
    const current = await store.read(repository, tag, options);
    if (current === from) {
      // The answer to the last try may have got lost.
      if (touched.has(move)) restored.push(move);
      return;
    }
    if (current !== to && !(current === undefined && takenOff.has(move))) {
      foreign.push(move);
      return;
    }
    touched.add(move);
    if (from === undefined) {
      if (move.isLost) throw lost(reference);
      if (!store.canRemove) throw cannotRemove(reference);
      await store.remove(repository, tag, options);
    } else {
      const manifest = move.oldManifest ?? (await fetchOld(store, repository, from, options));
      if (manifest === 'unreadable' || current === undefined) await makeAgain(move, from, current);
      else await store.move(repository, manifest, tag, options);
    }
    restored.push(move);
  };

  await pMap(
    moves,
    async (move) => {
      for (;;) {
        try {
          return await putBack(move);
        } catch (error) {
          if (isFinal(error) || deadline.signal.aborted) {
            failures.push({ move, error: deadline.explain(error) });
            return;
          }
          await pause(pace.againMs, deadline.signal).catch(() => {});
        }
      }
    },
    { concurrency: SIDE_BY_SIDE },
  );
  return { restored, foreign, failures, takenOff };
}

/** Whether trying again comes to the same. */
export function isFinal(error: unknown): boolean {
  return isCode(
    error,
    'ARTIFACT_NOT_FOUND',
    'REPOSITORY_NOT_FOUND',
    'PULL_PREVENTED',
    'TAG_IMMUTABLE',
    'TAG_EXISTS',
    'TAG_NOT_FOUND',
    'REGISTRY_FORBIDDEN',
    'REGISTRY_UNAUTHORIZED',
    'REGISTRY_READ_ONLY',
    'REGISTRY_QUOTA',
  );
}

function lost(reference: string): ObjDockerError {
  return new ObjDockerError('ARTIFACT_NOT_FOUND', `what ${reference} stood for before is not known any more`, {
    hint: 'The image has been deleted since: nothing can be put back.',
  });
}

function cannotRemove(reference: string): ObjDockerError {
  return new ObjDockerError('TAG_EXISTS', `${reference} cannot be taken off: the registry has no way to do so`, {
    hint: 'It is a new tag, of an image that passed: run the pipeline again.',
  });
}
