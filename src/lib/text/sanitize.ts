// The packages strip-ansi and sanitize-filename remove what they find. Here it is shown instead: a user must see that a
// registry sent an escape sequence.

const PLAIN = /^[\t\n\x20-\x7e]*$/;

const UNPRINTABLE = new RegExp(
  [
    // C0 and C1 control characters, but for tab and newline.
    '[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]',
    // Invisible characters that hide, reorder or break text: bidirectional marks, line separators, tag characters.
    '[\\u00ad\\u061c\\u115f\\u1160\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]',
    '[\\u{e0000}-\\u{e007f}]',
    // Joiners, but for those inside of an emoji or of a word of a script that needs them.
    '(?<![^\\x00-\\x7f\\u200c\\u200d])[\\u200c\\u200d]',
    '[\\u200c\\u200d](?![^\\x00-\\x7f\\u200c\\u200d])',
    '\\p{Surrogate}',
  ].join('|'),
  'gu',
);

/** Shows control characters and invisible characters as escapes: `\e[31m`, `\u202e`. Tabs and newlines stay. */
export function escapeUnprintable(text: string): string {
  return replaceUnprintable(text, escapeCharacter);
}

/** Replaces each control character and invisible character. */
export function replaceUnprintable(text: string, replace: (character: string) => string): string {
  // Nearly all text is plain, and there may be a hundred megabytes of it.
  return PLAIN.test(text) ? text : text.replace(UNPRINTABLE, replace);
}

/**
 * Makes text that came from a server, an image or a build safe to print: {@link escapeUnprintable}, and what a CI system
 * would take for a workflow command (`::set-output`, `##[error]`, `##vso[`) is broken up.
 */
export function sanitize(text: string): string {
  return escapeUnprintable(text)
    .replace(/^(\s*):(?=:)/gm, '$1: ')
    .replace(/##(?=\[|vso\[)/gi, '# #');
}

/** {@link sanitize} for text that must stay on one line. */
export function sanitizeLine(text: string): string {
  return sanitize(text).replace(/\n/g, '\\n');
}

/** Text in double quotes for a message: cut at 80 characters, and safe to print on one line. */
export function quote(text: string): string {
  return `"${sanitizeLine(text.length > 80 ? `${text.slice(0, 79)}…` : text).replace(/\t/g, '\\t')}"`;
}

/** Shows every character that is not printable ASCII as an escape, for names that may hold nothing else. */
export function escapeNonAscii(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, escapeCharacter);
}

function escapeCharacter(character: string): string {
  if (character === '\r') return '\\r';
  if (character === '\u001b') return '\\e';
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0xd800 && code <= 0xdfff) return '\ufffd';
  const hex = code.toString(16);
  if (code > 0xffff) return `\\u{${hex}}`;
  return code < 256 ? `\\x${hex.padStart(2, '0')}` : `\\u${hex.padStart(4, '0')}`;
}
