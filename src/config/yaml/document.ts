import { type Document, isMap, isScalar, LineCounter, parseDocument, type YAMLMap } from 'yaml';
import { type ConfigIssue, formatKeyPath, issuesError, type KeyPath } from '../validation/issues.ts';
import { createExcerpts, type Range } from './excerpt.ts';
import { tooDeepAt } from './nesting.ts';
import { meaningOf } from './syntax.ts';

/** What an issue says and where; {@link ConfigDocument.issue} adds file, line, column and excerpt. */
export interface Finding {
  readonly severity?: 'error' | 'warning' | undefined;
  readonly path: KeyPath;
  readonly message: string;
  readonly hint?: string | undefined;
  /** Where in the text; 0 without one. */
  readonly range?: Range | undefined;
  /** Whether what stands at `range` must not be shown. */
  readonly masked?: readonly Range[] | undefined;
  readonly package?: string | undefined;
}

/** The parsed text of a config.yaml: a mapping at the top, YAML without errors. */
export interface ConfigDocument {
  readonly file: string;
  readonly yaml: Document;
  readonly root: YAMLMap;
  issue(finding: Finding): ConfigIssue;
}

/** No config.yaml that people write is longer; what is longer is another file handed over by mistake. */
export const SIZE_LIMIT = 4 * 1024 * 1024;

/**
 * Parses the text of a config.yaml.
 *
 * @throws {ObjDockerError} CONFIG_INVALID with every syntax problem: not YAML, tabs, several documents, empty, not a mapping.
 */
export function parseConfigText(text: string, file: string): ConfigDocument {
  const deep = tooDeepAt(text);
  if (deep !== undefined) throw issuesError([tooDeep(text, deep, file)]);
  const lineCounter = new LineCounter();
  // Duplicate keys are looked for where the file is ours; the parser would refuse other tools' parts as well.
  const yaml = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false, logLevel: 'error' });
  const excerpts = createExcerpts(text, yaml);
  const issue = (finding: Finding): ConfigIssue => {
    const offset = Math.min(finding.range?.[0] ?? 0, text.length);
    const { line, col } = lineCounter.lineStarts.length === 0 ? { line: 1, col: 1 } : lineCounter.linePos(offset);
    return {
      severity: finding.severity ?? 'error',
      file,
      line: Math.max(1, line),
      column: Math.max(1, col),
      path: formatKeyPath(finding.path),
      message: finding.message,
      excerpt: excerpts.at(offset, finding.masked),
      ...(finding.hint === undefined ? {} : { hint: finding.hint }),
      ...(finding.package === undefined ? {} : { package: finding.package }),
    };
  };

  const findings = syntaxFindings(yaml);
  if (findings.length > 0) throw issuesError(findings.map(issue));
  if (!isMap(yaml.contents)) throw issuesError([issue(notMapping(yaml))]);
  return { file, yaml, root: yaml.contents, issue };
}

function tooDeep(text: string, offset: number, file: string): ConfigIssue {
  const line = text.slice(0, offset).split('\n').length;
  const column = offset - text.lastIndexOf('\n', offset - 1);
  const { message } = meaningOf('RESOURCE_EXHAUSTION');
  return { severity: 'error', file, line, column, path: '', message, excerpt: '' };
}

function syntaxFindings(yaml: Document): readonly Finding[] {
  const byCode = new Map<string, Finding>();
  // One slip often makes a dozen errors: the first of each kind is what there is to repair.
  for (const { code, pos } of yaml.errors) {
    const { message, hint } = meaningOf(code);
    if (!byCode.has(code)) byCode.set(code, { path: [], message, hint, range: [pos[0], pos[1]] });
  }
  return [...byCode.values()];
}

function notMapping(yaml: Document): Finding {
  const { contents } = yaml;
  const empty = contents === null || (isScalar(contents) && contents.value === null);
  const found = empty ? 'is empty' : isScalar(contents) ? 'holds one text' : 'holds a list';
  return {
    path: [],
    message: `the file ${found}, and should be a mapping with a package in it`,
    hint: 'Write a top-level key with "deployment:" and, below it, "registry:" and "image:".',
    ...(contents?.range
      ? { range: [contents.range[0], contents.range[1]], masked: [[contents.range[0], contents.range[1]]] }
      : {}),
  };
}
