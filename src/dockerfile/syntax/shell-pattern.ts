import { ValueError } from '../problem.ts';

/**
 * A pattern of the shell (`*` and `?`, escaped by a backslash; no brackets) as a regular expression.
 *
 * @param greedy whether `*` takes as much as it can
 * @throws {ValueError} for a backslash before anything but `*`, `?`, `\`, `/` and `}`.
 */
function shellPattern(pattern: string, options: { greedy: boolean; anchored: boolean; all?: boolean }): RegExp {
  const characters = Array.from(pattern);
  let source = options.anchored ? '^' : '';
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? '';
    if (character === '*') source += options.greedy ? '[^\\n]*' : '[^\\n]*?';
    else if (character === '?') source += '[^\\n]';
    else if (character === '\\') {
      const next = characters[at + 1];
      // Within ${…} these must be escaped, which does not make the escape a part of the pattern.
      if (next === '}' || next === '/') continue;
      if (next !== '*' && next !== '?' && next !== '\\')
        throw new ValueError(
          `the pattern ${JSON.stringify(pattern)} has a backslash before ${nameOf(next)}`,
          'Remove it, or write it twice for the character itself.',
        );
      source += `\\${next}`;
      at++;
    } else source += character.replace(/[$()*+.?[\\\]^{|}/]/, '\\$&');
  }
  return new RegExp(source, options.all === true ? 'gu' : 'u');
}

function nameOf(character: string | undefined): string {
  return character === undefined ? 'nothing' : JSON.stringify(character);
}

/** `${value#pattern}` and `${value##pattern}`. */
export function trimStart(value: string, pattern: string, greedy: boolean): string {
  const match = shellPattern(pattern, { greedy, anchored: true }).exec(value);
  return match === null ? value : value.slice(match[0].length);
}

/** `${value%pattern}` and `${value%%pattern}`: a match at the end is a match at the start of everything reversed. */
export function trimEnd(value: string, pattern: string, greedy: boolean): string {
  return reverse(trimStart(reverse(value), reversePattern(pattern), greedy));
}

function reverse(text: string): string {
  return Array.from(text).reverse().join('');
}

/** Keeps an escape before the character that it escapes. */
function reversePattern(pattern: string): string {
  const units = pattern.match(/\\.|./gsu) ?? [];
  return units.reverse().join('');
}

/** `${value/pattern/replacement}` and `${value//pattern/replacement}`. */
export function replacePattern(value: string, pattern: string, replacement: string, all: boolean): string {
  const expression = shellPattern(pattern, { greedy: true, anchored: false, all });
  if (!all) return value.replace(expression, () => replacement);
  let replaced = '';
  let end = 0;
  let behindMatch = -1;
  for (const match of value.matchAll(expression)) {
    // An empty match right behind another one does not count.
    if (match[0] === '' && match.index === behindMatch) continue;
    replaced += value.slice(end, match.index) + expandTemplate(replacement, match[0]);
    end = match.index + match[0].length;
    behindMatch = end;
  }
  return replaced + value.slice(end);
}

/** In the form that replaces all matches BuildKit takes `$0` and `${0}` for the match, and any other `$name` for nothing. */
function expandTemplate(template: string, match: string): string {
  return template.replace(
    /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu,
    (whole, braced?: string, bare?: string) => {
      if (whole === '$$') return '$';
      return (braced ?? bare) === '0' ? match : '';
    },
  );
}
