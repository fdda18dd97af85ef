import type { RuleViolation } from '../checks/rule-violations.ts';
import type { RunInstruction } from '../instructions/instruction.ts';
import type { Mount } from '../instructions/mounts.ts';
import type { Problem } from '../problem.ts';
import type { Platform } from '../values/platform.ts';

/** What a stage is at its end, when it is built. */
export interface StageState {
  /** ARGs and ENVs that its instructions see. */
  readonly variables: ReadonlyMap<string, string>;
  /** ENV of the image. */
  readonly env: ReadonlyMap<string, string>;
  /** ARGs that it declares or inherits, each declaration; undefined without a value. */
  readonly args: readonly DeclaredArg[];
  readonly platform: Platform;
  readonly workingDirectory: string;
  /** Whether a SHELL was given, and a WORKDIR. */
  readonly hasShell: boolean;
  readonly hasWorkdir: boolean;
  /** What it takes from the build context. */
  readonly contextPaths: readonly ContextPath[];
  /** The mounts of each RUN that has some, in order. */
  readonly runs: readonly RunMounts[];
}

export interface RunMounts {
  readonly instruction: RunInstruction;
  readonly mounts: readonly Mount[];
}

/** A problem of a stage. */
export interface StageProblem {
  readonly problem: Problem;
  /** False when a variable was not set that the image below may set. */
  readonly certain: boolean;
}

/** A stage after its instructions, also when some of them are wrong. */
export interface DispatchedStage {
  readonly state: StageState;
  readonly problems: readonly StageProblem[];
  /** What breaks BuildKit's checks. */
  readonly violations: readonly RuleViolation[];
}

export interface DeclaredArg {
  readonly name: string;
  readonly value: string | undefined;
  readonly origin: ArgOrigin;
  readonly line: number;
}

/** Where the value of an ARG comes from. */
export type ArgOrigin = 'build-arg' | 'default' | 'global' | 'unset';

/** A URL or a Git repository that ADD fetches. */
export interface RemoteSource {
  readonly written: string;
  /** With its variables filled in. */
  readonly source: string;
  /** The value of `--checksum`, variables filled in; empty without one. */
  readonly checksum: string;
}

export interface ContextPath {
  /** From the context's root, with a leading slash. */
  readonly path: string;
  readonly written: string;
  /** With its variables filled in, otherwise as written. */
  readonly filled: string;
  /** Whether every variable in it has a value that is known without the image below. */
  readonly known: boolean;
  readonly line: number;
  readonly instruction: 'COPY' | 'ADD' | 'RUN --mount';
}
