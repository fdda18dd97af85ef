const TOKEN = /\\[\s\S]|\*+|\[[^\]]+\]|[\s\S]/gu;

/**
 * Whether a text matches a pattern of Harbor's rules for retention and immutability (kind `doublestar`): `*` is anything but a
 * slash, `**` as a whole component is any number of components, `?` one character, `{a,b}` either, `[a-z]` a class. The glob
 * libraries of Node differ: they exclude names that begin with a dot, and know `!(a)` and `+(a)`.
 *
 * @returns undefined for a pattern that Harbor rejects
 */
export function matchesPattern(pattern: string, text: string): boolean | undefined {
  // In Harbor an empty pattern matches any text.
  if (pattern === '') return true;
  try {
    return new RegExp(`^${translate(pattern)}$`, 'u').test(text);
  } catch {
    return undefined;
  }
}

function translate(pattern: string): string {
  const tokens = pattern.match(TOKEN) ?? [];
  let depth = 0;
  const sources = tokens.map((token, at) => {
    if (token === '**' && isEdge(tokens[at - 1]) && isEdge(tokens[at + 1]))
      return tokens[at + 1] === undefined ? '.*' : '(?:.*/)?';
    // Part of the component before it.
    if (token === '/' && tokens[at - 1] === '**' && isEdge(tokens[at - 2])) return '';
    if (token.startsWith('*')) return '[^/]*';
    if (token === '?') return '[^/]';
    if (token.startsWith('[')) return token.length > 1 ? characterClass(token.slice(1, -1)) : token;
    if (token === '{') {
      depth++;
      return '(?:';
    }
    if (token === ',' && depth > 0) return '|';
    if (token === '}' && depth > 0) {
      depth--;
      return ')';
    }
    return literal(token.replace(/^\\(?=.)/su, ''));
  });
  return sources.join('');
}

const isEdge = (token: string | undefined): boolean => token === undefined || token === '/';

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

function characterClass(inside: string): string {
  const [, not = '', characters = ''] = /^([!^]?)([\s\S]*)$/.exec(inside) ?? [];
  return `[${not === '' ? '' : '^'}${characters.replace(/[[\]^&|~]/g, '\\$&')}]`;
}
