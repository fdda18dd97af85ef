import { clipEnd, widthOf } from './width.ts';

/** A piece of a line, with its colour. */
export type Piece = string | readonly [text: string, paint: (text: string) => string];

/** The pieces as one line, cut where the terminal ends. */
export function joinPieces(pieces: readonly Piece[], columns: number): string {
  let room = columns;
  let line = '';
  for (const piece of pieces) {
    if (room <= 0) break;
    const [text, paint] = typeof piece === 'string' ? [piece, (plain: string) => plain] : piece;
    const cut = clipEnd(text, room);
    line += paint(cut);
    room = cut === text ? room - widthOf(text) : 0;
  }
  return line.trimEnd();
}
