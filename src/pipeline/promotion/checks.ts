import pMap from 'p-map';
import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import type { CallOptions } from '../../harbor/harbor.ts';
import type { TagConflict } from '../../model/pipeline-run.ts';
import { SIDE_BY_SIDE } from './journal.ts';
import { fetchOld, type TagMove } from './moves.ts';
import type { TagStore } from './tag-store.ts';

/** An image that is to get its public tag. */
export interface Candidate {
  /** With its project. */
  readonly repository: string;
  /** The public reference. */
  readonly reference: string;
  /** The public tag. */
  readonly tag: string;
  /** What passed the gate. */
  readonly digest: string;
  /** What the tag stood for when the run began; absent when there was none. */
  readonly previous?: string | undefined;
}

export interface Refusal {
  readonly candidate: Candidate;
  readonly reason: string;
}

/** Tags that are not what they were when the run began, and those that are to change. One that stands for the new image is fine. */
export async function findConflicts(
  store: TagStore,
  candidates: readonly Candidate[],
  options: CallOptions,
): Promise<{ readonly conflicts: readonly TagConflict[]; readonly changes: readonly Candidate[] }> {
  const found = await pMap(
    candidates,
    async (candidate) => ({ candidate, digest: await store.read(candidate.repository, candidate.tag, options) }),
    { concurrency: SIDE_BY_SIDE },
  );
  const changes = found.filter(({ candidate, digest }) => digest !== candidate.digest);
  return {
    conflicts: changes
      .filter(({ candidate, digest }) => digest !== candidate.previous)
      .map(({ candidate, digest }) => conflict(candidate.reference, candidate.previous, digest)),
    changes: changes.map(({ candidate }) => candidate),
  };
}

export function conflict(reference: string, expected: string | undefined, found: string | undefined): TagConflict {
  return { reference, ...(expected === undefined ? {} : { expected }), ...(found === undefined ? {} : { found }) };
}

/** @throws {ObjDockerError} TAG_IMMUTABLE when a rule of the registry keeps one of the tags from being moved. */
export async function refuseImmutable(
  store: TagStore,
  changes: readonly Candidate[],
  options: CallOptions,
): Promise<void> {
  const found = await pMap(
    changes,
    async ({ repository, tag, previous, reference }) =>
      previous !== undefined && (await store.isImmutable(repository, tag, options)) ? [reference] : [],
    { concurrency: SIDE_BY_SIDE },
  );
  const references = found.flat();
  if (references.length === 0) return;
  throw new ObjDockerError(
    'TAG_IMMUTABLE',
    `a rule of the project keeps ${references.join(', ')} from being moved: nothing was promoted`,
    {
      hint: 'Give the release a tag of its own (--tag, deployment.image.tag), or change the rule in Harbor (Policy, Tag Immutability).',
      details: { references },
    },
  );
}

/** The manifests of all new images, which the registry may refuse, and of the old ones, for the way back. */
export async function fetchManifests(
  store: TagStore,
  candidates: readonly Candidate[],
  changes: readonly Candidate[],
  { onWarning, ...options }: CallOptions & { readonly onWarning: (message: string) => void },
): Promise<{ readonly moves: readonly TagMove[] } | { readonly refusals: readonly Refusal[] }> {
  const fetched = await pMap(
    candidates,
    async (candidate) => {
      try {
        return { candidate, manifest: await store.fetch(candidate.repository, candidate.digest, options) };
      } catch (error) {
        if (!isObjDockerError(error) || error.code !== 'PULL_PREVENTED') throw error;
        return { candidate, reason: error.message };
      }
    },
    { concurrency: SIDE_BY_SIDE },
  );
  const refusals = fetched.flatMap(({ candidate, reason }) => (reason === undefined ? [] : [{ candidate, reason }]));
  if (refusals.length > 0) return { refusals };

  const moves = await pMap(
    changes,
    async ({ repository, tag, reference, digest, previous }) => ({
      repository,
      tag,
      reference,
      from: previous,
      to: digest,
      newManifest: fetched.find(({ candidate }) => candidate.reference === reference)?.manifest,
      oldManifest: previous === undefined ? undefined : await fetchOld(store, repository, previous, options),
    }),
    { concurrency: SIDE_BY_SIDE },
  );
  const unreadable = moves.filter(({ oldManifest }) => oldManifest === 'unreadable');
  if (unreadable.length > 0 && moves.length > 1) {
    const names = unreadable.map(({ reference }) => reference).join(', ');
    onWarning(
      `the registry lets nobody read what ${names} stand${unreadable.length === 1 ? 's' : ''} for: should the promotion fail, putting it back takes the tag off for a moment`,
    );
  }
  return { moves };
}
