import type { BodyInstruction, Instruction } from '../instructions/instruction.ts';
import { readGitSource } from '../values/git-source.ts';
import { formatPlatform } from '../values/platform.ts';
import type { Node, Source } from './graph.ts';
import type { ContextPath, RemoteSource } from './stage-state.ts';

/** An instruction of a target or of what it is made from, as far as it can change the image. ARG is none: its values are. */
export interface BuildInstruction {
  /** The index of its stage. */
  readonly stage: number;
  readonly stageName?: string;
  /** `FROM` for the start of the stage. */
  readonly keyword: string;
  readonly line: number;
  /** What it says: flags, words and heredocs, and which stages and images it reads from. Equal texts do the same. */
  readonly text: string;
  /** The indexes of the platforms that do it; undefined for all. */
  readonly platforms?: readonly number[];
  /** The arguments that have an effect on it: all in scope for RUN, those that it uses for others, none for LABEL. */
  readonly args: readonly (readonly [name: string, value: string])[];
  /** What it takes from the build context. */
  readonly context: readonly TakenPath[];
  /** Why only the build knows what it makes. */
  readonly unknown?: string;
}

/** Paths that COPY, ADD or a bind mount takes from the build context. */
export interface TakenPath {
  /** Relative to the context's root, `.` for all of it; with `parents` as written, variables filled in. */
  readonly path: string;
  /** Patterns of `--exclude`. */
  readonly exclude: readonly string[];
  /** Whether `--parents` keeps the folders above. */
  readonly parents: boolean;
  /** Whether `*`, `?` and `[` in the path are wildcards. */
  readonly wildcards: boolean;
}

/** What an instruction used while it was read. */
export interface InstructionUse {
  readonly instruction: BodyInstruction;
  /** What a COPY reads from, or each mount of a RUN. */
  readonly sources: readonly Source[];
  /** False when it was not read to its end: a variable may have a value only in the build. */
  readonly isRead: boolean;
  /** The arguments in scope that have a value, in the order of their declaration. */
  readonly inScope: ReadonlyMap<string, string>;
  /** The variables that it looked at. */
  readonly used: ReadonlySet<string>;
  readonly contextPaths: readonly ContextPath[];
  readonly remotes: readonly RemoteSource[];
}

/** Gives a stage or an image its place among all that a target needs, so that other stages of the file do not matter. */
export type PlaceOf = (node: Node) => string;

export interface FromOptions {
  readonly placeOf: PlaceOf;
  /** The arguments that FROM lines see. */
  readonly values: ReadonlyMap<string, string>;
  readonly escapeCharacter: string;
}

/** The start of a stage. */
export function fromInstruction(node: Node, { placeOf, values, escapeCharacter }: FromOptions): BuildInstruction {
  const { text, base, baseName, platform, fromNames } = node;
  const written = text?.from.base ?? baseName;
  return {
    ...stageOf(node),
    keyword: 'FROM',
    line: text?.from.line ?? 0,
    text: JSON.stringify([
      text?.from.name ?? '',
      base === undefined ? written : placeOf(base),
      platform === undefined ? '' : formatPlatform(platform),
      escapeCharacter,
    ]),
    args: [...fromNames].sort().map((name) => [name, values.get(name) ?? '']),
    context: [],
  };
}

/** An instruction that is no ARG. */
export function buildInstruction(node: Node, use: InstructionUse, placeOf: PlaceOf): BuildInstruction | undefined {
  const { instruction, sources } = use;
  if (instruction.keyword === 'ARG') return undefined;
  const unknown = unknownOf(instruction, use);
  return {
    ...stageOf(node),
    keyword: instruction.keyword,
    line: instruction.line,
    text: JSON.stringify([
      ...wordsOf(instruction),
      sources.map(({ node: source }) => (source.kind === 'stage' ? placeOf(source) : source.baseName)),
    ]),
    args: argsOf(instruction, use),
    context: contextOf(use).map((path) => takenPath(instruction, path)),
    ...(unknown === undefined ? {} : { unknown }),
  };
}

function stageOf({ index, text }: Node): Pick<BuildInstruction, 'stage' | 'stageName'> {
  const name = text?.from.name;
  return { stage: index, ...(name === undefined ? {} : { stageName: name }) };
}

function wordsOf({ parsed, ...instruction }: Instruction): unknown[] {
  if (instruction.keyword === 'ONBUILD') return [instruction.trigger];
  const { flags, args, json, pairs, heredocs } = parsed;
  return [
    // What a COPY reads from is named by its place.
    flags.map(({ text }) => text).filter((text) => instruction.keyword !== 'COPY' || !text.startsWith('--from=')),
    args.map(({ text }) => text),
    json,
    pairs.map(({ name, value }) => [name, value]),
    heredocs.map(({ name, expand, chomp, content, fileDescriptor }) => [
      name,
      expand,
      chomp,
      content,
      String(fileDescriptor),
    ]),
  ];
}

function argsOf({ keyword }: Instruction, { inScope, used }: InstructionUse): [string, string][] {
  // The values of labels are metadata, which may differ in each build.
  if (keyword === 'LABEL') return [];
  const all = [...inScope].sort(([a], [b]) => (a < b ? -1 : 1));
  return keyword === 'RUN' ? all : all.filter(([name]) => used.has(name));
}

function takenPath(instruction: Instruction, { path, filled }: ContextPath): TakenPath {
  const isFiles = instruction.keyword === 'COPY' || instruction.keyword === 'ADD';
  const parents = isFiles && instruction.flags.value('parents') === 'true';
  return {
    // The `/./` of a source says which folders above are kept.
    path: parents ? filled : path === '/' ? '.' : path.slice(1),
    // BuildKit fills in no variables there.
    exclude: isFiles ? instruction.flags.values('exclude') : [],
    parents,
    wildcards: isFiles,
  };
}

function contextOf({ contextPaths, remotes }: InstructionUse): readonly ContextPath[] {
  if (remotes.length === 0) return contextPaths;
  return contextPaths.filter(({ written }) => !remotes.some((remote) => remote.written === written));
}

function unknownOf(instruction: Instruction, use: InstructionUse): string | undefined {
  const unclear = contextOf(use).find(({ known }) => !known);
  if (unclear !== undefined) return `only the build knows the value of a variable in ${unclear.written}`;
  if (!use.isRead) return `only the build knows the value of a variable in this ${instruction.keyword}`;
  for (const { source, checksum } of use.remotes) {
    const git = readGitSource(source);
    if (git === undefined) {
      if (checksum === '') return `ADD fetches ${source} without --checksum`;
    } else if (![checksum, git.checksum, git.reference].some((id) => COMMIT.test(id)))
      return `ADD fetches ${source} without the full id of a commit`;
  }
  return undefined;
}

const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
