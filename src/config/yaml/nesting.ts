import { Lexer, Parser } from 'yaml';

// Nobody writes this many levels. The composer recurses once a level, and near the end of the stack V8 ends the whole
// process when a regular expression is compiled there: no RangeError to catch.
const DEPTH_LIMIT = 200;

/** Where a YAML text nests too deeply to be parsed, as an offset; undefined when it does not. Does not recurse itself. */
export function tooDeepAt(text: string): number | undefined {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    // The tokens are thrown away: only how many are open counts.
    for (const _ of parser.next(lexeme));
    if (parser.stack.length > DEPTH_LIMIT) return parser.stack.at(-1)?.offset ?? 0;
  }
  return undefined;
}
