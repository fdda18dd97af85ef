import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ObjDockerError } from '../../errors.ts';

/**
 * The text of the ignore file that BuildKit would take: `<Dockerfile>.dockerignore` before `.dockerignore`.
 *
 * @throws {ObjDockerError} CONTEXT_INVALID when it is there and cannot be read.
 */
export async function readIgnoreFile(dockerfile: string, context: string): Promise<string> {
  return (await readIfThere(`${dockerfile}.dockerignore`)) ?? (await readIfThere(join(context, '.dockerignore'))) ?? '';
}

/**
 * The user's ignore file with exclusions that come last, because the last match wins: `!config.yaml` brings nothing back.
 *
 * @param paths relative to the context
 */
export function withExclusions(ignoreFile: string, paths: readonly string[]): string {
  const own = ignoreFile === '' || ignoreFile.endsWith('\n') ? ignoreFile : `${ignoreFile}\n`;
  return `${own}${paths.map((path) => `${exclusionPattern(path)}\n`).join('')}`;
}

/** A pattern that matches the path: what a pattern gives a meaning to is written `?`, any one character. */
export function exclusionPattern(path: string): string {
  // A path cannot end its own line, start a comment or an exception, or lose a space to trimming.
  return path.replace(/[*?[\]\\!#\s\x00-\x1f\x7f]/g, '?');
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new ObjDockerError('CONTEXT_INVALID', `cannot read the ignore file ${path}: ${String(code)}`, {
      hint: 'Make it a file that you may read, or remove it: it says what stays out of the build context.',
      cause: error,
    });
  }
}
