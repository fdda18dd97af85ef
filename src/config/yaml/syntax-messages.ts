/** Messages for the error codes of the YAML parser. Its own messages quote the text, which may be a password. */
const SYNTAX_MESSAGES: Readonly<Record<string, readonly [message: string, hint?: string]>> = {
  TAB_AS_INDENT: ['a tab is used as indentation', 'Replace the tab with spaces.'],
  BAD_ALIAS: ['an alias is malformed', 'Quote a text that starts with "*".'],
  ALIAS_PROPS: ['an alias has an anchor or a tag', 'Remove the anchor or the tag.'],
  BAD_COLLECTION_TYPE: ['a tag does not fit what follows it', 'Quote a text that starts with "!".'],
  BAD_DIRECTIVE: ['a "%" at the start of a line starts a YAML directive', 'Quote the text.'],
  BAD_DQ_ESCAPE: [
    'a double-quoted text contains an unknown escape',
    'Write "\\\\" for a backslash, or use single quotes.',
  ],
  BAD_INDENT: ['the indentation does not match the lines above', 'Start all keys of a mapping in the same column.'],
  BAD_SCALAR_START: ['a text starts with a reserved character', 'Quote the text.'],
  BLOCK_AS_IMPLICIT_KEY: ['a mapping starts where a value is expected', 'Quote a text that contains ": ".'],
  BLOCK_IN_FLOW: [
    'an indented block is inside {…} or […]',
    'Close the bracket, or write the whole value as an indented block.',
  ],
  DUPLICATE_KEY: ['the key is in the mapping twice', 'Remove one of the two.'],
  KEY_OVER_1024_CHARS: ['a key is longer than 1024 characters', 'Check for a missing quote or newline.'],
  MISSING_CHAR: [
    'a quote, bracket, comma, colon or space is missing',
    'Close the quote or bracket, and write a space after ":".',
  ],
  MULTILINE_IMPLICIT_KEY: ['a key has more than one line', 'Quote the text, or check the quotes of the line before.'],
  MULTIPLE_DOCS: ['the file has more than one YAML document', 'Remove the line "---" and everything after it.'],
  TAG_RESOLVE_FAILED: ['a tag is unknown', 'Quote a text that starts with "!".'],
  UNEXPECTED_TOKEN: ['unexpected text', 'Quote a text with special characters.'],
  RESOURCE_EXHAUSTION: ['the nesting is too deep'],
};

/** Returns the message and the hint for an error code of the YAML parser. */
export function syntaxMessage(code: string): { readonly message: string; readonly hint?: string } {
  const [message, hint] = (Object.hasOwn(SYNTAX_MESSAGES, code) ? SYNTAX_MESSAGES[code] : undefined) ?? [
    'the text cannot be parsed',
  ];
  return { message: `not valid YAML: ${message}`, ...(hint === undefined ? {} : { hint }) };
}
