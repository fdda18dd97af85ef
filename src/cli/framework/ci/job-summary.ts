import { appendFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ObjDockerError } from '../../../errors.ts';
import type { CommandContext } from '../command.ts';
import { type GivenOptions, textOf } from '../option-values.ts';

/**
 * Returns the file of the summary: that of `--summary`, else that of the GitHub job. Undefined for none.
 *
 * @throws {ObjDockerError} USAGE for an empty path
 */
export function summaryFile({ environment }: CommandContext, given: GivenOptions): string | undefined {
  const written = textOf(given, 'summary');
  // An unset CI variable must not mean a file in the current folder.
  if (written === '') {
    throw new ObjDockerError('USAGE', '--summary has an empty value', {
      hint: 'Give a path. A variable in the command may be unset.',
    });
  }
  const path = written ?? (environment.env.GITHUB_STEP_SUMMARY || undefined);
  return path === undefined ? undefined : resolve(environment.cwd, path);
}

/** Appends lines to the summary. Returns the failure: a summary does not change what a command did. */
export async function appendSummary(path: string, lines: Iterable<string>): Promise<ObjDockerError | undefined> {
  try {
    await appendFile(path, `${[...lines].join('\n')}\n\n`);
    return undefined;
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    return new ObjDockerError('OUTPUT_FAILED', `cannot write the summary ${path}: ${reason}`, {
      hint: 'Name a file in an existing folder that you may write to.',
      cause,
    });
  }
}
