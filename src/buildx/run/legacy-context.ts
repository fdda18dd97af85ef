import { cp, lstat, realpath, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import dockerignore from '@balena/dockerignore';
import { ObjDockerError } from '../../errors.ts';
import type { BuildPlan } from '../plan.ts';
import { readIgnoreFile, withExclusions } from './ignore-file.ts';
import type { Workspace } from './workspace.ts';

/**
 * Makes the context for the legacy builder. That builder reads only `.dockerignore` in the context itself, so files are excluded
 * by copying the context without them.
 *
 * @returns the directory of the context; a copy is in the workspace and is removed with it
 */
export async function createLegacyContext(plan: BuildPlan, workspace: Workspace): Promise<string> {
  if (plan.excluded.length === 0) return plan.context;
  const folder = join(workspace.folder, 'context');
  const text = withExclusions(
    await readIgnoreFile(plan.dockerfile, plan.context),
    plan.excluded.map(({ path }) => path),
  );
  const ignored = dockerignore.default({ ignorecase: false }).add(text);
  const hasExceptions = /^\s*!/m.test(text);
  const excluded = new Set(plan.excluded.map(({ path }) => path));
  // Copying a symlink would copy the link, which leads to the excluded files.
  const root = await realpath(plan.context);
  await cp(root, folder, {
    recursive: true,
    verbatimSymlinks: true,
    filter: async (source) => {
      const path = relative(root, source).split(sep).join('/');
      if (path === '') return true;
      // An exception may re-include a file in an ignored directory. Then only the engine can decide.
      if (excluded.has(path) || (!hasExceptions && ignored.ignores(path))) return false;
      // Sockets and pipes cannot be in an image, and cannot be copied.
      const found = await lstat(source);
      return found.isFile() || found.isDirectory() || found.isSymbolicLink();
    },
  }).catch((cause) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ObjDockerError('BUILD_FAILED', `cannot copy the build context ${plan.context}: ${reason}`, {
      hint: 'Without the buildx plugin, a context with excluded files is copied. Free space in TMPDIR, make the files readable, or install the plugin.',
      cause,
    });
  });
  await writeFile(join(folder, '.dockerignore'), text);
  return folder;
}
