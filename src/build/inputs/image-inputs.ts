import { createHash } from 'node:crypto';
import type { BuildSecret } from '../../config/package.ts';
import type { BuildInstruction, DockerfileGraph, Stage, StageSecret } from '../../dockerfile/dockerfile.ts';
import { joinWords } from '../../lib/text/words.ts';
import type { ServiceInputs } from '../../model/inputs.ts';
import type { BaseImages } from './base-images.ts';
import type { ContextReader } from './context/context.ts';

/** The version of the digest: inputs of another version are never equal. */
const FORMAT = 1;

/** What an image would be made from now. */
export interface ImageInputs extends ServiceInputs {
  /** Why it has to be built all the same: what only the build knows. */
  readonly unknown: readonly string[];
  /** What to change so that less counts as an input. */
  readonly hints: readonly string[];
  /** The instructions that take a path of the context, for messages: `COPY, line 41`. */
  readonly takenBy: ReadonlyMap<string, string>;
}

export interface ImageInputsOptions {
  readonly graph: DockerfileGraph;
  readonly stage: Stage;
  /** The build arguments that the build gets. */
  readonly args: Readonly<Record<string, string>>;
  /** Those that count although only metadata uses them. */
  readonly rebuildFor: readonly string[];
  readonly secrets: Readonly<Record<string, BuildSecret>>;
  readonly platforms: readonly string[];
  readonly bases: Pick<BaseImages, 'find'>;
  readonly context: ContextReader;
}

/**
 * Collects all that can change an image: instructions, arguments, base images, files of the context, ids of secrets, platforms.
 *
 * @throws {ObjDockerError} BASE_UNREACHABLE, CANCELLED
 */
export async function readImageInputs(options: ImageInputsOptions): Promise<ImageInputs> {
  const { graph, stage, context } = options;
  const instructions = graph.instructionsOf(stage);
  const stages = graph.withDependencies(stage);
  const unknown = new Set<string>();
  if (graph.isForeign) unknown.add(`${graph.syntax} reads the Dockerfile, and only it knows what that takes`);
  for (const { unknown: reason, line } of instructions)
    if (reason !== undefined) unknown.add(`${reason} (line ${line})`);
  const [images, taken] = await Promise.all([readImages(stages, options, unknown), takeFiles(instructions, context)]);
  for (const reason of taken.problems) unknown.add(reason);
  const values = valuesOf(instructions);
  const parts: Omit<ServiceInputs, 'digest'> = {
    platforms: [...options.platforms].sort(),
    stages: stagesOf(instructions, values),
    arguments: argumentsOf(instructions, values, options),
    images,
    files: taken.files,
    secrets: secretsOf(stages, options.secrets),
  };
  const digest = createHash('sha256');
  digest.update(canonical([FORMAT, graph.syntax ?? '', parts]));
  return {
    digest: `sha256:${digest.digest('hex')}`,
    ...parts,
    unknown: [...unknown],
    hints: taken.hints,
    takenBy: taken.takenBy,
  };
}

/** JSON in which the order of keys does not matter. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);
}

/**
 * What stages do. The values of arguments are a part of their own, so that the part that has changed can be named: an instruction has
 * the index of the value that it sees among those in its stage.
 */
function stagesOf(instructions: readonly BuildInstruction[], values: ArgumentValues): Record<string, string> {
  const contents = new Map<string, unknown[]>();
  const names = stageNames(instructions);
  for (const { stage, keyword, text, args, platforms = [] } of instructions) {
    const name = names.get(stage) ?? '';
    const content = contents.get(name) ?? [];
    const seen = args.map(([argument, value]) => [
      argument,
      [...(values.get(argument)?.get(stage) ?? [])].indexOf(valueText(value, platforms)),
    ]);
    content.push([keyword, text, seen, platforms]);
    contents.set(name, content);
  }
  return Object.fromEntries([...contents].map(([name, content]) => [name, hash(content)]));
}

/** By argument and stage. */
type ArgumentValues = ReadonlyMap<string, ReadonlyMap<number, ReadonlySet<string>>>;

function valuesOf(instructions: readonly BuildInstruction[]): ArgumentValues {
  const values = new Map<string, Map<number, Set<string>>>();
  for (const { stage, args, platforms = [] } of instructions)
    for (const [name, value] of args) {
      const stages = values.get(name) ?? new Map<number, Set<string>>();
      const found = stages.get(stage) ?? new Set();
      values.set(name, stages.set(stage, found.add(valueText(value, platforms))));
    }
  return values;
}

function valueText(value: string, platforms: readonly number[]): string {
  return JSON.stringify([value, ...platforms]);
}

