import { isAbsolute, relative, resolve } from 'node:path';
import type { ConfigIssue } from '../../../config/validation/issues.ts';
import type { ObjDockerError } from '../../../errors.ts';
import type { Environment } from '../../../lib/environment.ts';
import { escapeUnprintable } from '../../../lib/text/sanitize.ts';

interface Place {
  /** @default 'error' */
  readonly severity?: 'error' | 'warning';
  readonly file: string;
  readonly line: number;
  readonly column?: number;
  readonly message: string;
}

/**
 * The places of an error as commands to GitHub Actions, which shows them at these lines of a pull request. None elsewhere, and none
 * for an error without a place. Files outside of the repository are left out.
 *
 * @see https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export function annotationsFor(
  error: ObjDockerError,
  environment: Pick<Environment, 'env' | 'cwd'>,
): readonly string[] {
  return annotate(placesOf(error), environment);
}

/** As {@link annotationsFor}, for problems of config.yaml, warnings included. */
export function annotationsForIssues(
  issues: readonly ConfigIssue[],
  environment: Pick<Environment, 'env' | 'cwd'>,
): readonly string[] {
  return annotate(issues.map(placeOfIssue), environment);
}

function annotate(places: readonly Place[], environment: Pick<Environment, 'env' | 'cwd'>): readonly string[] {
  const { env } = environment;
  if (env.GITHUB_ACTIONS !== 'true' || places.length === 0) return [];
  // Only now: the working folder may not exist any more, which is an error without a place.
  const { cwd } = environment;
  const root = env.GITHUB_WORKSPACE || cwd;
  return places.flatMap(({ severity = 'error', file, line, column, message }) => {
    const path = relative(root, resolve(cwd, file));
    if (path === '' || path.startsWith('..') || isAbsolute(path)) return [];
    const place = [`file=${property(path)}`, `line=${line}`, ...(column === undefined ? [] : [`col=${column}`])];
    return [`::${severity} ${place.join(',')}::${data(message)}`];
  });
}

function placesOf({ message, details }: ObjDockerError): readonly Place[] {
  if (Array.isArray(details.issues)) return details.issues.filter(isIssue).map(placeOfIssue);
  const file = details.file ?? details.dockerfile;
  const { line } = details;
  return typeof file === 'string' && typeof line === 'number' ? [{ file, line, message }] : [];
}

type Issue = Place & { readonly column: number; readonly path: string };

function placeOfIssue({ severity, file, line, column, path, message }: Issue): Place {
  return {
    ...(severity === undefined ? {} : { severity }),
    file,
    line,
    column,
    message: path === '' ? message : `${path}: ${message}`,
  };
}

function isIssue(value: unknown): value is Issue {
  if (typeof value !== 'object' || value === null) return false;
  const issue: Readonly<Record<string, unknown>> = { ...value };
  const hasText = ['file', 'path', 'message'].every((key) => typeof issue[key] === 'string');
  return hasText && typeof issue.line === 'number' && typeof issue.column === 'number';
}

/** GitHub's own escapes: without them text of a build could end the command, or begin another. */
function data(text: string): string {
  return escapeUnprintable(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
