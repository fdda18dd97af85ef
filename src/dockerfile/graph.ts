import type { DockerfileFeature } from './features/feature.ts';
import type { Frontend } from './features/frontend.ts';
import type { Problem } from './problem.ts';
import type { BuildInstruction } from './stages/build-instruction.ts';

/** A Dockerfile as a graph of stages. Data only; {@link DockerfileGraph.find}, `withDependencies` and `argsFor` read it. */
export interface DockerfileGraph {
  /** The path that messages name. */
  readonly file: string;
  /** ARGs before the first FROM with their defaults, expanded; undefined for an ARG without one. */
  readonly globalArgs: ReadonlyMap<string, string | undefined>;
  /** In the order of the file. */
  readonly stages: readonly Stage[];
  /** Stages that no other stage builds on or copies from. */
  readonly leaves: readonly Stage[];
  /** Every ARG of the file, wherever it is declared. */
  readonly declaredArgs: ReadonlySet<string>;
  /** What not every builder or frontend takes, each kind once for each stage that it matters for, at its first line. */
  readonly features: readonly DockerfileFeature[];
  /** Whether a frontend reads the file that ObjDocker does not know. */
  readonly isForeign: boolean;
  /** Whether the file is no Dockerfile: nothing of it was read. */
  readonly isOpaque: boolean;
  /** The image of a `# syntax=` line or of the argument BUILDKIT_SYNTAX: BuildKit pulls it before it reads the rest. */
  readonly syntax?: string;
  /** The release of Docker's frontend that {@link syntax} names; undefined without one, and where the name does not tell. */
  readonly frontend?: Frontend;
  /** The stage of that name (letter case aside; the last of several) or index. */
  find(nameOrIndex: string | number): Stage | undefined;
  /** The stage and all that it is made from, itself last. */
  withDependencies(stage: Stage): readonly Stage[];
  /**
   * Names of the build arguments that can have an effect on the stage: those that it or its dependencies declare, and the global ones
   * that its FROM lines use, directly or through another global's default.
   */
  argsFor(stage: Stage): ReadonlySet<string>;
  /** What a build of the stage does, on each platform: equal lists make equal images, as far as the file decides. Empty for an opaque file. */
  instructionsOf(stage: Stage): readonly BuildInstruction[];
}

/** One `FROM … ` up to the next. */
export interface Stage {
  readonly index: number;
  /** Why BuildKit would refuse to build it, on every platform that it may be built for. */
  readonly problem?: Problem;
  /** Lower case, as BuildKit keeps it; undefined for a stage without AS. */
  readonly name?: string;
  /** 1-based line of its FROM. */
  readonly line: number;
  readonly from: StageBase;
  /** The value of `FROM --platform=`, as written. */
  readonly platform?: string;
  /** ARGs that it declares itself, or that an ONBUILD of its base declares in it, with their expanded defaults. */
  readonly args: ReadonlyMap<string, string | undefined>;
  /** ARGs that its instructions can use: its own and those inherited through FROM from another stage. */
  readonly visibleArgs: ReadonlyMap<string, string | undefined>;
  /** The stages that FROM, COPY --from and RUN --mount=from name, without doubles. */
  readonly dependencies: readonly Stage[];
  /** Images that COPY --from and RUN --mount=from name: no stage has that name. */
  readonly externalImages: readonly ExternalImage[];
  readonly contextSources: readonly ContextSource[];
  readonly secrets: readonly StageSecret[];
  readonly steps: readonly StageStep[];
  /** Global ARGs that its FROM line depends on. */
  readonly fromArgs: readonly string[];
}

/** What a stage starts from. */
export type StageBase =
  | { readonly kind: 'stage'; readonly stage: Stage }
  | {
      readonly kind: 'image';
      /** As written. */
      readonly image: string;
      /** With the arguments filled in; what only the build knows (TARGETARCH without a platform) stays as written. */
      readonly resolved: string;
      /** The images that {@link resolved} can mean, one for each platform; none when only the build knows them. */
      readonly images: readonly string[];
      readonly args: readonly string[];
    }
  | { readonly kind: 'scratch' };

