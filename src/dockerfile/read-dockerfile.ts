import { ObjDockerError } from '../errors.ts';
import { buildkitFeatures } from './features.ts';
import { createGraph, type DockerfileGraph } from './graph.ts';
import { ProblemError } from './problem.ts';
import { readStages } from './read-stages.ts';
import { type DockerfileText, readFile } from './stages/file.ts';
import type { Lookup } from './syntax/shell-lexer.ts';
import { decodeUtf8 } from './syntax/text.ts';

/** What a Dockerfile is read with. */
export interface ReadOptions {
  /** The values of --build-arg: `FROM ${BASE}` may name an image or a stage. @default none */
  readonly buildArgs?: Lookup;
  /** The platforms that are built for, as in `linux/arm64`. @default none: the engine's own, which is not known */
  readonly platforms?: readonly string[];
}

/**
 * Reads a Dockerfile as BuildKit does. The rules are those of its release 0.32.2, Dockerfile frontend 1.26.
 *
 * @param text a Dockerfile may hold any bytes; as a string it is UTF-8
 * @param file the path that messages name
 * @throws {ObjDockerError} DOCKERFILE_INVALID, with `file:line`, for what BuildKit would refuse whatever the target is. A
 * stage that cannot be built has a {@link Stage.problem}.
 */
export function readDockerfile(text: string | Uint8Array, file: string, options: ReadOptions = {}): DockerfileGraph {
  try {
    return graphOf(readFile(typeof text === 'string' ? text : decodeUtf8(text)), file, options);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    throw dockerfileError(file, error.problem);
  }
}

/** A problem as the error that names the file. */
export function dockerfileError(file: string, problem: ProblemError['problem'], stage?: string): ObjDockerError {
  const line = Math.max(problem.line, 1);
  const what = stage === undefined ? problem.message : `${stage} cannot be built: ${problem.message}`;
  return new ObjDockerError('DOCKERFILE_INVALID', `${file}:${line}: ${what}`, {
    hint: problem.hint,
    details: { file, line },
  });
}

function graphOf(text: DockerfileText, file: string, options: ReadOptions): DockerfileGraph {
  const { stages, globalArgs } = readStages(text, options.buildArgs ?? (() => undefined), options.platforms ?? []);
  return createGraph({
    file,
    globalArgs,
    stages,
    declaredArgs: new Set([...globalArgs.keys(), ...stages.flatMap((stage) => [...stage.args.keys()])]),
    buildkitFeatures: buildkitFeatures(text.parsed),
    ...(text.syntax === undefined ? {} : { syntax: text.syntax.value.split(' ', 1)[0] ?? '' }),
  });
}
