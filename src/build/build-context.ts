import { readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import type { ExcludedPath } from '../buildx/plan.ts';
import type { ExcludedFile } from '../config/package.ts';
import type { ContextSource, DockerfileGraph, Stage } from '../dockerfile/graph.ts';
import { ObjDockerError } from '../errors.ts';

/**
 * The paths in the context of files that must be excluded: the configured path, the path behind symlinks (for each form of the
 * context's own path), and hard links to the file. Paths outside the context are omitted.
 */
export async function resolveExcluded(context: string, files: readonly ExcludedFile[]): Promise<ExcludedPath[]> {
  const roots = new Set([context, await realPath(context)]);
  const found = await Promise.all(
    files.map(async ({ path, reason }) => {
      const forms = new Set([path, await realPath(path), join(await realPath(join(path, '..')), lastPart(path))]);
      return [...forms].flatMap((form) => [...roots].map((root) => ({ path: within(root, form), reason })));
    }),
  );
  const hardLinks = await Promise.all(
    files.map(async ({ path, reason }) => (await otherNames(context, path)).map((name) => ({ path: name, reason }))),
  );
  const byPath = new Map<string, string>();
  for (const { path, reason } of [...found, ...hardLinks].flat())
    if (path !== undefined && !byPath.has(path)) byPath.set(path, reason);
  return [...byPath].map(([path, reason]) => ({ path, reason }));
}

async function otherNames(context: string, file: string): Promise<string[]> {
  const wanted = await stat(file).catch(() => undefined);
  // Only a file with hard links is worth a walk through the context.
  if (wanted === undefined || wanted.nlink < 2) return [];
  const entries = await readdir(context, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    // Without the walk, a hard link to a secret could get into the image.
    throw new ObjDockerError(
      'CONTEXT_INVALID',
      `cannot search the build context ${context} for hard links: ${String(cause)}`,
      {
        hint: `${file} has a hard link, which must not be in the context: make the context readable, or remove the link.`,
        cause,
      },
    );
  });
  const names = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const found = await Promise.all(names.map(async (name) => ({ name, is: await stat(name).catch(() => undefined) })));
  return found.flatMap(({ name, is }) =>
    is?.ino === wanted.ino && is.dev === wanted.dev ? (within(context, name) ?? []) : [],
  );
}

/** Sources of COPY, ADD and bind mounts that lead to an excluded file through a symlink in the context. */
export async function linkedExcluded(
  context: string,
  files: readonly ExcludedFile[],
  sources: readonly ContextSource[],
): Promise<ExcludedPath[]> {
  const real = new Map(
    await Promise.all(files.map(async ({ path, reason }) => [await realPath(path), reason] as const)),
  );
  const named = await Promise.all(
    sources
      .filter(({ path }) => path !== '.' && !/[*?[]/.test(path))
      .map(async ({ path }) => ({ path, reason: real.get(await realPath(join(context, path))) })),
  );
  return named.flatMap(({ path, reason }) => (reason === undefined ? [] : [{ path, reason }]));
}

/**
 * Rejects a Dockerfile that copies or mounts an excluded file by name.
 *
 * @throws {ObjDockerError} SECRET_IN_CONTEXT with the instruction's line and the reason.
 */
export function rejectExcludedSources(
  graph: DockerfileGraph,
  stages: readonly Stage[],
  excluded: readonly ExcludedPath[],
): void {
  const reasons = new Map(excluded.map(({ path, reason }) => [path, reason]));
  const source = stages.flatMap((stage) => stage.contextSources).find(({ path }) => reasons.has(path));
  if (source === undefined) return;
  throw new ObjDockerError(
    'SECRET_IN_CONTEXT',
    `${graph.file}:${source.line}: ${source.instruction} puts ${JSON.stringify(source.written)} into the image, which ${reasons.get(source.path)}`,
    {
      hint: 'This file is excluded from the build context. Pass it as a build secret: image.secrets, and RUN --mount=type=secret in the Dockerfile.',
      details: { file: graph.file, line: source.line, path: source.path },
    },
  );
}

/**
 * Checks that the context is a directory.
 *
 * @throws {ObjDockerError} CONTEXT_INVALID
 */
export async function checkContext(context: string): Promise<void> {
  const found = await stat(context).catch(() => undefined);
  if (found?.isDirectory()) return;
  throw new ObjDockerError(
    'CONTEXT_INVALID',
    `the build context ${context} ${found === undefined ? 'does not exist' : 'is not a directory'}`,
    {
      hint: 'Correct `deployment.image.context`. It is relative to config.yaml, and its default is the directory of that file.',
    },
  );
}

/** The path relative to the folder, with forward slashes; undefined for a path outside. */
export function within(folder: string, path: string): string | undefined {
  const inside = relative(folder, path);
  if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) return undefined;
  return inside.split(sep).join('/');
}

// A file that does not exist yet is excluded, too. Then its path is its real path.
async function realPath(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf(sep) + 1);
}
