import { ObjDockerError } from '../errors.ts';
import { isAtLeast } from '../lib/version.ts';
import { CONSTRUCTS, type DockerfileFeature } from './features/feature.ts';
import { findFeatures } from './features/find-features.ts';
import { type Frontend, frontendImage, frontendOf, isForeign } from './features/frontend.ts';
import { createGraph, type DockerfileGraph, opaqueGraph } from './graph.ts';
import { ProblemError } from './problem.ts';
import { readStages } from './read-stages.ts';
import { type DockerfileText, readDockerfileText } from './stages/dockerfile-text.ts';
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
  const syntax = syntaxOf(decoded, options);
  return withFile(file, () => {
    try {
      return graphOf(readText(decoded, syntax === undefined ? undefined : frontendOf(syntax)), {
        file,
        syntax,
        options,
      });
    } catch (error) {
      if (!(error instanceof ProblemError) || syntax === undefined || !isForeign(syntax)) throw error;
      return opaqueGraph(file, syntax);
    }
  });
}

/** The argument BUILDKIT_SYNTAX counts more than the line. */
function syntaxOf(text: string, { buildArgs }: ReadOptions): string | undefined {
  const value = buildArgs?.('BUILDKIT_SYNTAX') ?? findDirective(text, 'syntax')?.value;
  return value === undefined ? undefined : frontendImage(value);
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

interface ReadText {
  readonly text: DockerfileText;
  /** The line of a `<<` with a space that opens a heredoc in newer releases, which then refuse the file. */
  readonly shift?: number;
}

/** Before Dockerfile 1.16 a `<<` with a space behind it opened no heredoc: what only that reading takes is read so. */
function readText(text: string, frontend: Frontend | undefined): ReadText {
  const release = frontend?.version === 'newest' ? undefined : frontend?.version;
  const hasChecks = release === undefined || isAtLeast(release, CONSTRUCTS.checks.since);
  const isOld = release !== undefined && !isAtLeast(release, CONSTRUCTS.spacedHeredoc.since);
  const read = (spacedHeredocs: boolean): DockerfileText | ProblemError => {
    try {
      return readDockerfileText(text, { spacedHeredocs, hasChecks });
    } catch (error) {
      if (error instanceof ProblemError) return error;
      throw error;
    }
  };
  const first = read(!isOld);
  if (!(first instanceof ProblemError)) return { text: first };
  // An old frontend refuses what only the newer reading takes: the plan says which version it needs.
  const mayDiffer = isOld || (frontend === undefined && first.problem.spacedHeredoc === true);
  const other = mayDiffer ? read(isOld) : first;
  if (other instanceof ProblemError) throw first;
  return isOld ? { text: other } : { text: other, shift: first.problem.line };
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

interface GraphOptions {
  readonly file: string;
  readonly syntax: string | undefined;
  readonly options: ReadOptions;
}

function graphOf({ text, shift }: ReadText, { file, syntax, options }: GraphOptions): DockerfileGraph {
  const frontend = syntax === undefined ? undefined : frontendOf(syntax);
  const { stages, globalArgs, instructionsOf } = readStages(
    text,
    options.buildArgs ?? (() => undefined),
    options.platforms ?? [],
  );
  return createGraph({
    file,
    globalArgs,
    stages,
    instructionsOf,
    declaredArgs: new Set([...globalArgs.keys(), ...stages.flatMap((stage) => [...stage.args.keys()])]),
    features: [...findFeatures(text), ...(shift === undefined ? [] : [shiftFeature(shift)])],
    isForeign: syntax !== undefined && isForeign(syntax),
    isOpaque: false,
    ...(syntax === undefined ? {} : { syntax }),
    ...(frontend === undefined ? {} : { frontend }),
  });
}

function shiftFeature(line: number): DockerfileFeature {
  return {
    text: 'a "<<" with a space behind it opens a heredoc that is not closed',
    line,
    legacy: true,
    until: CONSTRUCTS.spacedHeredoc.since,
    hint: 'Put it in quotes, or write $((1<<4)) without spaces.',
  };
}
