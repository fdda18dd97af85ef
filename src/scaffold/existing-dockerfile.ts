import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DockerfileGraph } from '../dockerfile/graph.ts';
import { loadDockerfile } from '../dockerfile/load-dockerfile.ts';
import { parseDockerfile } from '../dockerfile/read-dockerfile.ts';
import type { ParsedInstruction } from '../dockerfile/syntax/parse.ts';
import { isObjDockerError } from '../errors.ts';
import { joinWords } from '../lib/text/words.ts';
import { isProjectPath } from './requirements.ts';

const FOLDERS = ['.', 'docker', 'build', 'deploy', 'resource.docker/dockerfile'];
const FILE = /^(dockerfile([._-][\w.-]+)?|.+\.dockerfile)$/i;
/** Arguments that config.yaml always gives when the Dockerfile declares them. */
const GIVEN = ['PACKAGE', 'VERSION', 'REVISION'];
/** Arguments that BuildKit sets, or that Docker declares in every Dockerfile. */
const BUILT_IN =
  /^(TARGET|BUILD)(PLATFORM|OS|ARCH|VARIANT|STAGE)$|^(BUILDKIT_.*|SOURCE_DATE_EPOCH|((HTTPS?|FTP|NO|ALL)_PROXY|(https?|ftp|no|all)_proxy))$/;

/** Finds the Dockerfiles of a project in the usual folders. */
export async function findDockerfiles(project: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const folder of FOLDERS) {
    const names = await readdir(join(project, folder)).catch(() => []);
    for (const name of names.filter((one) => FILE.test(one) && !one.endsWith('.dockerignore')).sort()) {
      const path = folder === '.' ? name : `${folder}/${name}`;
      const file = await stat(join(project, path)).catch(() => undefined);
      if (file?.isFile() === true && isProjectPath(path)) found.push(path);
    }
  }
  return found;
}

/** A Dockerfile that the project has. */
export interface ExistingDockerfile {
  /** Relative to the project. */
  readonly path: string;
  readonly graph: DockerfileGraph;
  /** Build arguments without a default. */
  readonly withoutDefault: readonly string[];
}

/**
 * Reads an existing Dockerfile. Its stages are known although the values of some build arguments are not.
 *
 * @throws {ObjDockerError} DOCKERFILE_NOT_FOUND, DOCKERFILE_INVALID
 */
export async function readExistingDockerfile(project: string, path: string): Promise<ExistingDockerfile> {
  const file = join(project, path);
  const withoutDefault = argsWithoutDefault(await readFile(file).catch(() => ''), file);
  // BuildKit rejects a FROM with an empty name.
  const buildArgs = (name: string) => (withoutDefault.includes(name) ? 'scratch' : undefined);
  return { path, withoutDefault, graph: await loadDockerfile(file, { buildArgs }) };
}

function argsWithoutDefault(text: Uint8Array | string, file: string): readonly string[] {
  let instructions: readonly ParsedInstruction[];
  try {
    instructions = parseDockerfile(text, file).instructions;
  } catch (error) {
    // loadDockerfile says whether it is no Dockerfile, or one of another frontend.
    if (isObjDockerError(error)) return [];
    throw error;
  }
  const words = instructions
    .filter(({ keyword }) => keyword === 'ARG')
    .flatMap(({ args }) => args.map((arg) => arg.text));
  const withDefault = words.filter((word) => word.includes('=')).map((word) => word.split('=', 1)[0] ?? '');
  const names = words.filter((word) => !word.includes('=') && !withDefault.includes(word));
  return [...new Set(names)].filter((name) => !BUILT_IN.test(name) && !GIVEN.includes(name));
}

/** Says what an existing Dockerfile needs that only its author knows. */
export function dockerfileAssumptions({ graph, withoutDefault }: ExistingDockerfile): readonly string[] {
  const secrets = new Set(graph.stages.flatMap((stage) => stage.secrets.map(({ id }) => id)));
  return [
    ...(withoutDefault.length === 0
      ? []
      : [
          `build arguments: ${joinWords(withoutDefault)} ${withoutDefault.length === 1 ? 'has' : 'have'} no default in the Dockerfile; give values in image.buildArgs (BASE_IMAGE and BASE_RUNTIME_IMAGE: image.baseImage and image.baseRuntimeImage)`,
        ]),
    ...(secrets.size === 0
      ? []
      : [`secrets: the Dockerfile mounts ${joinWords([...secrets])}; say where each comes from in image.secrets`]),
    'build context: the folder of config.yaml; set image.context for another one',
    'platforms: the one of the builder; set image.platforms for others',
  ];
}
