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

interface Piece {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** An instruction on one line: continued lines are joined, comments between them left out. */
export class LogicalLine {
  readonly text: string;
  readonly #pieces: readonly Piece[];

  constructor(text: string, pieces: readonly Piece[]) {
    this.text = text;
    this.#pieces = pieces;
  }

  /** Where in the file a character of the instruction is. */
  positionAt(offset: number): Position {
    const piece = this.#pieces.findLast((each) => each.offset <= offset) ?? this.#pieces[0];
    if (piece === undefined) return { line: 1, column: 1 };
    return { line: piece.line, column: piece.column + Math.max(0, offset - piece.offset) };
  }
}
