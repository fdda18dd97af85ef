import type { BuildMethod } from '../invocation.ts';

/** What happens during a build. */
export type BuildEvent =
  | {
      readonly type: 'invocation';
      readonly method: BuildMethod;
      /** What is run, for a POSIX shell. Holds no secret: build secrets travel by name. */
      readonly command: string;
    }
  | StepEvent
  | {
      readonly type: 'log';
      /** The step's id. */
      readonly id: string;
      readonly stream: 'stdout' | 'stderr';
      /** One line, known credentials masked, control characters as they came. */
      readonly line: string;
    }
  | {
      readonly type: 'transfer';
      readonly id: string;
      /** What is moved: a layer's digest, `transferring context`, … */
      readonly name: string;
      readonly currentBytes: number;
      readonly totalBytes?: number;
      readonly done: boolean;
    }
  | { readonly type: 'warning'; readonly message: string };

/** A step of the build, each time that its state changes. A step can start and end more than once (resolve, then pull). */
export interface StepEvent {
  readonly type: 'step';
  /** Stable over the step's life. */
  readonly id: string;
  readonly state: 'started' | 'cached' | 'done' | 'failed' | 'cancelled';
  /** As BuildKit names it, without the brackets in front: `RUN make`. */
  readonly instruction: string;
  readonly stage?: string;
  /** The image that it is built for; the first of them when several share the step. */
  readonly target?: string;
  readonly platform?: string;
  /** `2/5` within the stage. */
  readonly position?: string;
  /** BuildKit's own work (loading the context, resolving a base image) as against an instruction. */
  readonly internal: boolean;
  readonly durationMs?: number;
  readonly error?: string;
}

/** What a build made. */
export interface BuildResult {
  readonly method: BuildMethod;
  readonly images: readonly BuiltImage[];
  readonly durationMs: number;
  /** Instructions that were part of the build, and how many of them the cache had. */
  readonly steps: { readonly total: number; readonly cached: number };
}

export interface BuiltImage {
  readonly target?: string;
  readonly service?: string;
  readonly reference: string;
  readonly platforms: readonly string[];
  /** Whether the build pushed it; otherwise it was loaded into the engine. */
  readonly pushed: boolean;
  /** Digest of the manifest or index, as far as the builder knows it; an engine with the classic store makes it at the push. */
  readonly digest?: string;
  /** What the engine calls the loaded image. */
  readonly imageId?: string;
  /** From the first step for it to the last; steps that images share count for the one that BuildKit names. */
  readonly durationMs?: number;
}
