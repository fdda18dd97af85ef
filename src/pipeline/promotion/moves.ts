import pMap from 'p-map';
import { hasErrorCode, isObjDockerError } from '../../errors.ts';
import { HttpFailure } from '../../lib/http/failure.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import type { ManifestContent } from '../../registry/registry.ts';
import { CONCURRENCY } from './journal.ts';
import type { TagStore } from './tag-store.ts';

/** A public tag that moves to another image, with what an undo needs. */
export interface TagMove {
  readonly repository: string;
  readonly tag: string;
  /** The public reference. */
  readonly reference: string;
  /** What the tag points to before the move; absent for a new tag. */
  readonly from?: string | undefined;
  readonly to: string;
  /** The manifest of `from`; absent for a new tag, and until it has been fetched. */
  readonly oldManifest?: OldManifest | undefined;
  /** The manifest of `to`; absent until it has been fetched. */
  readonly newManifest?: ManifestContent | undefined;
  /** The journal has lost what the tag pointed to: the move cannot be undone. */
  readonly isFromUnknown?: boolean;
  /** An earlier undo has already removed the tag in order to create it again. */
  readonly isRemoved?: boolean;
}

/** `unreadable`: the registry has the manifest and lets nobody read it. */
export type OldManifest = ManifestContent | 'unreadable';

/** The manifest that a tag pointed to, if the registry lets anybody read it. */
export async function fetchOldManifest(
  store: TagStore,
  repository: string,
  digest: string,
  options: RequestOptions,
): Promise<OldManifest> {
  try {
    return await store.fetchManifest(repository, digest, options);
  } catch (error) {
    if (!hasErrorCode(error, 'PULL_PREVENTED')) throw error;
    return 'unreadable';
  }
}

export interface MovesOutcome {
  /** The moves that were requested, whatever their result. */
  readonly attempted: readonly TagMove[];
  /** The first failure; no move was started after it. */
  readonly failure?: { readonly move: TagMove; readonly error: unknown };
  /** A request got no response: the registry may still move that tag. */
  readonly inDoubt: boolean;
}

/** Runs moves concurrently until one fails, and waits for those that have started. */
export async function runMoves(
  moves: readonly TagMove[],
  work: (move: TagMove) => Promise<void>,
): Promise<MovesOutcome> {
  const attempted: TagMove[] = [];
  let failure: MovesOutcome['failure'];
  let inDoubt = false;
  await pMap(
    moves,
    async (move) => {
      if (failure !== undefined) return;
      attempted.push(move);
      try {
        await work(move);
      } catch (error) {
        failure ??= { move, error };
        inDoubt ||= isInDoubt(error);
      }
    },
    { concurrency: CONCURRENCY },
  );
  return { attempted, inDoubt, ...(failure === undefined ? {} : { failure }) };
}

/** Whether the result of a request is unknown: it got no response, or only that of a proxy in front of the registry. */
function isInDoubt(error: unknown): boolean {
  if (hasErrorCode(error, 'TIMEOUT', 'CANCELLED')) return true;
  if (!isObjDockerError(error)) return false;
  if (error.cause instanceof HttpFailure) return error.cause.kind === 'timeout' || error.cause.kind === 'reset';
  return error.details.status === 502 || error.details.status === 504;
}

/**
 * Makes a public tag point to its new image.
 *
 * @throws {ObjDockerError} TAG_EXISTS when somebody else has created a new tag in the meantime
 */
export async function moveTag(store: TagStore, move: TagMove, options: RequestOptions): Promise<void> {
  const { repository, tag, from, to, newManifest } = move;
  if (from === undefined) return store.create(repository, to, tag, options);
  await store.move(repository, newManifest ?? (await store.fetchManifest(repository, to, options)), tag, options);
}

/** Whether another attempt would fail in the same way. */
export function isPermanent(error: unknown): boolean {
  return hasErrorCode(
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
