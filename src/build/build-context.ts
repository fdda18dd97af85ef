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
    files.map(async ({ path, ...why }) => {
      const forms = new Set([path, await realPath(path), join(await realPath(join(path, '..')), lastPart(path))]);
      return [...forms].flatMap((form) => [...roots].map((root) => ({ path: within(root, form), ...why })));
    }),
  );
  const hardLinks = await Promise.all(
    files.map(async ({ path, ...why }) => (await otherNames(context, path)).map((name) => ({ path: name, ...why }))),
  );
  const byPath = new Map<string, ExcludedPath>();
  for (const { path, ...why } of [...found, ...hardLinks].flat())
    if (path !== undefined && !byPath.has(path)) byPath.set(path, { path, ...why });
  return [...byPath.values()];
}

async function otherNames(context: string, file: string): Promise<string[]> {
  const wanted = await stat(file).catch(() => undefined);
  // Only a file with hard links is worth a walk through the context.
  if (wanted === undefined || !wanted.isFile() || wanted.nlink < 2) return [];
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
  const real = new Map(await Promise.all(files.map(async ({ path, ...why }) => [await realPath(path), why] as const)));
  const named = await Promise.all(
    sources
      .filter(({ path }) => path !== '.' && !/[*?[]/.test(path))
      .map(async ({ path }) => ({ path, why: real.get(await realPath(join(context, path))) })),
  );
  return named.flatMap(({ path, why }) => (why === undefined ? [] : [{ path, ...why }]));
}

/**
 * Rejects a Dockerfile that copies or mounts an excluded file by name.
 *
 * @throws {ObjDockerError} SECRET_IN_CONTEXT, or CONTEXT_INVALID for what this run writes, with the instruction's line and the reason.
 */
export function rejectExcludedSources(
  graph: DockerfileGraph,
  stages: readonly Stage[],
  excluded: readonly ExcludedPath[],
): void {
  const found = stages
    .flatMap((stage) => stage.contextSources)
    .map((source) => ({ source, of: excluded.find(({ path }) => path === source.path) }))
    .find(({ of }) => of !== undefined);
  if (found?.of === undefined) return;
  const { source, of } = found;
  throw new ObjDockerError(
    of.isOutput === true ? 'CONTEXT_INVALID' : 'SECRET_IN_CONTEXT',
    `${graph.file}:${source.line}: ${source.instruction} puts ${JSON.stringify(source.written)} into the image, which ${of.reason}`,
    {
      hint:
        of.isOutput === true
          ? 'This path is excluded from the build context. Write the output somewhere else.'
          : 'This file is excluded from the build context. Pass it as a build secret: image.secrets, and RUN --mount=type=secret in the Dockerfile.',
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
