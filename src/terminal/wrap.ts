import { stripVTControlCharacters } from 'node:util';
import { widthOf } from './width.ts';

/** The start of a line that its continuation is indented by: spaces, and the bullet of a list. */
const LEAD = /^\s*(?:[✓✗!•=-] )?/;
/** Excerpts of files and logs, which are not wrapped. */
const QUOTED = /^\s*(?:\d+ )?\|/;

/**
 * Wraps lines between words, and indents the rest of a line below its start. A word that is too long is not broken, so that a
 * path or a reference can be copied.
 *
 * @param columns the terminal's width; undefined where there is no terminal: then lines are not wrapped
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
