import { ObjDockerError } from '../../errors.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';

/** A problem in a config.yaml. With a `warning` the config can still be used. */
export interface ConfigIssue {
  readonly severity: 'error' | 'warning';
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
  /** The key: `homechoice.deployment.registry.port`. Empty for the whole file. */
  readonly path: string;
  readonly message: string;
  /** The line in the file, with secrets masked and control characters escaped. */
  readonly excerpt: string;
  /** How to correct it. */
  readonly hint?: string;
  /** The package that has the problem. Undefined when it concerns all packages. */
  readonly package?: string;
}

/** The path of a key from the top of config.yaml. */
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
 * Formats an issue in up to three lines: the position and the message, the line of the file, and the hint.
 *
 * @param options.severity whether it says "error" or "warning", which is not for text that begins with that word @default true
 * @example
 * ```
 * config.yaml:12:13: error: homechoice.deployment.registry.port: "99999" is not a port
 *     12 |       port: 99999
 *        = A port is a number from 1 to 65535.
 * ```
 */
export function formatIssue(issue: ConfigIssue, { severity = true }: { readonly severity?: boolean } = {}): string {
  const where = `${issue.file}:${issue.line}:${issue.column}: ${severity ? `${issue.severity}: ` : ''}`;
  const gutter = String(issue.line).padStart(6);
  return [
    `${where}${issue.path === '' ? '' : `${issue.path}: `}${issue.message}`,
    ...(issue.excerpt.trim() === '' ? [] : [`${gutter} | ${issue.excerpt}`]),
    ...(issue.hint === undefined ? [] : [`${' '.repeat(gutter.length)} = ${issue.hint}`]),
  ].join('\n');
}

/** Sorts issues by their position in the file, and removes duplicates. */
export function sortIssues(issues: readonly ConfigIssue[]): readonly ConfigIssue[] {
  const byText = new Map(
    issues.map((issue) => [`${issue.line}:${issue.column}:${issue.path}:${issue.message}`, issue]),
  );
  return [...byText.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}

/** Creates the error for a list of issues. Its message has all of them, formatted by {@link formatIssue}. */
export function issuesError(issues: readonly ConfigIssue[]): ObjDockerError {
  const sorted = sortIssues(issues);
  const [only, ...more] = sorted;
  if (only !== undefined && more.length === 0) {
    const { hint, ...rest } = only;
    return new ObjDockerError('CONFIG_INVALID', formatIssue(rest), { hint, details: { issues: sorted } });
  }
  const message = [
    `${only?.file ?? 'the config file'} has ${sorted.length} problems:`,
    ...sorted.map((issue) => formatIssue(issue)),
  ].join('\n');
  const hint = 'Correct each problem as its hint says. "objdocker config check" checks all packages of the file.';
  return new ObjDockerError('CONFIG_INVALID', message, { hint, details: { issues: sorted } });
}
