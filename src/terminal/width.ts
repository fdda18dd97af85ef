const ASCII = /^[\x20-\x7e]*$/;
/** Characters that are drawn on the one before them. */
const MARK = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
/** Characters that are two columns wide: emoji, and the wide and full-width ranges of Unicode's East Asian Width. */
const WIDE =
  /^[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]$/u;

/** How many columns a text without control characters takes on a terminal; where in doubt, the greater number. */
export function widthOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  return [...text].reduce((width, character) => width + widthOfCharacter(character), 0);
}

/** Cuts the middle out of a text that is too wide and puts an ellipsis there: the ends tell names apart. */
export function clipMiddle(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  if (columns < 1) return '';
  const characters = [...text];
  const left = Math.ceil((columns - 1) / 2);
  const start = takeColumns(characters, left);
  const end = takeColumns(characters.reverse(), columns - 1 - left).reverse();
  return `${start.join('')}…${end.join('')}`;
}

/** Cuts the end off a text that is too wide and puts an ellipsis there. */
export function clipEnd(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  return columns < 1 ? '' : `${takeColumns([...text], columns - 1).join('')}…`;
}

/** Cuts the start off a text that is too wide and puts an ellipsis there. */
export function clipStart(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  return columns < 1
    ? ''
    : `…${takeColumns([...text].reverse(), columns - 1)
        .reverse()
        .join('')}`;
}

/** Pads a text with spaces to a width in columns. */
export function padTo(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)));
}

function takeColumns(characters: readonly string[], columns: number): string[] {
  const taken: string[] = [];
  let width = 0;
  for (const character of characters) {
    width += widthOfCharacter(character);
    if (width > columns) break;
    taken.push(character);
  }
  return taken;
}

function widthOfCharacter(character: string): number {
  if (MARK.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
