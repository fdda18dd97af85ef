import type {
  ContextSource,
  DockerfileGraph,
  ExternalImage,
  Stage,
  StageBase,
  StageSecret,
  StageStep,
} from './graph.ts';
import { type Problem, ProblemError } from './problem.ts';
import type { BuildInstruction } from './stages/build-instruction.ts';
import type { BuildRequest, GlobalArgs } from './stages/build-request.ts';
import { type ConvertedStage, Converter } from './stages/convert.ts';
import type { DockerfileText, StageText } from './stages/dockerfile-text.ts';
import type { ParsedInstruction } from './syntax/parse.ts';
import type { Lookup } from './syntax/shell-lexer.ts';
import { joinPaths } from './values/paths.ts';
import { type Platform, parsePlatform } from './values/platform.ts';

// Where the platform is not known, every one that Docker's own images exist for may be meant.
const COMMON = [
  'linux/amd64',
  'linux/arm64',
  'linux/arm/v7',
  'linux/386',
  'linux/ppc64le',
  'linux/s390x',
  'linux/riscv64',
];
const AMD64: Platform = { os: 'linux', osVersion: '', osFeatures: [], architecture: 'amd64', variant: '' };

/** Reads the stages for all platforms that may be built for, and joins what differs. */
export function readStages(
  file: DockerfileText,
  buildArgs: Lookup,
  platforms: readonly string[],
): Pick<DockerfileGraph, 'stages' | 'globalArgs' | 'instructionsOf'> {
  const converters = convertersOf(file, requestsOf(file, buildArgs, platforms));
  const [first] = converters;
  if (first === undefined) throw new Error('no platform was converted');
  const declared = file.globals.flatMap(({ args }) => args.map(({ name }) => name));
  const globals = new Set(declared);
  const isKnown = platforms.length > 0 && !mentions(file, 'BUILD');
  const stages: Stage[] = [];
  // A later stage may need one further down, which cannot be built: links are made when all stages exist.
  const links: (() => void)[] = [];
  for (const [index, text] of file.stages.entries())
    links.push(joinStage(index, text, { converters, stages, globals, isKnown }));
  for (const link of links) link();
  return {
    stages,
    globalArgs: new Map(declared.map((name) => [name, first.args.declared.get(name)])),
    instructionsOf: ({ index }) => joinInstructions(converters.map((converter) => converter.instructionsOf(index))),
  };
}

/** Whether a file mentions the platform that is built for, or the one of the builder. */
function mentions({ mentions: names }: DockerfileText, side: 'TARGET' | 'BUILD'): boolean {
  return [...names].some((name) => name.startsWith(side) && name !== 'TARGETSTAGE');
}

function requestsOf(file: DockerfileText, buildArgs: Lookup, platforms: readonly string[]): BuildRequest[] {
  const read = (text: string): Platform => parsePlatform(text, AMD64);
  const targets = platforms.length > 0 ? platforms : mentions(file, 'TARGET') ? COMMON : COMMON.slice(0, 1);
  const builders = mentions(file, 'BUILD') ? COMMON : undefined;
  return targets.flatMap((platform) =>
    (builders ?? [platform]).map((builder) => ({ buildArgs, platform: read(platform), builder: read(builder) })),
  );
}

/** A file that is refused for some of the platforms is read for the others. */
function convertersOf(file: DockerfileText, requests: readonly BuildRequest[]): Converter[] {
  let refused: unknown;
  const converters = requests.flatMap((request) => {
    try {
      return [new Converter(file, request)];
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      refused ??= error;
      return [];
    }
  });
  if (converters.length === 0) throw refused;
  return converters;
}

type ConvertedForPlatform = ConvertedStage & { readonly args: GlobalArgs };

interface JoinContext {
  /** Names of the ARGs before the first FROM. */
  readonly globals: ReadonlySet<string>;
  readonly converters: readonly Converter[];
  readonly stages: Stage[];
  /** Whether the platforms are those that are built for. */
  readonly isKnown: boolean;
}

