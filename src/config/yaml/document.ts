import { type Document, isMap, isScalar, Lexer, LineCounter, Parser, parseDocument, type YAMLMap } from 'yaml';
import { type ConfigIssue, formatKeyPath, issuesError, type KeyPath } from '../validation/issues.ts';
import { createExcerpts, type Range } from './excerpt.ts';
import { syntaxMessage } from './syntax-messages.ts';

/** An issue without file, line, column and excerpt. {@link ConfigDocument.issue} adds them. */
export interface ConfigProblem {
  readonly severity?: 'error' | 'warning' | undefined;
  readonly path: KeyPath;
  readonly message: string;
  readonly hint?: string | undefined;
  /** The position in the text. @default the start of the file */
  readonly range?: Range | undefined;
  /** Parts of the text that the excerpt must not show. */
  readonly masked?: readonly Range[] | undefined;
  readonly package?: string | undefined;
}

/** A parsed config.yaml: YAML without syntax errors, with a mapping at the top. */
export interface ConfigDocument {
  readonly file: string;
  readonly yaml: Document;
  readonly root: YAMLMap;
  issue(problem: ConfigProblem): ConfigIssue;
}

/** Larger than any real config.yaml, in bytes. A larger file is the wrong one. */
export const SIZE_LIMIT = 4 * 1024 * 1024;

// Deeper than any real config.yaml. The YAML parser recurses once per level. Near the end of the stack V8 ends the process
// without a RangeError when it compiles a regular expression.
const DEPTH_LIMIT = 200;

/**
 * Parses the text of a config.yaml.
 *
 * @throws {ObjDockerError} CONFIG_INVALID with all syntax errors; also when the text has several documents, is empty, or has no
 * mapping at the top.
 */
export function parseConfigText(text: string, file: string): ConfigDocument {
  const deep = tooDeepAt(text);
  if (deep !== undefined) throw issuesError([tooDeep(text, deep, file)]);
  const lineCounter = new LineCounter();
  // YamlReader finds duplicate keys. The parser would also reject duplicates in the parts of other tools.
  const yaml = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false, logLevel: 'error' });
  const excerpts = createExcerpts(text, yaml);
  const issue = (problem: ConfigProblem): ConfigIssue => {
    const offset = Math.min(problem.range?.[0] ?? 0, text.length);
    const { line, col } = lineCounter.lineStarts.length === 0 ? { line: 1, col: 1 } : lineCounter.linePos(offset);
    return {
      severity: problem.severity ?? 'error',
      file,
      line: Math.max(1, line),
      column: Math.max(1, col),
      path: formatKeyPath(problem.path),
      message: problem.message,
      excerpt: excerpts.at(offset, problem.masked),
      ...(problem.hint === undefined ? {} : { hint: problem.hint }),
      ...(problem.package === undefined ? {} : { package: problem.package }),
    };
  };

  const problems = syntaxProblems(yaml);
  if (problems.length > 0) throw issuesError(problems.map(issue));
  if (!isMap(yaml.contents)) throw issuesError([issue(notMapping(yaml))]);
  return { file, yaml, root: yaml.contents, issue };
}

/** Returns the offset where a YAML text is nested too deeply to be parsed, or undefined. It does not recurse. */
function tooDeepAt(text: string): number | undefined {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    // Only the depth of the parser's stack is of interest.
    for (const _ of parser.next(lexeme));
    if (parser.stack.length > DEPTH_LIMIT) return parser.stack.at(-1)?.offset ?? 0;
  }
  return undefined;
}

function tooDeep(text: string, offset: number, file: string): ConfigIssue {
  const line = text.slice(0, offset).split('\n').length;
  const column = offset - text.lastIndexOf('\n', offset - 1);
  const { message } = syntaxMessage('RESOURCE_EXHAUSTION');
  return { severity: 'error', file, line, column, path: '', message, excerpt: '' };
}

function syntaxProblems(yaml: Document): readonly ConfigProblem[] {
  const byCode = new Map<string, ConfigProblem>();
  // One mistake often causes a dozen errors. Report the first error with each code.
  for (const { code, pos } of yaml.errors) {
    const { message, hint } = syntaxMessage(code);
    if (!byCode.has(code)) byCode.set(code, { path: [], message, hint, range: [pos[0], pos[1]] });
  }
  return [...byCode.values()];
}

function notMapping(yaml: Document): ConfigProblem {
  const { contents } = yaml;
  const empty = contents === null || (isScalar(contents) && contents.value === null);
  const found = empty ? 'is empty' : isScalar(contents) ? 'contains only a text' : 'contains a list';
  return {
    path: [],
    message: `the file ${found}; it must be a mapping with a package in it`,
    hint: 'Add a top-level key with the name of the package. Put "deployment:" below it, and "registry:" and "image:" below that.',
    ...(contents?.range
      ? { range: [contents.range[0], contents.range[1]], masked: [[contents.range[0], contents.range[1]]] }
      : {}),
  };
}
