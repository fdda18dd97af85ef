import { readFile } from 'node:fs/promises';
import type { NewFile } from './write-files.ts';

/** The files of the compiler stage. They are those of the example, which is part of the npm package. */
export const COMPILE_FILES = ['compile.py', 'plan.py', 'cython_build.py', 'check_imports.py', 'toolchain.txt'].map(
  (name) => `resource.docker/compile/${name}`,
);

/** Reads the files of the compiler stage. */
export async function readCompileStep(): Promise<readonly NewFile[]> {
  // The relative path is the same from src/scaffold, from dist/scaffold and from the bundle in dist/cli.
  const example = new URL('../../examples/axion/', import.meta.url);
  return Promise.all(
    COMPILE_FILES.map(async (path) => ({ path, text: await readFile(new URL(path, example), 'utf8') })),
  );
}