/** A secret or an SSH agent that a RUN mounts. */
export interface StageSecret {
  readonly type: 'secret' | 'ssh';
  readonly id: string;
  readonly line: number;
  /** Whether the build fails without it. */
  readonly required: boolean;
}

/** An image that a stage copies or mounts from. */
export interface ExternalImage {
  readonly image: string;
  readonly line: number;
}

/** A path that an instruction takes from the build context. */
export interface ContextSource {
  /** Relative to the context's root, `.` for all of it, variables replaced; wildcards stay. */
  readonly path: string;
  /** As the Dockerfile has it. */
  readonly written: string;
  readonly line: number;
  readonly instruction: 'COPY' | 'ADD' | 'RUN --mount';
}

/** An instruction that makes a step of the build. */
export interface StageStep {
  readonly keyword: string;
  readonly line: number;
  readonly text: string;
  /** Its number in `[stage 2/5]`; undefined for what is not numbered (ENV, CMD, …). */
  readonly ordinal?: number;
}

/** Puts stages and globals together. Stages come complete; this adds what follows from them. */
export function createGraph(
  parts: Omit<DockerfileGraph, 'leaves' | 'find' | 'withDependencies' | 'argsFor'>,
): DockerfileGraph {
  const { stages } = parts;
  const used = new Set(stages.flatMap((stage) => stage.dependencies));
  const byName = new Map(stages.flatMap((stage) => (stage.name === undefined ? [] : [[stage.name, stage] as const])));
  return {
    ...parts,
    leaves: stages.filter((stage) => !used.has(stage)),
    find: (key) => (typeof key === 'number' ? stages[key] : byName.get(key.toLowerCase())),
    withDependencies: transitiveDependencies,
    argsFor: (stage) =>
      new Set(transitiveDependencies(stage).flatMap((member) => [...member.args.keys(), ...member.fromArgs])),
  };
}

function transitiveDependencies(stage: Stage): Stage[] {
  const seen = new Set<Stage>();
  const visit = (member: Stage): void => {
    if (seen.has(member)) return;
    seen.add(member);
    for (const dependency of member.dependencies) visit(dependency);
  };
  visit(stage);
  return [...seen].sort((a, b) => a.index - b.index);
}

/** A target that a frontend names. */
export interface NamedTarget {
  readonly name?: string;
  /** The name of the target that it starts from. */
  readonly base?: string;
}

/**
 * The graph of a file that only its own frontend can read.
 *
 * @param targets those that the frontend names, each a stage; without them any name may be one
 */
export function opaqueGraph(file: string, syntax: string, targets?: readonly NamedTarget[]): DockerfileGraph {
  const graph = createGraph({
    file,
    syntax,
    isForeign: true,
    instructionsOf: () => [],
    isOpaque: true,
    globalArgs: new Map(),
    stages: stagesOf(targets ?? []),
    declaredArgs: new Set(),
    features: [],
  });
  if (targets !== undefined) return graph;
  return { ...graph, find: (key) => (typeof key === 'string' ? opaqueStage({ name: key }, 0) : undefined) };
}

function stagesOf(targets: readonly NamedTarget[]): Stage[] {
  const stages: Stage[] = [];
  for (const [index, target] of targets.entries()) {
    const base = stages.find(({ name }) => name !== undefined && name === target.base);
    stages.push(opaqueStage(target, index, base));
  }
  return stages;
}

function opaqueStage({ name }: NamedTarget, index: number, base?: Stage): Stage {
  return {
    index,
    ...(name === undefined ? {} : { name }),
    line: 1,
    from: base === undefined ? { kind: 'scratch' } : { kind: 'stage', stage: base },
    args: new Map(),
    visibleArgs: new Map(),
    dependencies: base === undefined ? [] : [base],
    externalImages: [],
    contextSources: [],
    secrets: [],
    steps: [],
    fromArgs: [],
  };
}
