import { ObjDockerError } from '../../errors.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';

/** Something in a config.yaml that is wrong (`error`) or looks wrong (`warning`). */
export interface ConfigIssue {
  readonly severity: 'error' | 'warning';
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
  /** The key: `homechoice.deployment.registry.port`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  /** The line, secrets masked and control characters shown as escapes. */
  readonly excerpt: string;
  /** What would be right. */
  readonly hint?: string;
  /** The package it is in; undefined where it concerns the whole file. */
  readonly package?: string;
}

/** A key of config.yaml, step by step from the top. */
export type KeyPath = readonly (string | number)[];

/** `homechoice.deployment.registry.mirrors["10.0.10.5:5000"].endpoint[0]` */
export function formatKeyPath(path: KeyPath): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      if (!/^[A-Za-z_][\w-]*$/.test(step)) {
        return `[${JSON.stringify(sanitizeLine(step.length > 80 ? `${step.slice(0, 79)}…` : step))}]`;
      }
      return index === 0 ? step : `.${step}`;
    })
    .join('');
}

/**
 * An issue as text of up to three lines: where and what, the line of the file, what would be right.
 *
 * @example
 * ```
 * config.yaml:12:13: error: homechoice.deployment.registry.port: "99999" is not a port
 *     12 |       port: 99999
 *        = A port is a number from 1 to 65535.
 * ```
 */
export function formatIssue(issue: ConfigIssue): string {
  const where = `${issue.file}:${issue.line}:${issue.column}: ${issue.severity}: `;
  const gutter = String(issue.line).padStart(6);
  return [
    `${where}${issue.path === '' ? '' : `${issue.path}: `}${issue.message}`,
    ...(issue.excerpt.trim() === '' ? [] : [`${gutter} | ${issue.excerpt}`]),
    ...(issue.hint === undefined ? [] : [`${' '.repeat(gutter.length)} = ${issue.hint}`]),
  ].join('\n');
}

/** Issues in the order of the file, each once. */
export function sortIssues(issues: readonly ConfigIssue[]): readonly ConfigIssue[] {
  const byText = new Map(
    issues.map((issue) => [`${issue.line}:${issue.column}:${issue.path}:${issue.message}`, issue]),
  );
  return [...byText.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}

/** The error that carries issues. Its message holds all of them, as {@link formatIssue} writes them; a single one's hint is its own. */
export function issuesError(issues: readonly ConfigIssue[]): ObjDockerError {
  const sorted = sortIssues(issues);
  const [only, ...more] = sorted;
  if (only !== undefined && more.length === 0) {
    const { hint, ...rest } = only;
    return new ObjDockerError('CONFIG_INVALID', formatIssue(rest), { hint, details: { issues: sorted } });
  }
  const message = [
    `${only?.file ?? 'the config file'} has ${sorted.length} problems:`,
    ...sorted.map(formatIssue),
  ].join('\n');
  const hint = 'Each problem says what would be right; "objdocker config check" looks at all packages of the file.';
  return new ObjDockerError('CONFIG_INVALID', message, { hint, details: { issues: sorted } });
}
