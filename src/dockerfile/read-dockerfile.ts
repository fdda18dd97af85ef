import { ObjDockerError } from '../errors.ts';
import { buildkitFeatures } from './features.ts';
import { createGraph, type DockerfileGraph, type Stage } from './graph.ts';
import { type Instruction, parseInstructions } from './instruction.ts';
import { checkInstruction } from './rules.ts';
import { Scope } from './scope.ts';
import { readStage } from './stage.ts';
import type { Lookup } from './variables.ts';

/** Refuses a Dockerfile at a line. */
export type Refuse = (line: number, problem: string, hint?: string) => never;

/**
 * Reads a Dockerfile's stage graph, by the rules that BuildKit builds by.
 *
 * @param file the path that messages name
 * @param buildArgs what will be handed over as --build-arg: `FROM ${BASE}` may name an image or a stage. Asked for declared names only
 * @throws {ObjDockerError} DOCKERFILE_INVALID, with `file:line`, for what BuildKit would refuse to parse.
 */
export function readDockerfile(text: string, file: string, buildArgs: Lookup = () => undefined): DockerfileGraph {
  const refuse: Refuse = (line, problem, hint) => {
    throw new ObjDockerError('DOCKERFILE_INVALID', `${file}:${line}: ${problem}`, { hint, details: { file, line } });
  };
  const { instructions, escapeCharacter, syntax } = parseInstructions(text);
  if (instructions.length === 0) refuse(1, 'the Dockerfile has no instructions', 'It needs at least a FROM line.');
  for (const instruction of instructions) checkInstruction(instruction, refuse);

  const { before, groups } = splitAtFrom(instructions);
  const globals = Scope.global(buildArgs, escapeCharacter);
  for (const instruction of before) {
    if (instruction.keyword !== 'ARG')
      refuse(instruction.line, `${instruction.keyword} comes before the first FROM; only ARG may`);
    globals.declare(instruction, refuse);
  }
  if (groups.length === 0) refuse(instructions.at(-1)?.endLine ?? 1, 'the Dockerfile has no FROM');

  const stages: Stage[] = [];
  for (const group of groups) stages.push(readStage(group, { stages, globals, refuse }));
  return createGraph({
    file,
    globalArgs: globals.args,
    stages,
    declaredArgs: new Set([...globals.args.keys(), ...stages.flatMap((stage) => [...stage.args.keys()])]),
    buildkitFeatures: buildkitFeatures(instructions),
    ...(syntax === undefined ? {} : { syntax }),
  });
}

function splitAtFrom(instructions: readonly Instruction[]): { before: Instruction[]; groups: Instruction[][] } {
  const before: Instruction[] = [];
  const groups: Instruction[][] = [];
  for (const instruction of instructions) {
    if (instruction.keyword === 'FROM') groups.push([instruction]);
    else (groups.at(-1) ?? before).push(instruction);
  }
  return { before, groups };
}
