import type { BodyInstruction, FilesInstruction, RunInstruction } from '../instructions/instruction.ts';
import { type LineRange, locate, located, problemError, show, ValueError } from '../problem.ts';
import { expand } from '../syntax/shell-lexer.ts';
import { lowerCase } from '../syntax/text.ts';
import { readInteger } from '../values/go-values.ts';
import { type Platform, parsePlatform } from '../values/platform.ts';
import type { BuildRequest, GlobalArgs } from './build-request.ts';
import type { DockerfileText, StageText } from './dockerfile-text.ts';

/** A stage of the file, or an image that an instruction reads from. */
export interface Node {
  readonly kind: 'stage' | 'image';
  /** Of a stage, its place in the file; images come behind all stages, in the order in which they are met. */
  readonly index: number;
  /** The text of a stage. */
  readonly text?: StageText;
  /** The image or the stage that it starts from, variables filled in. */
  readonly baseName: string;
  /** The stage that it starts from. */
  readonly base?: Node;
  readonly platform?: Platform;
  /** Names of the arguments that its FROM mentions. */
  readonly fromNames: ReadonlySet<string>;
  /** Where an image that is not one has its problem. */
  readonly at: LineRange;
}

/** What a stage does, the triggers of its base first. */
export interface StageBody {
  readonly instructions: readonly BodyInstruction[];
  /** Those that read from a stage or an image, in the same order. */
  readonly readers: readonly Reader[];
}

/** An instruction that reads from a stage or an image. */
export interface Reader {
  readonly instruction: BodyInstruction;
  /** What a COPY reads from, or each mount of a RUN. */
  readonly sources: readonly Source[];
}

export interface Source {
  readonly node: Node;
  /** As written. */
  readonly from: string;
}

/** Stages, what they start from, and what their own instructions read from. */
export interface StageGraph {
  readonly stages: readonly Node[];
  /** Stages, then images. */
  readonly nodes: readonly Node[];
  readonly bodies: ReadonlyMap<Node, StageBody>;
}

const NO_NAMES: ReadonlySet<string> = new Set();
const NOWHERE: LineRange = { line: 0, endLine: 0 };

// What a mount without `from` reads from. It is in the list once for each of them: COPY --from may count there.
const NOTHING: Node = {
  kind: 'image',
  index: Number.MAX_SAFE_INTEGER,
  baseName: 'scratch',
  fromNames: NO_NAMES,
  at: NOWHERE,
};

/** Finds what instructions name, and keeps the images that are no stages. */
export class NodeList {
  readonly nodes: Node[];
  readonly #byName: ReadonlyMap<string, Node>;
  readonly #nothing: Source;
  readonly #escapeCharacter: string;

  constructor(nodes: readonly Node[], byName: ReadonlyMap<string, Node>, escapeCharacter: string) {
    this.nodes = [...nodes];
    this.#byName = byName;
    this.#nothing = { from: '', node: byName.get(NOTHING.baseName) ?? NOTHING };
    this.#escapeCharacter = escapeCharacter;
  }

