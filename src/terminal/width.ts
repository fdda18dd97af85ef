const ASCII = /^[\x20-\x7e]*$/;
/** Drawn upon the character before them. */
const MARK = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
/** Drawn two columns wide: emoji, and the wide and full-width ranges of Unicode's East Asian Width. */
const WIDE =
  /^[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]$/u;

/** How many columns of a terminal a text takes that holds no control characters; never less than it does. */
export function widthOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  return [...text].reduce((width, character) => width + widthOfCharacter(character), 0);
}

/** The text, or as much of its beginning and end as fits, with an ellipsis between them: the ends tell names apart. */
export function clipMiddle(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  if (columns < 1) return '';
  const characters = [...text];
  const room = columns - 1;
  const start = take(characters, Math.ceil(room / 2));
  const end = take(characters.reverse(), room - Math.ceil(room / 2)).reverse();
  return `${start.join('')}…${end.join('')}`;
}

/** The text, or as much of its beginning as fits, with an ellipsis after it. */
export function clipEnd(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  return columns < 1 ? '' : `${take([...text], columns - 1).join('')}…`;
}

/** The text, or as much of its end as fits, with an ellipsis before it. */
export function clipStart(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  return columns < 1
    ? ''
    : `…${take([...text].reverse(), columns - 1)
        .reverse()
        .join('')}`;
}

/** {@link String.padEnd} in columns. */
export function padTo(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)));
}

function take(characters: readonly string[], columns: number): string[] {
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
