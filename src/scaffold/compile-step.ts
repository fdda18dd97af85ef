import { readFile } from 'node:fs/promises';
import type { NewFile } from './write-files.ts';

/** What the compiler stage runs: the example's own files, which come with the package. */
export const COMPILE_FILES = ['compile.py', 'plan.py', 'cython_build.py', 'check_imports.py', 'toolchain.txt'].map(
  (name) => `resource.docker/compile/${name}`,
);

export async function readCompileStep(): Promise<readonly NewFile[]> {
  // As deep below the package's root from src/scaffold as from dist/scaffold and from the bundle in dist/cli.
  const example = new URL('../../examples/axion/', import.meta.url);
  return Promise.all(
    COMPILE_FILES.map(async (path) => ({ path, text: await readFile(new URL(path, example), 'utf8') })),
  );
}