function joinStage(index: number, text: StageText, context: JoinContext): () => void {
  const { converters, stages, globals } = context;
  const all = converters.map((converter) => ({ ...converter.convert(index), args: converter.args }));
  const [first] = all;
  if (first === undefined) throw new Error(`stage ${index} was not converted`);
  const { from } = text;
  const dependencies: Stage[] = [];
  const base = baseOf(from.base, all, context);
  const problem = sharedProblem(all);
  const own = new Set(declaredIn(first));
  const visible = new Map<string, string | undefined>();
  for (const { name, value } of first.state?.args ?? []) visible.set(name, value ?? visible.get(name));
  const externalImages = once(() => joined(all, externalImagesOf));
  const contextSources = once(() => joined(all, contextSourcesOf));
  const secrets = once(() => joined(all, secretsOf));
  const steps = once(() => stepsOf(text, base));
  stages.push({
    index,
    ...(problem === undefined ? {} : { problem }),
    ...(from.name === undefined ? {} : { name: from.name }),
    line: from.line,
    from: base,
    ...(from.platform === undefined ? {} : { platform: from.platform }),
    args: new Map([...own].map((name) => [name, visible.get(name)])),
    visibleArgs: visible,
    dependencies,
    get externalImages() {
      return externalImages();
    },
    get contextSources() {
      return contextSources();
    },
    get secrets() {
      return secrets();
    },
    get steps() {
      return steps();
    },
    fromArgs: unique(all.flatMap((stage) => globalsOf(stage, globals))),
  });
  const needed = all.flatMap(({ node }) => (node.base === undefined ? [] : [node.base.index]));
  const indexes = unique([...needed, ...all.flatMap(sourceStagesOf)]).filter((each) => each !== index);
  return () => dependencies.push(...indexes.flatMap((each) => stages[each] ?? []));
}

/** Reads when it is asked for the first time: few readers of a file want all of it. */
function once<T extends object>(read: () => T): () => T {
  let value: T | undefined;
  return () => {
    value ??= read();
    return value;
  };
}

/** What all platforms have, each once. */
function joined<T>(all: readonly ConvertedStage[], read: (stage: ConvertedStage) => T[]): T[] {
  const [only, ...more] = all;
  return only === undefined || more.length === 0 ? all.flatMap(read) : unique(all.flatMap(read));
}

/** What all platforms do, each once. What only some of them do names those. */
function joinInstructions(lists: readonly (readonly BuildInstruction[])[]): readonly BuildInstruction[] {
  const [only = [], ...more] = lists;
  if (more.length === 0) return only;
  const found = new Map<string, { instruction: BuildInstruction; platforms: number[] }>();
  for (const [platform, instructions] of lists.entries()) {
    // Triggers may be the same instruction several times.
    const counts = new Map<string, number>();
    for (const instruction of instructions) {
      const text = JSON.stringify(instruction);
      const count = counts.get(text) ?? 0;
      counts.set(text, count + 1);
      const key = `${count} ${text}`;
      const known = found.get(key) ?? { instruction, platforms: [] };
      known.platforms.push(platform);
      found.set(key, known);
    }
  }
  return [...found.values()].map(({ instruction, platforms }) =>
    platforms.length === lists.length ? instruction : { ...instruction, platforms },
  );
}

/** Values that are equal as JSON, once. */
function unique<T>(values: readonly T[]): T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

/** The problem of a stage that has one on every platform, and for certain. */
function sharedProblem(all: readonly ConvertedStage[]): Problem | undefined {
  const problems = all.flatMap(({ problem }) => (problem?.certain === true ? [problem.problem] : []));
  return problems.length === all.length ? problems[0] : undefined;
}

