import { isAtLeast } from '../../lib/version.ts';
import { checkDefaultImages, checkFromLines, checkInstructions } from '../checks/file-checks.ts';
import { type RuleViolation, RuleViolations, ruleSince } from '../checks/rule-violations.ts';
import type { BodyInstruction } from '../instructions/instruction.ts';
import { readInstruction } from '../instructions/read-instruction.ts';
import { locate, type Problem, ProblemError, problemError } from '../problem.ts';
import { parseDockerfile } from '../syntax/parse.ts';
import { normalizeImage } from '../values/image-name.ts';
import { type BuildInstruction, buildInstruction, fromInstruction, type InstructionUse } from './build-instruction.ts';
import type { BuildRequest, GlobalArgs } from './build-request.ts';
import { dispatchStage } from './dispatch.ts';
import type { DockerfileText } from './dockerfile-text.ts';
import { builtInArgs, readGlobalArgs } from './global-args.ts';
import {
  buildGraph,
  type Node,
  type NodeList,
  type Reader,
  type Source,
  type StageBody,
  type StageGraph,
} from './graph.ts';
import type { DispatchContext } from './stage-scope.ts';
import type { DispatchedStage, StageProblem, StageState } from './stage-state.ts';

/** A stage as the target of a build. */
export interface ConvertedStage {
  readonly node: Node;
  readonly body: StageBody;
  /** The stages and images that it needs, itself among them. */
  readonly needs: ReadonlySet<Node>;
  /** Why it cannot be built, for certain or not. */
  readonly problem?: StageProblem;
  /** What it is at its end, as far as that is known when there is a problem. */
  readonly state?: StageState;
}

interface TargetGraph {
  readonly graph: StageGraph & { list: NodeList };
  readonly args: GlobalArgs;
}

interface Resolution {
  readonly needs: ReadonlySet<Node>;
  readonly bodies: ReadonlyMap<Node, StageBody>;
  readonly problem?: Problem;
}

const EMPTY: StageBody = { instructions: [], readers: [] };

/** Turns the stages of a file into what a build would do, for one platform and its arguments. */
export class Converter {
  readonly args: GlobalArgs;
  readonly stages: readonly Node[];
  readonly #file: DockerfileText;
  readonly #request: BuildRequest;
  readonly #graph: StageGraph & { list: NodeList };
  readonly #converted = new Map<number, ConvertedStage>();
  // A stage is the same for every target, unless it depends on the target's name, or numbers of triggers do.
  readonly #shared: Map<Node, DispatchedStage> | undefined;
  readonly #targetMatters: boolean;
  readonly #hasTriggers: boolean;
  readonly #badImages = new Map<StageGraph, { problem: Problem | undefined }>();

  /** @throws {ProblemError} phase `graph` */
  constructor(file: DockerfileText, request: BuildRequest) {
    this.#file = file;
    this.#request = request;
    if (file.stages.length === 0)
      throw problemError(
        'graph',
        { line: 0, endLine: 0 },
        'the Dockerfile has no FROM',
        'Add the image to build from: FROM image.',
      );
    this.args = readGlobalArgs(file, request, file.stages.at(-1)?.from.name ?? '');
    this.#graph = buildGraph(file, request, this.args);
    this.stages = this.#graph.stages;
    this.#targetMatters = file.mentions.has('TARGETSTAGE');
    this.#hasTriggers = file.hasTriggers;
    this.#shared = this.#targetMatters || this.#hasTriggers ? undefined : new Map();
  }

  /** The stage of that index as the target. */
  convert(index: number): ConvertedStage {
    const known = this.#converted.get(index);
    if (known !== undefined) return known;
    const converted = this.#convert(index);
    this.#converted.set(index, converted);
    return converted;
  }

