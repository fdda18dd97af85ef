/** What the YAML parser's codes mean to somebody who wrote a config.yaml. Its own messages quote the text, which may be a password. */
const MEANINGS: Readonly<Record<string, readonly [message: string, hint?: string]>> = {
  TAB_AS_INDENT: ['a tab is used as indentation', 'YAML is indented with spaces; replace the tab.'],
  BAD_ALIAS: ['an alias is malformed', 'A text that starts with "*" must be quoted.'],
  ALIAS_PROPS: ['an alias has an anchor or a tag of its own'],
  BAD_COLLECTION_TYPE: ['a tag does not fit what follows it', 'A text that starts with "!" must be quoted.'],
  BAD_DIRECTIVE: ['a "%" at the start of a line starts a YAML directive', 'Quote the text.'],
  BAD_DQ_ESCAPE: [
    'an escape in a double-quoted text is unknown',
    'Write "\\\\" for a backslash, or use single quotes.',
  ],
  BAD_INDENT: ['the indentation does not fit the lines above', 'Keys of one mapping start in the same column.'],
  BAD_SCALAR_START: ['a text starts with a character that YAML reserves', 'Quote the text.'],
  BLOCK_AS_IMPLICIT_KEY: ['a mapping starts where a value is expected', 'Quote a text that holds ": ".'],
  BLOCK_IN_FLOW: ['an indented block stands inside {…} or […]', 'Close the bracket, or write the whole as a block.'],
  DUPLICATE_KEY: ['the key is written twice', 'Keep one of the two.'],
  KEY_OVER_1024_CHARS: ['a key is longer than 1024 characters'],
  MISSING_CHAR: ['a quote, bracket, comma, colon or space is missing', 'Close what was opened; a space follows ":".'],
  MULTILINE_IMPLICIT_KEY: ['a key goes over several lines', 'Quote the text, or check the quotes of the line before.'],
  MULTIPLE_DOCS: ['the file holds more than one YAML document', 'Remove the line "---" and what follows it.'],
  TAG_RESOLVE_FAILED: ['a tag is unknown', 'A text that starts with "!" must be quoted.'],
  UNEXPECTED_TOKEN: [
    'there is something here that YAML does not expect',
    'Quote a text that holds special characters.',
  ],
  RESOURCE_EXHAUSTION: ['the nesting is too deep'],
};

/** A YAML parser's error code as a message and, where one helps, a hint. */
export function meaningOf(code: string): { readonly message: string; readonly hint?: string } {
  const [message, hint] = (Object.hasOwn(MEANINGS, code) ? MEANINGS[code] : undefined) ?? ['this is not YAML'];
  return { message: `not valid YAML: ${message}`, ...(hint === undefined ? {} : { hint }) };
}
