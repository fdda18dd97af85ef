import { type CheckOptions, readCheckOptions } from '../checks/options.ts';
import type { ArgInstruction, BodyInstruction, FromInstruction } from '../instructions/instruction.ts';
import { readInstruction } from '../instructions/read-instruction.ts';
import type { KnownMounts } from '../instructions/read-run.ts';
import { locate, problemError } from '../problem.ts';
import { findDirective } from '../syntax/directives.ts';
import { type ParseOptions, parseDockerfile } from '../syntax/parse.ts';

/** A Dockerfile whose instructions were read; nothing is filled in yet. */
export interface DockerfileText {
  readonly escapeCharacter: string;
  readonly checks: CheckOptions;
  /** The line of `# check=`. */
  readonly checkLine?: number;
  /** ARGs before the first FROM. */
  readonly globals: readonly ArgInstruction[];
  readonly stages: readonly StageText[];
  /** TARGETPLATFORM, BUILDARCH, TARGETSTAGE and their like, as far as an instruction mentions them. */
  readonly mentions: ReadonlySet<string>;
  /** Whether there is an ONBUILD. */
  readonly hasTriggers: boolean;
  readonly emptyContinuations: readonly number[];
}

/** One FROM and what follows, up to the next. */
export interface StageText {
  readonly from: FromInstruction;
  readonly body: readonly BodyInstruction[];
  /** The last line of its last instruction. */
  readonly endLine: number;
}

export interface FileOptions extends ParseOptions {
  /** Whether the frontend reads `# check=`. @default true */
  readonly hasChecks?: boolean;
}

/**
 * Reads the instructions of a Dockerfile.
 *
 * @throws {ProblemError} phases `lint`, `parse` and `instruction`
 */
export function readDockerfileText(text: string, { hasChecks = true, ...options }: FileOptions = {}): DockerfileText {
  if (text === '')
    throw problemError('parse', { line: 0, endLine: 0 }, 'the Dockerfile is empty', 'Add at least a FROM line.');
  const check = findDirective(text, 'check');
  const checks = locate('lint', { line: check?.line ?? 0, endLine: check?.line ?? 0 }, () =>
    readCheckOptions((hasChecks && check?.value.split(' ', 1)[0]) || ''),
  );
  const { instructions, escapeCharacter, emptyContinuations } = parseDockerfile(text, options);
  const globals: ArgInstruction[] = [];
  const stages: { from: FromInstruction; body: BodyInstruction[]; endLine: number }[] = [];
  const mounts: KnownMounts = new Map();
  const mentions = new Set<string>();
  let hasTriggers = false;
  for (const parsed of instructions) {
    const instruction = readInstruction(parsed, mounts);
    addMentions(parsed.source.text, mentions);
    for (const { content } of parsed.heredocs) addMentions(content, mentions);
    hasTriggers ||= instruction.keyword === 'ONBUILD';
    const stage = stages.at(-1);
    if (instruction.keyword === 'FROM') stages.push({ from: instruction, body: [], endLine: parsed.endLine });
    else if (stage !== undefined) {
      stage.body.push(instruction);
      stage.endLine = parsed.endLine;
    } else if (instruction.keyword === 'ARG') globals.push(instruction);
    else
      throw problemError(
        'instruction',
        parsed,
        `${instruction.keyword} comes before the first FROM`,
        'Only ARG can come before it: move this line below FROM.',
      );
  }
  return {
    escapeCharacter,
    checks,
    ...(check === undefined ? {} : { checkLine: check.line }),
    globals,
    stages,
    mentions,
    hasTriggers,
    emptyContinuations,
  };
}

const BUILT_IN = /(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT)|TARGETSTAGE/g;

function addMentions(text: string, names: Set<string>): void {
  const found = text.match(BUILT_IN);
  if (found !== null) for (const name of found) names.add(name);
}
