import { clipEnd, widthOf } from './width.ts';

/** A part of a line: a text, or a text and what colors it. */
export type StyledText = string | readonly [text: string, paint: (text: string) => string];

/** Joins parts into one line, cut to the width of the terminal. */
export function joinStyledText(parts: readonly StyledText[], columns: number): string {
  let left = columns;
  let line = '';
  for (const part of parts) {
    if (left <= 0) break;
    const [text, paint] = typeof part === 'string' ? [part, (plain: string) => plain] : part;
    const cut = clipEnd(text, left);
    line += paint(cut);
    left = cut === text ? left - widthOf(text) : 0;
  }
  return line.trimEnd();
}
