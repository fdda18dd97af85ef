/** A place in a file. */
export interface Position {
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 code units. */
  readonly column: number;
}

/** A part of an instruction. The offsets count in {@link LogicalLine.text}. */
export interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Where a continued line begins in {@link LogicalLine.text}; its column in the file is 1. */
export interface Continuation {
  readonly offset: number;
  readonly line: number;
}

const NO_CONTINUATIONS: readonly Continuation[] = [];

/** An instruction on one line: continued lines are joined, comments between them left out. */
export class LogicalLine {
  readonly text: string;
  readonly #line: number;
  readonly #column: number;
  readonly #continuations: readonly Continuation[];

  constructor(text: string, line: number, column: number, continuations = NO_CONTINUATIONS) {
    this.text = text;
    this.#line = line;
    this.#column = column;
    this.#continuations = continuations;
  }

  /** Where in the file a character of the instruction is. */
  positionAt(offset: number): Position {
    const piece = this.#continuations.findLast((each) => each.offset <= offset);
    if (piece !== undefined) return { line: piece.line, column: 1 + offset - piece.offset };
    return { line: this.#line, column: this.#column + Math.max(0, offset) };
  }
}
