import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ObjDockerError } from '../../errors.ts';

/**
 * Reads the ignore file that BuildKit uses: `<Dockerfile>.dockerignore`, else `.dockerignore`. Empty when there is none.
 *
 * @throws {ObjDockerError} CONTEXT_INVALID when it exists and cannot be read.
 */
export async function readIgnoreFile(dockerfile: string, context: string): Promise<string> {
  return (await readIfThere(`${dockerfile}.dockerignore`)) ?? (await readIfThere(join(context, '.dockerignore'))) ?? '';
}

/**
 * Appends exclusions to the user's ignore file. The last match wins, so an earlier `!config.yaml` cannot undo them.
 *
 * @param paths relative to the context
 */
export function withExclusions(ignoreFile: string, paths: readonly string[]): string {
  const own = ignoreFile === '' || ignoreFile.endsWith('\n') ? ignoreFile : `${ignoreFile}\n`;
  return `${own}${paths.map((path) => `${exclusionPattern(path)}\n`).join('')}`;
}

/** A pattern that matches the path. Characters with a meaning in patterns become `?`, which matches any character. */
export function exclusionPattern(path: string): string {
  // This also covers newlines, `#`, `!` and leading or trailing spaces.
  return path.replace(/[*?[\]\\!#\s\x00-\x1f\x7f]/g, '?');
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new ObjDockerError('CONTEXT_INVALID', `cannot read the ignore file ${path}: ${String(code)}`, {
      hint: 'Make it a readable file, or remove it.',
      cause: error,
    });
  }
}
