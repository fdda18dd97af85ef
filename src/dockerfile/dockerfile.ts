export type { DockerfileFeature, Support } from './features/feature.ts';
export type { Frontend } from './features/frontend.ts';
export type {
  ContextSource,
  DockerfileGraph,
  ExternalImage,
  Stage,
  StageBase,
  StageSecret,
  StageStep,
} from './graph.ts';
export { loadDockerfile } from './load-dockerfile.ts';
export type { Phase, Problem } from './problem.ts';
export { parseDockerfile, type ReadOptions, readDockerfile } from './read-dockerfile.ts';
export type { BuildInstruction, TakenPath } from './stages/build-instruction.ts';
export type { Heredoc, HeredocSign } from './syntax/heredoc.ts';
export type { ParsedDockerfile, ParsedInstruction } from './syntax/parse.ts';
export type { LogicalLine, Position, Word } from './syntax/position.ts';
export type { Lookup } from './syntax/shell-lexer.ts';
export type { SplitPair } from './syntax/words.ts';