  /** What a target of that name breaks, whatever stages it needs. */
  #fileViolations(args: GlobalArgs, target: string): readonly RuleViolation[] {
    if (!this.#file.checks.error) return [];
    const violations = new RuleViolations(this.#file.checks);
    checkInstructions(this.#file, violations);
    checkDefaultImages(this.#file, builtInArgs(this.#request, target), violations);
    checkFromLines(this.#file, args.values, { builder: this.#request.builder, violations });
    return violations.found;
  }

  /** With `# check=error=true` a violation in what is built is an error. */
  #lintProblem(
    index: number,
    args: GlobalArgs,
    dispatched: ReadonlyMap<Node, DispatchedStage>,
  ): StageProblem | undefined {
    if (!this.#file.checks.error) return undefined;
    const name = this.#file.stages[index]?.from.name ?? '';
    const found = [
      ...this.#fileViolations(args, name),
      ...[...dispatched.values()].flatMap(({ violations }) => violations),
    ];
    const first = found.find(({ certain }) => certain) ?? found[0];
    if (first === undefined) return undefined;
    const rules = [...new Set(found.map(({ rule }) => rule))];
    const decisive = found.filter(({ certain }) => certain === first.certain).map(({ rule }) => ruleSince(rule));
    const problem: Problem = {
      phase: 'lint',
      line: first.line,
      endLine: first.line,
      message: `"# check=error=true" makes violations of these rules an error: ${rules.sort().join(', ')}`,
      hint: 'Fix them, or skip a rule with "# check=skip=RULE;error=true".',
      since: decisive.reduce((oldest, other) => (isAtLeast(oldest, other) ? other : oldest)),
    };
    return { problem, certain: first.certain };
  }

  /** What a build of that stage does, in the order of the file. */
  instructionsOf(index: number): BuildInstruction[] {
    const own = this.#ownOf(index);
    if ('problem' in own) return [];
    const { needs, bodies } = this.#resolve(own.graph, nodeAt(own.graph.stages, index));
    const order = inOrder(needs);
    const places = new Map(order.map((node, place) => [node, `#${place}`]));
    const placeOf = (node: Node): string => places.get(node) ?? node.baseName;
    const states = new Map<Node, StageState>();
    const { escapeCharacter } = this.#file;
    return order.flatMap((node) => {
      const found = [fromInstruction(node, { placeOf, values: own.args.values, escapeCharacter })];
      const onInstruction = (use: InstructionUse): void => {
        const instruction = buildInstruction(node, use, placeOf);
        if (instruction !== undefined) found.push(instruction);
      };
      const base = node.base === undefined ? undefined : states.get(node.base);
      const context = { ...this.#contextOf(own.args), onInstruction };
      states.set(node, dispatchStage(node, bodies.get(node) ?? EMPTY, base, context).state);
      return found;
    });
  }

  #ownOf(index: number): TargetGraph | { problem: Problem } {
    const last = this.#file.stages.length - 1;
    return this.#targetMatters && index !== last ? this.#forTarget(index) : { graph: this.#graph, args: this.args };
  }

  #resolve(graph: StageGraph & { list: NodeList }, node: Node): Resolution {
    return this.#hasTriggers ? resolve(graph, node) : this.#resolvePlain(graph, node);
  }

  #convert(index: number): ConvertedStage {
    const own = this.#ownOf(index);
    if ('problem' in own) {
      const node = nodeAt(this.stages, index);
      return { node, body: EMPTY, needs: new Set([node]), problem: { problem: own.problem, certain: true } };
    }
    const node = nodeAt(own.graph.stages, index);
    const { needs, bodies, problem } = this.#resolve(own.graph, node);
    const result = { node, body: bodies.get(node) ?? EMPTY, needs };
    const dispatched = this.#dispatch(own.args, { needs, bodies });
    const state = dispatched.get(node)?.state;
    const first =
      problem === undefined
        ? (firstProblem(dispatched) ?? this.#lintProblem(index, own.args, dispatched))
        : { problem, certain: true };
    return { ...result, ...(state === undefined ? {} : { state }), ...(first === undefined ? {} : { problem: first }) };
  }

  /** Without triggers every target needs the same images to be right. */
  #resolvePlain(graph: StageGraph & { list: NodeList }, target: Node): Resolution {
    const { bodies } = graph;
    const needs = needsOf(target, bodies);
    const known = this.#badImages.get(graph);
    const problem = known === undefined ? badImage(graph) : known.problem;
    this.#badImages.set(graph, { problem });
    return { needs, bodies, ...(problem === undefined ? {} : { problem }) };
  }

  #forTarget(index: number): TargetGraph | { problem: Problem } {
    try {
      const args = readGlobalArgs(this.#file, this.#request, this.#file.stages[index]?.from.name ?? '');
      return { args, graph: buildGraph(this.#file, this.#request, args) };
    } catch (error) {
      if (error instanceof ProblemError) return { problem: error.problem };
      throw error;
    }
  }

  /** The stages that are needed, in the order of the file. */
  #dispatch(args: GlobalArgs, { needs, bodies }: Pick<Resolution, 'needs' | 'bodies'>): Map<Node, DispatchedStage> {
    const known = this.#shared ?? new Map<Node, DispatchedStage>();
    const context = this.#contextOf(args);
    const order = inOrder(needs);
    const dispatched = new Map<Node, DispatchedStage>();
    for (const node of order) {
      const base = node.base === undefined ? undefined : known.get(node.base)?.state;
      const stage = known.get(node) ?? dispatchStage(node, bodies.get(node) ?? EMPTY, base, context);
      known.set(node, stage);
      dispatched.set(node, stage);
    }
    return dispatched;
  }

  #contextOf(args: GlobalArgs): DispatchContext {
    const { escapeCharacter, checks } = this.#file;
    return { escapeCharacter, checks, args, platform: this.#request.platform };
  }
}

function inOrder(needs: ReadonlySet<Node>): Node[] {
  return [...needs].filter(({ kind }) => kind === 'stage').sort((a, b) => a.index - b.index);
}

function firstProblem(dispatched: ReadonlyMap<Node, DispatchedStage>): StageProblem | undefined {
  for (const { problems } of dispatched.values()) if (problems[0] !== undefined) return problems[0];
  return undefined;
}

function nodeAt(nodes: readonly Node[], index: number): Node {
  const node = nodes[index];
  if (node === undefined) throw new RangeError(`there is no stage ${index}`);
  return node;
}

function badImage({ nodes }: StageGraph): Problem | undefined {
  try {
    for (const node of nodes) checkImage(node);
    return undefined;
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    throw error;
  }
}

/** Finds what a target needs, and gives stages the triggers of their base. */
function resolve(graph: StageGraph & { list: NodeList }, target: Node): Resolution {
  const list = graph.list.copy();
  const bodies = new Map(graph.bodies);
  const triggered = new Set<Node>();
  let checked = 0;
  let needs = needsOf(target, bodies);
  try {
    for (let again = true; again; ) {
      again = false;
      for (; checked < list.nodes.length; checked++) checkImage(list.nodes[checked]);
      for (const node of [...needs].sort((a, b) => a.index - b.index)) {
        if (node.base === undefined || triggered.has(node)) continue;
        triggered.add(node);
        const triggers = triggersOf(node, bodies.get(node.base) ?? EMPTY, list);
        if (triggers.instructions.length === 0) continue;
        bodies.set(node, joined(triggers, bodies.get(node) ?? EMPTY));
        again ||= triggers.readers.length > 0;
      }
      if (again) needs = needsOf(target, bodies);
    }
  } catch (error) {
    if (error instanceof ProblemError) return { needs, bodies, problem: error.problem };
    throw error;
  }
  return { needs, bodies };
}

function joined(first: StageBody, second: StageBody): StageBody {
  return {
    instructions: [...first.instructions, ...second.instructions],
    readers: [...first.readers, ...second.readers],
  };
}

function needsOf(target: Node, bodies: ReadonlyMap<Node, StageBody>): Set<Node> {
  const needs = new Set([target]);
  // A set gives what is added while it is gone through.
  for (const node of needs) {
    if (node.base !== undefined) needs.add(node.base);
    for (const { sources } of (bodies.get(node) ?? EMPTY).readers) for (const source of sources) needs.add(source.node);
  }
  return needs;
}

function checkImage(node: Node | undefined): void {
  if (node === undefined || node.base !== undefined || node.baseName === 'scratch') return;
  locate('resolve', node.at, () => normalizeImage(node.baseName));
}

function triggersOf(node: Node, base: StageBody, list: NodeList): StageBody {
  const instructions: BodyInstruction[] = [];
  const readers: Reader[] = [];
  for (const each of base.instructions) {
    if (each.keyword !== 'ONBUILD') continue;
    const { instruction, sources } = readTrigger(each.trigger, node, list);
    instructions.push(instruction);
    if (sources !== undefined) readers.push({ instruction, sources });
  }
  return { instructions, readers };
}

function readTrigger(
  trigger: string,
  { at }: Node,
  list: NodeList,
): { instruction: BodyInstruction; sources: readonly Source[] | undefined } {
  try {
    const [parsed, ...more] = parseDockerfile(trigger).instructions;
    const instruction = parsed === undefined || more.length > 0 ? undefined : readInstruction({ ...parsed, ...at });
    if (instruction === undefined || instruction.keyword === 'FROM')
      throw problemError(
        'resolve',
        at,
        'an ONBUILD of its base is not one instruction',
        'Write one ONBUILD for each instruction.',
      );
    return { instruction, sources: locate('resolve', at, () => list.sourcesOf(instruction)) };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const message = `an ONBUILD of its base cannot be run: ${error.problem.message}`;
    throw problemError('resolve', at, message, error.problem.hint);
  }
}
