import pMap from 'p-map';
import { hasErrorCode, ObjDockerError } from '../../errors.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import type { TagConflict } from '../../model/pipeline-run.ts';
import { CONCURRENCY } from './journal.ts';
import { fetchOldManifest, type TagMove } from './moves.ts';
import type { TagStore } from './tag-store.ts';

/** An image to promote. */
export interface Candidate {
  /** With its project. */
  readonly repository: string;
  /** The public reference. */
  readonly reference: string;
  /** The public tag. */
  readonly tag: string;
  /** The image that passed the gate. */
  readonly digest: string;
  /** What the public tag pointed to when the run started; absent when there was no such tag. */
  readonly previous?: string | undefined;
}

export interface Refusal {
  readonly candidate: Candidate;
  readonly reason: string;
}

/**
 * Compares the public tags with the start of the run. `changes` are the tags that do not point to their new image yet; `conflicts`
 * are those of them that somebody else has moved since.
 */
export async function findConflicts(
  store: TagStore,
  candidates: readonly Candidate[],
  options: RequestOptions,
): Promise<{ readonly conflicts: readonly TagConflict[]; readonly changes: readonly Candidate[] }> {
  const found = await pMap(
    candidates,
    async (candidate) => ({ candidate, digest: await store.read(candidate.repository, candidate.tag, options) }),
    { concurrency: CONCURRENCY },
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

/** @throws {ObjDockerError} TAG_IMMUTABLE when a rule of the registry forbids to move one of the tags. */
export async function checkImmutable(
  store: TagStore,
  changes: readonly Candidate[],
  options: RequestOptions,
): Promise<void> {
  const found = await pMap(
    changes,
    async ({ repository, tag, previous, reference }) =>
      previous !== undefined && (await store.isImmutable(repository, tag, options)) ? [reference] : [],
    { concurrency: CONCURRENCY },
  );
  const references = found.flat();
  if (references.length === 0) return;
  throw new ObjDockerError(
    'TAG_IMMUTABLE',
    `an immutability rule of the project forbids to move ${references.join(', ')}: nothing was promoted`,
    {
      hint: 'Release under a new tag (--tag, deployment.image.tag), or change the rule in Harbor (Policy, Tag Immutability).',
      details: { references },
    },
  );
}

/** Fetches the manifests of all new images, which the registry may refuse, and of the old ones, which an undo needs. */
export async function fetchManifests(
  store: TagStore,
  candidates: readonly Candidate[],
  changes: readonly Candidate[],
  { onWarning, ...options }: RequestOptions & { readonly onWarning: (message: string) => void },
): Promise<{ readonly moves: readonly TagMove[] } | { readonly refusals: readonly Refusal[] }> {
  const fetched = await pMap(
    candidates,
    async (candidate) => {
      try {
        return { candidate, manifest: await store.fetchManifest(candidate.repository, candidate.digest, options) };
      } catch (error) {
        if (!hasErrorCode(error, 'PULL_PREVENTED')) throw error;
        return { candidate, reason: error.message };
      }
    },
    { concurrency: CONCURRENCY },
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
      oldManifest: previous === undefined ? undefined : await fetchOldManifest(store, repository, previous, options),
    }),
    { concurrency: CONCURRENCY },
  );
  const unreadable = moves.filter(({ oldManifest }) => oldManifest === 'unreadable');
  if (unreadable.length > 0 && moves.length > 1) {
    const names = unreadable.map(({ reference }) => reference).join(', ');
    onWarning(
      `the registry lets nobody read the old image of ${names}: if the promotion fails, the undo removes the tag for a moment and creates it again`,
    );
  }
  return { moves };
}
