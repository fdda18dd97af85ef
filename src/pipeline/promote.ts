import type { Promotion, Recovery, TagConflict } from '../pipeline-run.ts';
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
}

export type PromoteResult =
  | { readonly kind: 'promoted'; readonly promotions: ReadonlyMap<string, Promotion> }
  /** Nothing was moved, for a tag is not what it was; or, `late`, all were moved, and one was moved again by somebody else. */
  | { readonly kind: 'conflict'; readonly late: boolean; readonly conflicts: readonly TagConflict[] }
  /** Nothing was moved: the registry's own policy refuses an image. */
  | {
      readonly kind: 'refused';
      readonly refusals: readonly { readonly candidate: Candidate; readonly reason: string }[];
    };

/**
 * Moves the public tags, all or none.
 *
 * @throws {ObjDockerError} what the first failure was; `details.restored` and `details.notRestored` are the public references that
 * had been moved by then, and whether they were put back.
 */
export async function promote(
  _store: TagStore,
  _candidates: readonly Candidate[],
  _options: PromoteOptions,
): Promise<PromoteResult> {
  throw new Error('not yet');
}
