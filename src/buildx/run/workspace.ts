import { copyFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makeTempFolder } from '../../lib/files/leftovers.ts';
import type { BuildPlan } from '../plan.ts';
import { readIgnoreFile, withExclusions } from './ignore-file.ts';

/** A private temporary directory for one build. */
export interface Workspace extends AsyncDisposable {
  /** Mode 0700. */
  readonly folder: string;
  /** The path for --file: the user's Dockerfile, or a copy whose ignore file excludes files. */
  readonly dockerfile: string;
}

/**
 * Creates the directory, with a copy of the Dockerfile when the plan excludes files: BuildKit prefers the ignore file next to the
 * Dockerfile, `<Dockerfile>.dockerignore`. The copy keeps its file name, because BuildKit's messages contain it.
 */
export async function createWorkspace(plan: BuildPlan, temp: string): Promise<Workspace> {
  const folder = await makeTempFolder(temp, 'build');
  const dispose = () => rm(folder, { recursive: true, force: true });
  try {
    const dockerfile = plan.excluded.length === 0 ? plan.dockerfile : await copyDockerfile(plan, folder);
    return { folder, dockerfile, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function copyDockerfile(plan: BuildPlan, folder: string): Promise<string> {
  const copy = join(folder, basename(plan.dockerfile));
  const ignoreFile = await readIgnoreFile(plan.dockerfile, plan.context);
  await Promise.all([
    copyFile(plan.dockerfile, copy),
    writeFile(
      `${copy}.dockerignore`,
      withExclusions(
        ignoreFile,
        plan.excluded.map(({ path }) => path),
      ),
      { mode: 0o600 },
    ),
  ]);
  return copy;
}