  copy(): NodeList {
    return new NodeList(this.nodes, this.#byName, this.#escapeCharacter);
  }

  /**
   * What an instruction reads from; undefined for one that reads from nothing.
   *
   * @throws {ValueError} for a `--from` with a variable, or of a stage that there is not
   */
  sourcesOf(instruction: BodyInstruction): readonly Source[] | undefined {
    if (instruction.keyword === 'COPY') return this.#copySource(instruction);
    return instruction.keyword === 'RUN' ? this.#mountSources(instruction) : undefined;
  }

  #copySource({ flags, line, endLine }: FilesInstruction): readonly Source[] | undefined {
    const from = flags.value('from') ?? '';
    if (from === '') return undefined;
    if (expand(from, () => undefined, { escapeCharacter: this.#escapeCharacter }).text !== from)
      throw new ValueError(
        `COPY --from=${from} contains a variable or a quote, and BuildKit replaces neither there`,
        'Give the image a stage of its own ("FROM ${IMAGE} AS source") and copy --from=source.',
      );
    const number = readInteger(from);
    if (number === undefined)
      return [{ from, node: this.#byName.get(lowerCase(from)) ?? this.#image(from, { line, endLine }) }];
    const node = number < 0 ? undefined : this.nodes[Number(number)];
    if (node === undefined)
      throw new ValueError(
        `COPY --from=${from} names no stage`,
        'Stages are numbered from 0. A name is safer: FROM … AS name.',
      );
    return [{ from, node }];
  }

  #mountSources({ mounts }: RunInstruction): readonly Source[] | undefined {
    if (mounts.length === 0) return undefined;
    return mounts.map(({ from }) => {
      if (from !== '') return { from, node: this.#byName.get(lowerCase(from)) ?? this.#image(from, NOWHERE) };
      if (this.#nothing.node === NOTHING) this.nodes.push(NOTHING);
      return this.#nothing;
    });
  }

  #image(name: string, at: LineRange): Node {
    const node: Node = { kind: 'image', index: this.nodes.length, baseName: name, fromNames: NO_NAMES, at };
    this.nodes.push(node);
    return node;
  }
}

/**
 * Puts the stages of a file together.
 *
 * @throws {ProblemError} phase `graph`
 */
export function buildGraph(
  file: DockerfileText,
  request: BuildRequest,
  args: GlobalArgs,
): StageGraph & { list: NodeList } {
  const byName = new Map<string, Node>();
  const stages: Node[] = [];
  for (const text of file.stages) {
    const node = stageNode(text, stages.length, { file, request, args, byName });
    stages.push(node);
    if (text.from.name !== undefined) byName.set(text.from.name, node);
  }
  const list = new NodeList(stages, byName, file.escapeCharacter);
  const bodies = new Map(stages.map((node) => [node, readBody(node.text?.body ?? [], list)]));
  refuseCircles(list.nodes, bodies);
  return { stages, nodes: list.nodes, bodies, list };
}

function readBody(instructions: readonly BodyInstruction[], list: NodeList): StageBody {
  const readers: Reader[] = [];
  for (const instruction of instructions) {
    try {
      const sources = list.sourcesOf(instruction);
      if (sources !== undefined) readers.push({ instruction, sources });
    } catch (error) {
      throw located('graph', instruction, error);
    }
  }
  return { instructions, readers };
}

interface NodeContext {
  readonly file: DockerfileText;
  readonly request: BuildRequest;
  readonly args: GlobalArgs;
  readonly byName: ReadonlyMap<string, Node>;
}

function stageNode(text: StageText, index: number, { file, request, args, byName }: NodeContext): Node {
  const { from } = text;
  const fill = (word: string) =>
    expand(word, (name) => args.values.get(name), { escapeCharacter: file.escapeCharacter });
  return locate('graph', from, () => {
    const base = fill(from.base);
    if (base.text === '')
      throw new ValueError(
        `FROM ${from.base} names no image: it is empty`,
        'Give its ARG a default before the first FROM, or set the argument in config.yaml.',
      );
    const platform = from.platform === undefined ? undefined : fill(from.platform);
    if (platform?.text === '')
      throw new ValueError(
        `FROM --platform=${from.platform} names no platform: it is empty`,
        'Give its ARG a default before the first FROM, or set the argument in config.yaml.',
      );
    const stage = byName.get(base.text);
    return {
      kind: 'stage',
      index,
      text,
      baseName: base.text,
      ...(stage === undefined ? {} : { base: stage }),
      ...(platform === undefined ? {} : { platform: parsePlatform(platform.text, request.builder) }),
      fromNames: new Set([...base.names, ...(platform?.names ?? [])]),
      at: { line: from.line, endLine: from.endLine },
    };
  });
}

/** Refuses stages that copy from each other in a circle, as far as COPY and mounts lead. */
function refuseCircles(nodes: readonly Node[], bodies: ReadonlyMap<Node, StageBody>): void {
  // An image leads nowhere.
  const stages = nodes.filter(({ kind }) => kind === 'stage');
  const edges = new Map(stages.map((node) => [node, edgesOf(bodies.get(node)?.readers ?? [])]));
  const visited = new Set<Node>();
  for (const start of stages) {
    const first = firstEdgeOfCircle(start, edges, visited);
    if (first !== undefined)
      throw problemError(
        'graph',
        first,
        `the stage ${show(start.text?.from.name ?? String(start.index))} is part of a circle: it needs itself`,
        'Move what both stages need into a third one.',
      );
  }
}

/** Each stage that is read from with the last instruction that reads from it, in the order of the first. */
function edgesOf(readers: readonly Reader[]): Map<Node, LineRange> {
  const edges = new Map<Node, LineRange>();
  for (const { instruction, sources } of readers)
    for (const { node } of sources) if (node.kind === 'stage') edges.set(node, instruction);
  return edges;
}

interface Visit {
  readonly node: Node;
  readonly edges: Iterator<readonly [Node, LineRange]>;
}

/** The instruction on the way from `start` into a circle, if there is one. Deep files must not exhaust the stack. */
function firstEdgeOfCircle(
  start: Node,
  edges: ReadonlyMap<Node, ReadonlyMap<Node, LineRange>>,
  visited: Set<Node>,
): LineRange | undefined {
  if (visited.has(start)) return undefined;
  const open = (node: Node): Visit => {
    visited.add(node);
    return { node, edges: (edges.get(node) ?? new Map<Node, LineRange>()).entries() };
  };
  const path: Visit[] = [open(start)];
  const onPath = new Set([start]);
  let first: LineRange | undefined;
  for (let visit = path.at(-1); visit !== undefined; visit = path.at(-1)) {
    const next = visit.edges.next();
    if (next.done === true) {
      onPath.delete(visit.node);
      path.pop();
      continue;
    }
    const [node, reader] = next.value;
    if (path.length === 1) first = reader;
    if (onPath.has(node)) return first;
    if (visited.has(node)) continue;
    path.push(open(node));
    onPath.add(node);
  }
  return undefined;
}
