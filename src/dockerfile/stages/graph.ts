import type { FilesInstruction, FromInstruction, Instruction, RunInstruction } from '../instructions/instruction.ts';
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

/** An instruction of a stage, its own or a trigger of its base. */
export interface Command {
  readonly instruction: Exclude<Instruction, FromInstruction>;
  readonly at: LineRange;
  readonly onbuild: boolean;
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
  readonly commands: ReadonlyMap<Node, readonly Command[]>;
}

const NO_NAMES: ReadonlySet<string> = new Set();
const NO_SOURCES: readonly Source[] = [];
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
   * Turns an instruction into a command.
   *
   * @throws {ValueError} for a `--from` with a variable, or of a stage that there is not
   */
  command(instruction: Exclude<Instruction, FromInstruction>, at: LineRange, onbuild: boolean): Command {
    return { instruction, at, onbuild, sources: this.#sourcesOf(instruction, at) };
  }

  #sourcesOf(instruction: Exclude<Instruction, FromInstruction>, at: LineRange): readonly Source[] {
    if (instruction.keyword === 'COPY') return this.#copySource(instruction, at);
    return instruction.keyword === 'RUN' ? this.#mountSources(instruction) : NO_SOURCES;
  }

  #copySource(instruction: FilesInstruction, at: LineRange): readonly Source[] {
    const from = instruction.flags.value('from') ?? '';
    if (from === '') return NO_SOURCES;
    if (expand(from, () => undefined, { escapeCharacter: this.#escapeCharacter }).text !== from)
      throw new ValueError(
        `COPY --from=${from} contains a variable or a quote, and BuildKit replaces neither there`,
        'Give the image a stage of its own ("FROM ${IMAGE} AS source") and copy --from=source.',
      );
    const number = readInteger(from);
    if (number === undefined) return [{ from, node: this.#byName.get(lowerCase(from)) ?? this.#image(from, at) }];
    const node = number < 0 ? undefined : this.nodes[Number(number)];
    if (node === undefined)
      throw new ValueError(
        `COPY --from=${from} names no stage`,
        'Stages are numbered from 0. A name is safer: FROM … AS name.',
      );
    return [{ from, node }];
  }

  #mountSources({ mounts }: RunInstruction): readonly Source[] {
    if (mounts.length === 0) return NO_SOURCES;
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
  const commands = new Map(stages.map((node) => [node, (node.text?.body ?? []).map((each) => commandOf(each, list))]));
  refuseCircles(list.nodes, commands);
  return { stages, nodes: list.nodes, commands, list };
}

function commandOf(instruction: Exclude<Instruction, FromInstruction>, list: NodeList): Command {
  try {
    return list.command(instruction, instruction, false);
  } catch (error) {
    throw located('graph', instruction, error);
  }
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
function refuseCircles(nodes: readonly Node[], commands: ReadonlyMap<Node, readonly Command[]>): void {
  // An image leads nowhere.
  const stages = nodes.filter(({ kind }) => kind === 'stage');
  const edges = new Map(stages.map((node) => [node, edgesOf(commands.get(node) ?? [])]));
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

/** Each stage that is read from with the last command that reads from it, in the order of the first. */
function edgesOf(commands: readonly Command[]): Map<Node, Command> {
  const edges = new Map<Node, Command>();
  for (const command of commands)
    if (command.sources.length > 0)
      for (const { node } of command.sources) if (node.kind === 'stage') edges.set(node, command);
  return edges;
}

interface Visit {
  readonly node: Node;
  readonly edges: Iterator<readonly [Node, Command]>;
}

/** The command on the way from `start` into a circle, if there is one. Deep files must not exhaust the stack. */
function firstEdgeOfCircle(
  start: Node,
  edges: ReadonlyMap<Node, ReadonlyMap<Node, Command>>,
  visited: Set<Node>,
): LineRange | undefined {
  if (visited.has(start)) return undefined;
  const open = (node: Node): Visit => {
    visited.add(node);
    return { node, edges: (edges.get(node) ?? new Map<Node, Command>()).entries() };
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
    const [node, command] = next.value;
    if (path.length === 1) first = command.at;
    if (onPath.has(node)) return first;
    if (visited.has(node)) continue;
    path.push(open(node));
    onPath.add(node);
  }
  return undefined;
}
