import { copyFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makeTempFolder } from '../../lib/files.ts';
import type { BuildPlan } from '../plan.ts';
import { readIgnoreFile, withExclusions } from './ignore-file.ts';

/** A private folder that lives as long as a build. */
export interface Workspace extends AsyncDisposable {
  /** Mode 0700. */
  readonly folder: string;
  /** What to hand over as --file: the user's own Dockerfile, or a copy whose ignore file keeps files out. */
  readonly dockerfile: string;
}

/**
 * Makes the folder, with a copy of the Dockerfile where something is to be kept out of the context: BuildKit takes the
 * ignore file that lies beside the Dockerfile under its name, before any other. The copy has the same file name, because
 * that is how BuildKit's messages call it.
 */
export async function createWorkspace(plan: BuildPlan, temp: string): Promise<Workspace> {
  const folder = await makeTempFolder(temp, 'objdocker-build-');
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
