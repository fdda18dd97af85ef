import { readdir, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { CompileConfig } from '../config/package.ts';
import { didYouMean } from '../lib/text/suggest.ts';

/** A path that the Dockerfile takes from the build context, `.` for all of it; wildcards stay. */
type CopiedPath = { readonly path: string };

const HINT = 'Patterns are relative to the source root of the image build, such as "app/**/*.py".';

/**
 * Warns of patterns of `deployment.compile` that match no Python module. A compile stage cannot tell when another stage compiles the
 * rest. The source root in the image is not known here, so a pattern may match the end of a path.
 */
export async function unmatchedPatterns(
  { include, exclude }: Pick<CompileConfig, 'include' | 'exclude'>,
  context: string,
  sources: readonly CopiedPath[],
): Promise<readonly { readonly message: string; readonly hint: string }[]> {
  const patterns = [
    ...include.map((pattern) => ({ key: 'include', pattern })),
    ...exclude.map((pattern) => ({ key: 'exclude', pattern })),
  ];
  if (patterns.length === 0) return [];
  const modules = await findModules(context, sources);
  // The sources come from elsewhere.
  if (modules.length === 0) return [];
  const ends = [...new Set(modules.flatMap(endsOf))];
  const folders = [...new Set(ends.map((path) => `${posix.dirname(path)}/**`))];
  return patterns
    .filter(({ pattern }) => !ends.some((path) => expressionOf(pattern).test(path)))
    .map(({ key, pattern }) => ({
      message: `deployment.compile.${key}: ${JSON.stringify(pattern)} matches no Python module that the Dockerfile copies${didYouMean(pattern, [...ends, ...folders])}`,
      hint: HINT,
    }));
}

async function findModules(context: string, sources: readonly CopiedPath[]): Promise<readonly string[]> {
  // The folder above the first wildcard.
  const paths = new Set(sources.map(({ path }) => path.replace(/(^|\/)[^/]*[*?[].*$/, '') || '.'));
  const found = await Promise.all([...paths].map((path) => modulesBelow(context, path)));
  return [...new Set(found.flat())];
}

async function modulesBelow(context: string, path: string): Promise<readonly string[]> {
  const file = await stat(join(context, path)).catch(() => undefined);
  if (file?.isDirectory() !== true) return path.endsWith('.py') && file !== undefined ? [path] : [];
  // A folder that cannot be read fails the build, with a better message.
  const names = await readdir(join(context, path), { recursive: true }).catch(() => []);
  return names.filter((name) => name.endsWith('.py')).map((name) => posix.join(path, name));
}

/** `src/app/main.py`, `app/main.py`, `main.py` */
function endsOf(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(index).join('/'));
}

/** As in the compile step: `*` stays inside a folder, `**` is any number of folders. */
function expressionOf(pattern: string): RegExp {
  const parts = pattern.split('/').filter((part) => part !== '.');
  const expressions = parts.map((part, index) => {
    const isLast = index === parts.length - 1;
    if (part === '**') return isLast ? '.+' : '(?:[^/]+/)*';
    const text = part
      .replace(/[\\^$.+()|[\]{}]/g, '\\$&')
      .replaceAll('*', '[^/]*')
      .replaceAll('?', '[^/]');
    return isLast ? text : `${text}/`;
  });
  return new RegExp(`^${expressions.join('')}$`);
}