function baseOf(
  written: string,
  all: readonly ConvertedForPlatform[],
  { stages, isKnown, globals }: JoinContext,
): StageBase {
  const bases = unique(all.map(({ node }) => node.base?.index ?? node.baseName));
  const [only] = bases;
  const isOne = bases.length === 1;
  const stage = isOne && typeof only === 'number' ? stages[only] : undefined;
  if (stage !== undefined) return { kind: 'stage', stage };
  if (isOne && only === 'scratch') return { kind: 'scratch' };
  const names = bases.filter((base) => typeof base === 'string').filter((name) => name !== 'scratch');
  return {
    kind: 'image',
    image: written,
    resolved: isOne && typeof only === 'string' ? only : written,
    images: isOne || isKnown ? names : [],
    args: unique(all.flatMap((each) => globalsOf(each, globals))),
  };
}

/** The global ARGs that a FROM line uses, and those that their values were made from, to the end. */
function globalsOf({ node, args }: ConvertedForPlatform, globals: ReadonlySet<string>): string[] {
  const found = new Set([...node.fromNames].filter((name) => globals.has(name)));
  for (const name of found) for (const other of args.mentions.get(name) ?? []) if (globals.has(other)) found.add(other);
  return [...found];
}

function declaredIn({ body }: ConvertedStage): string[] {
  const names: string[] = [];
  for (const instruction of body.instructions)
    if (instruction.keyword === 'ARG') for (const { name } of instruction.args) names.push(name);
  return names;
}

function sourceStagesOf({ body }: ConvertedStage): number[] {
  const indexes: number[] = [];
  for (const { sources } of body.readers)
    for (const { node } of sources) if (node.kind === 'stage') indexes.push(node.index);
  return indexes;
}

function externalImagesOf({ body }: ConvertedStage): ExternalImage[] {
  const images: ExternalImage[] = [];
  for (const { sources, instruction } of body.readers)
    for (const { node } of sources)
      if (node.kind === 'image' && node.baseName !== 'scratch')
        images.push({ image: node.baseName, line: instruction.line });
  return images;
}

function contextSourcesOf({ state }: ConvertedStage): ContextSource[] {
  return (state?.contextPaths ?? [])
    .filter(({ written }) => !/^(?:git:\/\/|ssh:\/\/|git@)/.test(written))
    .map(({ path, written, known, line, instruction }) => {
      const inside = known ? path.slice(1) : joinPaths('/', written).slice(1);
      return { path: inside === '' ? '.' : inside, written, line, instruction };
    });
}

function secretsOf({ state }: ConvertedStage): StageSecret[] {
  const secrets: StageSecret[] = [];
  for (const { instruction, mounts } of state?.runs ?? []) {
    const { line } = instruction;
    for (const { type, id, source, target, required } of mounts) {
      if (type === 'ssh') secrets.push({ type, id: id === '' ? 'default' : id, line, required });
      else if (type === 'secret')
        secrets.push({ type, id: id || source || (target.split('/').at(-1) ?? ''), line, required });
    }
  }
  return secrets;
}

const NUMBERED = ['RUN', 'COPY', 'ADD', 'WORKDIR'];

function stepsOf({ from, body }: StageText, base: StageBase): StageStep[] {
  // BuildKit numbers FROM only where it is an image.
  let ordinal = base.kind === 'image' ? 1 : 0;
  const steps: StageStep[] = [new Step(from.parsed, ordinal === 0 ? undefined : ordinal)];
  for (const { keyword, parsed } of body) {
    if (keyword === 'ONBUILD') continue;
    steps.push(new Step(parsed, NUMBERED.includes(keyword) ? ++ordinal : undefined));
  }
  return steps;
}

/** Only a build shows the text of a step. */
class Step implements StageStep {
  readonly keyword: string;
  readonly line: number;
  declare readonly ordinal?: number;
  readonly #parsed: ParsedInstruction;

  constructor(parsed: ParsedInstruction, ordinal: number | undefined) {
    this.keyword = parsed.keyword;
    this.line = parsed.line;
    if (ordinal !== undefined) this.ordinal = ordinal;
    this.#parsed = parsed;
  }

  get text(): string {
    const { keyword, source, written } = this.#parsed;
    return `${keyword} ${source.text.slice(written.end)}`.replace(/\s+/g, ' ').trim();
  }
}
