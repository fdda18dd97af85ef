import { ObjDockerError } from '../errors.ts';
import { buildkitFeatures } from './buildkit-features.ts';
import { createGraph, type DockerfileGraph, foreignGraph } from './graph.ts';
import { ProblemError } from './problem.ts';
import { readStages } from './read-stages.ts';
import { type DockerfileText, readFile } from './stages/file.ts';
import { findDirective } from './syntax/directives.ts';
import { type ParsedDockerfile, parseDockerfile as parseText } from './syntax/parse.ts';
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
 * stage that cannot be built has a {@link Stage.problem}. A file of another frontend than Docker's is not rejected.
 */
export function readDockerfile(text: string | Uint8Array, file: string, options: ReadOptions = {}): DockerfileGraph {
  const decoded = textOf(text);
  return withFile(file, () => {
    try {
      return graphOf(readText(decoded), file, options);
    } catch (error) {
      const directive = findDirective(decoded, 'syntax');
      const syntax = directive === undefined ? undefined : frontendOf(directive.value);
      if (!(error instanceof ProblemError) || syntax === undefined || !isForeign(syntax)) throw error;
      return foreignGraph(file, syntax);
    }
  });
}

function frontendOf(value: string): string {
  return value.split(' ', 1)[0] ?? '';
}

/** A copy of Docker's frontend in another registry has its name, too. */
function isForeign(syntax: string | undefined): boolean {
  return syntax !== undefined && !/(?:^|\/)docker\/dockerfile(?:-upstream)?(?:[:@]|$)/.test(syntax);
}

/**
 * Splits a Dockerfile into instructions with their words and positions. Only the form of an instruction is checked.
 *
 * @throws {ObjDockerError} DOCKERFILE_INVALID, with `file:line`
 * @example
 * ```ts
 * const { instructions } = parseDockerfile('FROM scratch AS app\n', 'Dockerfile');
 * const [from] = instructions;
 * from?.source.positionAt(from.args[2]?.start ?? 0); // { line: 1, column: 17 }
 * ```
 */
export function parseDockerfile(text: string | Uint8Array, file: string): ParsedDockerfile {
  return withFile(file, () => parseText(textOf(text)));
}

function textOf(text: string | Uint8Array): string {
  return typeof text === 'string' ? text : decodeUtf8(text);
}

function withFile<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    throw dockerfileError(file, error.problem);
  }
}

/** Before BuildKit 0.22 a `<<` with a space behind it opened no heredoc: what only that reading takes is read so. */
function readText(text: string): DockerfileText {
  try {
    return readFile(text);
  } catch (error) {
    if (!(error instanceof ProblemError) || error.problem.spacedHeredoc !== true) throw error;
    try {
      return readFile(text, { spacedHeredocs: false });
    } catch {
      throw error;
    }
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
  const syntax = text.syntax === undefined ? undefined : frontendOf(text.syntax.value);
  const { stages, globalArgs } = readStages(text, options.buildArgs ?? (() => undefined), options.platforms ?? []);
  return createGraph({
    file,
    globalArgs,
    stages,
    declaredArgs: new Set([...globalArgs.keys(), ...stages.flatMap((stage) => [...stage.args.keys()])]),
    buildkitFeatures: buildkitFeatures(text.parsed),
    spacedHeredocs: text.spacedHeredocs,
    isForeign: isForeign(syntax),
    ...(syntax === undefined ? {} : { syntax }),
  });
}
