/** How far BuildKit gets with a Dockerfile before it refuses it, in its order. */
export type Phase =
  /** Options of `# check=` or a rule that they make an error. */
  | 'lint'
  /** Lines, heredocs, words. */
  | 'parse'
  /** The grammar of one instruction. */
  | 'instruction'
  /** Arguments of FROM, stage numbers, circles. */
  | 'graph'
  /** Image names and ONBUILD triggers. */
  | 'resolve'
  /** An instruction of a stage that is built. */
  | 'dispatch';

/** Why BuildKit would refuse a Dockerfile, or one of its stages. */
export interface Problem {
  readonly phase: Phase;
  /** 1-based; 0 when the problem has no place in the file. */
  readonly line: number;
  readonly endLine: number;
  readonly message: string;
  /** What to do: a sentence. */
  readonly hint: string;
  /** The first version of the Dockerfile frontend that refuses it. @default every one */
  readonly since?: string;
  /** A heredoc that is none before BuildKit 0.22 (Dockerfile 1.16). */
  readonly spacedHeredoc?: boolean;
}

/** Carries a {@link Problem} to the function that reports it; never leaves this module. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** A mistake in a word or a value. The caller knows the instruction and its lines. */
export class ValueError extends Error {
  override readonly name = 'ValueError';
  /** What to do: a sentence. */
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** The lines that a problem belongs to. */
export interface LineRange {
  readonly line: number;
  readonly endLine: number;
}

/** Runs `read` and gives a {@link ValueError} of it the phase and the lines. */
export function locate<T>(phase: Phase, at: LineRange, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw located(phase, at, error);
  }
}

/** A {@link ValueError} with its phase and lines; any other error as it is. */
export function located(phase: Phase, at: LineRange, error: unknown): unknown {
  return error instanceof ValueError ? problemError(phase, at, error.message, error.hint) : error;
}

/** A problem of an instruction as an error. */
export function problemError(phase: Phase, { line, endLine }: LineRange, message: string, hint: string): ProblemError {
  return new ProblemError({ phase, line, endLine, message, hint });
}

/** A value for a message: in quotes, and no longer than a line. */
export function show(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
