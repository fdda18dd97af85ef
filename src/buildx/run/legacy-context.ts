import { cp, lstat, realpath, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import dockerignore from '@balena/dockerignore';
import { ObjDockerError } from '../../errors.ts';
import type { BuildPlan } from '../plan.ts';
import { readIgnoreFile, withExclusions } from './ignore-file.ts';
import type { Workspace } from './workspace.ts';

/**
 * The context for the legacy builder, which reads no ignore file but `.dockerignore` in the context itself: where
 * something is to be kept out, a copy of the context without it.
 *
 * @returns the folder to hand over; what was made lies in the workspace and goes with it
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
  // A link would be copied as a link, and lead to what is to be kept out.
  const root = await realpath(plan.context);
  await cp(root, folder, {
    recursive: true,
    verbatimSymlinks: true,
    filter: async (source) => {
      const path = relative(root, source).split(sep).join('/');
      if (path === '') return true;
      // What an exception brings back may lie in a folder that is ignored: then only the engine decides.
      if (excluded.has(path) || (!hasExceptions && ignored.ignores(path))) return false;
      // A socket or a pipe can be in no image, and copying one fails.
      const found = await lstat(source);
      return found.isFile() || found.isDirectory() || found.isSymbolicLink();
    },
  }).catch((cause) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ObjDockerError('BUILD_FAILED', `cannot copy the build context ${plan.context}: ${reason}`, {
      hint: 'Without the buildx plugin, a context with files to keep out is copied. Make room (TMPDIR) and the files readable, or install the plugin.',
      cause,
    });
  });
  await writeFile(join(folder, '.dockerignore'), text);
  return folder;
}
