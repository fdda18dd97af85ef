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

/** Moves the public tags, all or none. */
export declare function promote(
  store: TagStore,
  candidates: readonly Candidate[],
  options: PromoteOptions,
): Promise<PromoteResult>;

/** Finishes or restores what earlier runs of the package have left. */
export declare function recover(
  store: TagStore,
  repositories: readonly string[],
  options: Pick<PromoteOptions, 'onWarning'> & { readonly signal?: AbortSignal },
): Promise<readonly Recovery[]>;
