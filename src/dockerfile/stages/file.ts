import { type CheckOptions, readCheckOptions } from '../checks/options.ts';
import type { ArgInstruction, FromInstruction, Instruction } from '../instructions/instruction.ts';
import { readInstruction } from '../instructions/read-instruction.ts';
import { locate, problemError } from '../problem.ts';
import { type Directive, findDirective } from '../syntax/directives.ts';
import { type ParsedInstruction, type ParseOptions, parseDockerfile } from '../syntax/parse.ts';

/** A Dockerfile whose instructions were read; nothing is filled in yet. */
export interface DockerfileText {
  readonly escapeCharacter: string;
  /** The frontend that reads the file. */
  readonly syntax?: Directive;
  readonly check?: Directive;
  readonly checks: CheckOptions;
  /** ARGs before the first FROM. */
  readonly globals: readonly ArgInstruction[];
  readonly stages: readonly StageText[];
  readonly parsed: readonly ParsedInstruction[];
  readonly emptyContinuations: readonly number[];
  /** Whether a `<<` with a space behind it opens a heredoc. */
  readonly spacedHeredocs: boolean;
}

/** One FROM and what follows, up to the next. */
export interface StageText {
  readonly from: FromInstruction;
  readonly body: readonly Exclude<Instruction, FromInstruction>[];
  /** The last line of its last instruction. */
  readonly endLine: number;
}

/**
 * Reads the instructions of a Dockerfile.
 *
 * @throws {ProblemError} phases `lint`, `parse` and `instruction`
 */
export function readFile(text: string, options: ParseOptions = {}): DockerfileText {
  if (text === '')
    throw problemError('parse', { line: 0, endLine: 0 }, 'the Dockerfile is empty', 'It needs at least a FROM line.');
  const check = findDirective(text, 'check');
  const checks = locate('lint', { line: check?.line ?? 0, endLine: check?.line ?? 0 }, () =>
    readCheckOptions(check?.value.split(' ', 1)[0] ?? ''),
  );
  const { instructions, escapeCharacter, emptyContinuations } = parseDockerfile(text, options);
  const globals: ArgInstruction[] = [];
  const stages: { from: FromInstruction; body: Exclude<Instruction, FromInstruction>[]; endLine: number }[] = [];
  for (const parsed of instructions) {
    const instruction = readInstruction(parsed);
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
        'Only ARG may stand there.',
      );
  }
  const syntax = findDirective(text, 'syntax');
  return {
    escapeCharacter,
    ...(syntax === undefined ? {} : { syntax }),
    ...(check === undefined ? {} : { check }),
    checks,
    globals,
    stages,
    parsed: instructions,
    emptyContinuations,
    spacedHeredocs: options.spacedHeredocs ?? true,
  };
}
