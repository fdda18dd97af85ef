import type { BuildMethod } from '../invocation.ts';

/** An event of a build. */
export type BuildEvent =
  | {
      readonly type: 'invocation';
      readonly method: BuildMethod;
      /** The command that runs, for a POSIX shell. Contains no secret: build secrets are passed by name. */
      readonly command: string;
    }
  | StepEvent
  | {
      readonly type: 'log';
      /** The step's id. */
      readonly id: string;
      readonly stream: 'stdout' | 'stderr';
      /** One line. Known credentials are masked; control characters are kept. */
      readonly line: string;
    }
  | {
      readonly type: 'transfer';
      readonly id: string;
      /** What is transferred: the digest of a layer, `transferring context`. */
      readonly name: string;
      readonly currentBytes: number;
      readonly totalBytes?: number;
      readonly done: boolean;
    }
  | { readonly type: 'warning'; readonly message: string };

/** A change of a step's state. A step can start and end more than once (resolve, then pull). */
export interface StepEvent {
  readonly type: 'step';
  /** The same in all events of a step. */
  readonly id: string;
  readonly state: 'started' | 'cached' | 'done' | 'failed' | 'cancelled';
  /** BuildKit's name of the step, without the brackets in front: `RUN make`. */
  readonly instruction: string;
  readonly stage?: string;
  /** The image that needs the step; the first one when several share it. */
  readonly target?: string;
  readonly platform?: string;
  /** Position in the stage: `2/5`. */
  readonly position?: string;
  /** True for BuildKit's own work (loading the context, resolving a base image), false for an instruction. */
  readonly internal: boolean;
  readonly durationMs?: number;
  readonly error?: string;
}

/** The result of a build. */
export interface BuildResult {
  readonly method: BuildMethod;
  readonly images: readonly BuiltImage[];
  readonly durationMs: number;
  /** The number of instructions in the build, and how many of them were cached. */
  readonly steps: { readonly total: number; readonly cached: number };
}

export interface BuiltImage {
  readonly target?: string;
  readonly service?: string;
  readonly reference: string;
  readonly platforms: readonly string[];
  /** Whether the build pushed it. Otherwise it was loaded into the engine. */
  readonly pushed: boolean;
  /** Digest of the manifest or index, if the builder knows it. An engine with the classic store creates it at the push. */
  readonly digest?: string;
  /** The engine's id of the loaded image. */
  readonly imageId?: string;
  /** From its first step to its last. A shared step counts for the image that BuildKit names. */
  readonly durationMs?: number;
}
