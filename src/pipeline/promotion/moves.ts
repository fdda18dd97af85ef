import pMap from 'p-map';
import { hasErrorCode, isObjDockerError } from '../../errors.ts';
import { HttpFailure } from '../../lib/http/failure.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import type { ReleaseRecord } from '../../model/release.ts';
import type { ManifestContent } from '../../registry/registry.ts';
import type { TagStore } from '../../release/store/tag-store.ts';

/** How many repositories are handled at once. */
export const CONCURRENCY = 4;

/** A public tag that moves to another image. */
export interface TagMove {
  readonly repository: string;
  readonly tag: string;
  /** The public reference. */
  readonly reference: string;
  /** What the tag points to before the move; absent for a new tag. */
  readonly from?: string | undefined;
  readonly to: string;
}

/** The public tags of a release: those that it moves or creates, and those that point to its images already. */
export interface ReleaseTags {
  readonly moves: readonly TagMove[];
  readonly unchanged: readonly TagMove[];
}

/** The public tags that a record lists. */
export function tagsOfRecord(host: string, { services }: Pick<ReleaseRecord, 'services'>): ReleaseTags {
  const all = services.flatMap(({ repository, digest, tags }) =>
    tags.map(({ tag, before, action }) => ({
      action,
      move: { repository, tag, reference: `${host}/${repository}:${tag}`, from: before, to: digest },
    })),
  );
  return {
    moves: all.filter(({ action }) => action !== 'unchanged').map(({ move }) => move),
    unchanged: all.filter(({ action }) => action === 'unchanged').map(({ move }) => move),
  };
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

/** Moves existing tags first: their moves can be undone everywhere, while a new tag cannot be removed everywhere. */
export async function runMoves(
  moves: readonly TagMove[],
  work: (move: TagMove) => Promise<void>,
): Promise<MovesOutcome> {
  const existing = await runAtOnce(
    moves.filter(({ from }) => from !== undefined),
    work,
  );
  if (existing.failure !== undefined) return existing;
  const created = await runAtOnce(
    moves.filter(({ from }) => from === undefined),
    work,
  );
  return { ...created, attempted: [...existing.attempted, ...created.attempted] };
}

/** Runs moves concurrently until one fails, and waits for those that have started. */
async function runAtOnce(moves: readonly TagMove[], work: (move: TagMove) => Promise<void>): Promise<MovesOutcome> {
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
