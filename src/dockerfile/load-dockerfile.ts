import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ObjDockerError } from '../errors.ts';
import { suggest } from '../lib/text/suggest.ts';
import type { DockerfileGraph } from './graph.ts';
import { type ReadOptions, readDockerfile } from './read-dockerfile.ts';

/**
 * Reads a Dockerfile from disk. See {@link readDockerfile}.
 *
 * @throws {ObjDockerError} DOCKERFILE_NOT_FOUND when it cannot be read, DOCKERFILE_INVALID when it is not one.
 */
export async function loadDockerfile(file: string, options: ReadOptions = {}): Promise<DockerfileGraph> {
  let text: Uint8Array;
  try {
    text = await readFile(file);
  } catch (error) {
    throw new ObjDockerError('DOCKERFILE_NOT_FOUND', `cannot read the Dockerfile ${file}: ${reasonOf(error)}`, {
      hint: await nearby(file),
      details: { file },
      cause: error,
    });
  }
  return readDockerfile(text, file, options);
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file';
  if (code === 'EACCES') return 'permission denied';
  return code === 'EISDIR' ? 'it is a folder' : String(code ?? error);
}

async function nearby(file: string): Promise<string> {
  const folder = dirname(file);
  const names = await readdir(folder).catch(() => undefined);
  const setting = 'The path is `deployment.image.dockerfile` in config.yaml, relative to that file.';
  if (names === undefined) return `The folder ${folder} does not exist either. ${setting}`;
  const candidates = names.filter((name) => /dockerfile/i.test(name) && !name.endsWith('.dockerignore'));
  const near = suggest(basename(file), candidates) ?? (candidates.length === 1 ? candidates[0] : undefined);
  if (near !== undefined) return `Did you mean ${join(folder, near)}? ${setting}`;
  return setting;
}