/** The names of stages; one without, or with a name that another one has, is `#` and its place among them. */
function stageNames(instructions: readonly BuildInstruction[]): Map<number, string> {
  const names = new Map<number, string>();
  for (const { stage, stageName } of instructions) {
    if (names.has(stage)) continue;
    const isTaken = stageName === undefined || [...names.values()].includes(stageName);
    names.set(stage, isTaken ? `#${names.size}` : stageName);
  }
  return names;
}

function argumentsOf(
  instructions: readonly BuildInstruction[],
  values: ArgumentValues,
  { graph, stage: target, args, rebuildFor }: ImageInputsOptions,
): Record<string, string> {
  const places = [...new Set(instructions.map(({ stage }) => stage))];
  const found = new Map<string, unknown[]>();
  for (const [name, stages] of values) {
    const lists = [...stages.values()].map((each) => [...each]);
    const [first] = lists;
    const isSame = lists.every((list) => JSON.stringify(list) === JSON.stringify(first));
    // An argument that means the same everywhere does not change with one more stage that sees it.
    found.set(name, isSame ? [first] : [...stages].map(([stage, each]) => [places.indexOf(stage), ...each]));
  }
  const declared = graph.withDependencies(target).flatMap(({ visibleArgs }) => [...visibleArgs]);
  for (const [name, value] of new Map([...declared, ...Object.entries(args)]))
    if (name.startsWith('BUILDKIT_') || rebuildFor.includes(name))
      found.set(name, [...(found.get(name) ?? []), { given: value }]);
  return Object.fromEntries([...found].map(([name, content]) => [name, hash(content)]));
}

async function readImages(
  stages: readonly Stage[],
  { bases }: ImageInputsOptions,
  unknown: Set<string>,
): Promise<Record<string, string>> {
  const started = new Set<string>();
  for (const { from } of stages) {
    if (from.kind !== 'image') continue;
    if (from.images.length === 0) unknown.add(`only the build knows which image FROM ${from.image} is`);
    for (const image of from.images) started.add(image);
  }
  const names = new Set([...started, ...stages.flatMap((stage) => stage.externalImages.map(({ image }) => image))]);
  const found = await Promise.all(
    [...names].sort().map(async (image): Promise<[string, string][]> => {
      const base = await bases.find(image);
      if ('unknown' in base) {
        unknown.add(base.unknown);
        return [];
      }
      const trigger = base.onbuild.find((each) => /^\s*(COPY|ADD|ARG|RUN\s[\s\S]*--mount)/i.test(each));
      if (trigger !== undefined && started.has(image)) unknown.add(`the base image ${image} has ONBUILD ${trigger}`);
      return [[image, base.digest]];
    }),
  );
  return Object.fromEntries(found.flat());
}

function secretsOf(stages: readonly Stage[], secrets: Readonly<Record<string, BuildSecret>>): Record<string, string> {
  const mounted = stages.flatMap((stage): readonly StageSecret[] => stage.secrets);
  return Object.fromEntries(
    mounted.map(({ type, id }) => [
      type === 'ssh' ? `ssh ${id}` : id,
      hash(type === 'ssh' ? '' : (secrets[id]?.version ?? '')),
    ]),
  );
}

interface TakenFiles {
  readonly files: Record<string, string>;
  readonly takenBy: ReadonlyMap<string, string>;
  readonly problems: readonly string[];
  readonly hints: readonly string[];
}

function gitHint(folder: string, reader: string): string {
  return `${folder} is in the image (${reader}), and differs in each clone: add ${folder} to .dockerignore`;
}

async function takeFiles(instructions: readonly BuildInstruction[], context: ContextReader): Promise<TakenFiles> {
  const files = new Map<string, string>();
  const readers = new Map<string, Set<string>>();
  const problems = new Set<string>();
  const hints = new Set<string>();
  for (const { keyword, line, context: requests } of instructions) {
    if (requests.length === 0) continue;
    const taken = await context.take(requests);
    for (const { path, digest } of taken.entries) {
      const known = files.get(path);
      // A hard link is another file where the instruction takes only one of the two.
      files.set(path, known === undefined || known === digest ? digest : hash([known, digest]));
      readers.set(path, (readers.get(path) ?? new Set()).add(`${keyword}, line ${line}`));
    }
    for (const { path, reason } of taken.problems) problems.add(`${path}: ${reason}`);
    for (const folder of taken.gitFolders) hints.add(gitHint(folder, `${keyword}, line ${line}`));
    for (const remark of taken.remarks) hints.add(remark);
  }
  return {
    files: Object.fromEntries([...files].sort(([a], [b]) => (a < b ? -1 : 1))),
    takenBy: new Map([...readers].map(([path, texts]) => [path, joinWords([...texts])])),
    problems: [...problems],
    hints: [...hints],
  };
}
