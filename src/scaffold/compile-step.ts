import { readFile } from 'node:fs/promises';
import type { NewFile } from './write-files.ts';

const FOLDER = 'resource.docker/compile';
/** The program that imports every module of an image once. */
export const CHECK_IMPORTS = `${FOLDER}/check_imports.py`;
/** The program that runs Cython. */
export const COMPILER_FILES = ['compile.py', 'plan.py', 'cython_build.py', 'cache.py'].map(
  (name) => `${FOLDER}/${name}`,
);

/** The files of the compile step; without Cython only the import check. */
export function compileFiles(hasCompileStep: boolean): readonly string[] {
  return hasCompileStep ? [...COMPILER_FILES, CHECK_IMPORTS, `${FOLDER}/toolchain.txt`] : [CHECK_IMPORTS];
}

/** Reads the files of the compile step. They are those of the example, which is part of the npm package. */
export async function readCompileStep(hasCompileStep: boolean): Promise<readonly NewFile[]> {
  // The relative path is the same from src/scaffold, from dist/scaffold and from the bundle in dist/cli.
  const example = new URL('../../examples/axion/', import.meta.url);
  const files = compileFiles(hasCompileStep);
  return Promise.all(files.map(async (path) => ({ path, text: await readFile(new URL(path, example), 'utf8') })));
}
