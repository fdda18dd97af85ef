import { access, realpath } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Package } from '../../../config/package.ts';

/**
 * The Dockerfile's path in its Git repository, to which a code host attaches findings; without a repository, its path in the
 * folder of config.yaml. Links are resolved, because a code host shows no file behind a linked folder.
 */
export async function dockerfileLocation({
  directory,
  image,
}: Pick<Package, 'directory' | 'image'>): Promise<{ readonly location?: string }> {
  const file = await realpath(image.dockerfile).catch(() => image.dockerfile);
  const root = (await repositoryOf(dirname(file))) ?? (await realpath(directory).catch(() => directory));
  const path = relative(root, file);
  return path.startsWith('..') ? {} : { location: path.split(sep).join('/') };
}

/** The nearest folder above with a `.git`: a folder, or the file of a worktree or a submodule. */
async function repositoryOf(folder: string): Promise<string | undefined> {
  const isRoot = await access(join(folder, '.git')).then(
    () => true,
    () => false,
  );
  if (isRoot) return folder;
  return dirname(folder) === folder ? undefined : repositoryOf(dirname(folder));
}
