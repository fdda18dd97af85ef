import type { LineRange } from '../problem.ts';
import type { ParsedInstruction } from '../syntax/parse.ts';
import type { SplitPair } from '../syntax/words.ts';
import type { Flags } from './flags.ts';

interface Common extends LineRange {
  /** Words, flags and their places in the file. */
  readonly parsed: ParsedInstruction;
}

/** `FROM image AS name` */
export interface FromInstruction extends Common {
  readonly keyword: 'FROM';
  /** As written; it may hold variables. */
  readonly base: string;
  /** Lower case. */
  readonly name?: string;
  /** The value of `--platform`, as written. */
  readonly platform?: string;
}

/** `COPY` and `ADD` */
export interface FilesInstruction extends Common {
  readonly keyword: 'COPY' | 'ADD';
  readonly flags: Flags;
  /** Paths and URLs, as written. */
  readonly sources: readonly string[];
  /** Heredocs that are sources. */
  readonly contents: readonly FileContent[];
  readonly destination: string;
}

/** A file whose content is in the Dockerfile. */
export interface FileContent {
  readonly name: string;
  readonly content: string;
  readonly expand: boolean;
}

/** `RUN` */
export interface RunInstruction extends Common {
  readonly keyword: 'RUN';
  readonly flags: Flags;
  /** The values of `--mount`, as written. */
  readonly mounts: readonly RunMount[];
}

/** A mount whose variables are not filled in. Mounts of the same text are one object. */
export interface RunMount {
  readonly flag: string;
  /** Empty without a `from`. */
  readonly from: string;
  readonly fields: readonly MountField[];
}

export interface MountField {
  readonly text: string;
  /** Lower case. */
  readonly key: string;
  /** Undefined without a `=`. */
  readonly value: string | undefined;
}

/** `ARG` */
export interface ArgInstruction extends Common {
  readonly keyword: 'ARG';
  readonly args: readonly ArgDeclaration[];
}

export interface ArgDeclaration {
  readonly name: string;
  /** As written; undefined for an ARG without one. */
  readonly default?: string;
}

/** `ENV` and `LABEL` */
export interface PairsInstruction extends Common {
  readonly keyword: 'ENV' | 'LABEL';
  readonly pairs: readonly SplitPair[];
}

/** `ONBUILD` */
export interface OnbuildInstruction extends Common {
  readonly keyword: 'ONBUILD';
  /** What the stage that builds on this one reads, heredocs included. */
  readonly trigger: string;
}

/** An instruction that makes neither files nor variables. */
export interface OtherInstruction extends Common {
  readonly keyword:
    | 'CMD'
    | 'ENTRYPOINT'
    | 'EXPOSE'
    | 'HEALTHCHECK'
    | 'MAINTAINER'
    | 'SHELL'
    | 'STOPSIGNAL'
    | 'USER'
    | 'VOLUME'
    | 'WORKDIR';
  readonly words: readonly string[];
}

/** An instruction that BuildKit takes. */
export type Instruction =
  | FromInstruction
  | FilesInstruction
  | RunInstruction
  | ArgInstruction
  | PairsInstruction
  | OnbuildInstruction
  | OtherInstruction;

/** What can follow the FROM of a stage. */
export type BodyInstruction = Exclude<Instruction, FromInstruction>;

/** The texts of an instruction's words. */
export function textsOf({ args }: ParsedInstruction): string[] {
  return args.map(({ text }) => text);
}
