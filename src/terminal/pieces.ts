import { clipEnd, widthOf } from './width.ts';

/** A piece of a line: a text, or a text and what colors it. */
export type Piece = string | readonly [text: string, paint: (text: string) => string];

/** Joins pieces into one line, cut to the width of the terminal. */
export function joinPieces(pieces: readonly Piece[], columns: number): string {
  let left = columns;
  let line = '';
  for (const piece of pieces) {
    if (left <= 0) break;
    const [text, paint] = typeof piece === 'string' ? [piece, (plain: string) => plain] : piece;
    const cut = clipEnd(text, left);
    line += paint(cut);
    left = cut === text ? left - widthOf(text) : 0;
  }
  return line.trimEnd();
}
