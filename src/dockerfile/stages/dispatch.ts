import type {
  ArgInstruction,
  BodyInstruction,
  OtherInstruction,
  PairsInstruction,
} from '../instructions/instruction.ts';
import { located, ProblemError, show, ValueError } from '../problem.ts';
import { isSignal } from '../values/go-values.ts';
import { checkPort } from '../values/ports.ts';
import { copyFiles } from './copy-files.ts';
import type { Node, Source, StageBody } from './graph.ts';
import { mountForRun } from './run-mounts.ts';
import { type DispatchContext, StageScope } from './stage-scope.ts';
import type { DispatchedStage, StageProblem, StageState } from './stage-state.ts';

/**
 * Goes through the instructions of a stage, also behind one that is wrong.
 *
 * @param base the state of the stage that it starts from
 */
export function dispatchStage(
  node: Node,
  { instructions, readers }: StageBody,
  base: StageState | undefined,
  context: DispatchContext,
): DispatchedStage {
  const scope = new StageScope(node, base, context);
  const once = new Set<string>();
  const problems: StageProblem[] = [];
  let next = 0;
  for (const instruction of instructions) {
    const reader = readers[next]?.instruction === instruction ? readers[next++] : undefined;
    scope.enter(instruction);
    try {
      const sources = reader?.sources ?? NO_SOURCES;
      const read = (): void => dispatch(instruction, sources, scope, once);
      if (context.onInstruction === undefined) read();
      else scope.record({ instruction, sources }, read, context.onInstruction);
    } catch (failure) {
      const error = located('dispatch', instruction, failure);
      if (!(error instanceof ProblemError)) throw error;
      problems.push({ problem: error.problem, certain: scope.certain });
    }
  }
  return { state: scope.state(), problems, violations: scope.violations };
}

const NO_SOURCES: readonly Source[] = [];

/**
 * @param once keywords of which a stage keeps only the last, as far as they were met
 * @throws {ValueError}
 */
function dispatch(
  instruction: BodyInstruction,
  sources: readonly Source[],
  scope: StageScope,
  once: Set<string>,
): void {
  switch (instruction.keyword) {
    case 'ARG':
      declareArgs(instruction, scope);
      return;
    case 'ENV':
    case 'LABEL':
      setPairs(instruction, scope);
      return;
    case 'COPY':
    case 'ADD':
      copyFiles(instruction, sources, scope);
      return;
    case 'RUN':
      mountForRun(instruction, sources, scope);
      return;
    case 'ONBUILD':
      return;
    case 'CMD':
    case 'ENTRYPOINT':
    case 'HEALTHCHECK':
      checkOnce(instruction, scope, once);
      return;
    default:
      dispatchOther(instruction, scope);
  }
}

function declareArgs({ args, line }: ArgInstruction, scope: StageScope): void {
  for (const { name, default: written } of args) scope.declareArg(name, written, line);
}

function setPairs({ keyword, pairs }: PairsInstruction, scope: StageScope): void {
  if (pairs[0]?.legacy === true) scope.report('LegacyKeyValueFormat');
  // A variable of the same instruction does not count yet.
  const filled = pairs.map(({ name, value }) => ({ name: scope.fill(name), value: scope.fill(value) }));
  if (keyword === 'ENV') for (const { name, value } of filled) scope.setEnv(name, value);
}

function checkOnce({ keyword, parsed }: OtherInstruction, scope: StageScope, once: Set<string>): void {
  if (once.has(keyword)) scope.report('MultipleInstructionsDisallowed');
  once.add(keyword);
  if (keyword !== 'HEALTHCHECK' && !parsed.json && !scope.hasShell) scope.report('JSONArgsRecommended', scope.isClosed);
}

function dispatchOther({ keyword, words }: OtherInstruction, scope: StageScope): void {
  switch (keyword) {
    case 'WORKDIR':
      scope.changeDirectory(scope.fill(words[0] ?? ''));
      return;
    case 'SHELL':
      scope.hasShell = true;
      return;
    case 'USER':
      scope.fill(words[0] ?? '');
      return;
    case 'STOPSIGNAL': {
      const signal = scope.fill(words[0] ?? '');
      if (!isSignal(signal))
        throw new ValueError(`STOPSIGNAL cannot be ${show(signal)}`, 'Write a signal: SIGTERM or 15.');
      return;
    }
    case 'VOLUME':
      if (words.map(scope.fill).includes(''))
        throw new ValueError('a path of VOLUME is empty', 'Give the variable in it a value.');
      return;
    case 'EXPOSE':
      for (const port of words.flatMap((word) => scope.expand(word).words)) expose(port, scope);
      return;
    default:
  }
}

function expose(port: string, scope: StageScope): void {
  const { protocol, hasHost } = checkPort(port);
  if (protocol !== protocol.toLowerCase()) scope.report('ExposeProtoCasing');
  if (hasHost) scope.report('ExposeInvalidFormat');
}
