import { stripVTControlCharacters } from 'node:util';
import { widthOf } from './width.ts';

/** What a line starts with that its other lines are to hang under: indentation, and the mark of a list. */
const LEAD = /^\s*(?:[✓✗!•=-] )?/;
/** An excerpt of a file or a log: it stays as it is. */
const QUOTED = /^\s*(?:\d+ )?\|/;

/**
 * Breaks lines between words so that they fit on a terminal, the rest of a line indented below its start. A word that is
 * too long stays whole, so that a path or a reference can be copied.
 *
 * @param columns the terminal's width; undefined for what is no terminal, where lines stay as they are
 */
export function wrap(text: string, columns: number | undefined): string {
  if (columns === undefined) return text;
  return text
    .split('\n')
    .map((line) => wrapLine(line, columns))
    .join('\n');
}

function wrapLine(line: string, columns: number): string {
  const plain = stripVTControlCharacters(line);
  if (widthOf(plain) <= columns || QUOTED.test(plain)) return line;
  const indent = ' '.repeat((LEAD.exec(plain)?.[0].length ?? 0) || 2);
  const start = line.length - line.trimStart().length;
  const lines: string[] = [];
  let current = line.slice(0, start);
  let isFresh = true;
  for (const word of line.slice(start).split(' ')) {
    const longer = isFresh ? current + word : `${current} ${word}`;
    if (!isFresh && widthOf(stripVTControlCharacters(longer)) > columns) {
      lines.push(current);
      current = indent + word;
    } else current = longer;
    isFresh = false;
  }
  return [...lines, current].join('\n');
}
