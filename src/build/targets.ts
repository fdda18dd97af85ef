import type { ExcludedStage } from '../buildx/plan.ts';
import type { DockerfileGraph, Stage } from '../dockerfile/graph.ts';
import { ObjDockerError } from '../errors.ts';
import { didYouMean } from '../lib/text/suggest.ts';
import { joinWords } from '../lib/text/words.ts';

/** Which stages of a Dockerfile become images. */
export interface TargetSelection {
  readonly targets: readonly Target[];
  readonly excludedStages: readonly ExcludedStage[];
  /** Why these are the targets, as a sentence without a full stop. */
  readonly reason: string;
}

export interface Target {
  readonly stage: Stage;
  /** The service's name; undefined for the package's single image. */
  readonly service?: string;
}

/**
 * Decides which stages become images: those in `image.services`; else the only final stage; else every named final stage, each as
 * a service.
 *
 * @throws {ObjDockerError} SERVICE_UNKNOWN when the config names a stage that does not exist.
 */
export function selectTargets(graph: DockerfileGraph, services: readonly string[] | undefined): TargetSelection {
  if (services !== undefined && services.length > 0) return namedByConfig(graph, services);
  const { isOpaque, syntax } = graph;
  const leaves = graph.leaves.filter((stage) => !isShadowed(graph, stage));
  const shadowed = graph.leaves
    .filter((stage) => isShadowed(graph, stage))
    .map((stage) => excludedStage(stage, 'a stage below has the same name, and the last stage of a name is built'));
  const last = graph.stages.at(-1);
  const named = leaves.filter((stage) => stage.name !== undefined);
  const [only] = leaves;
  if (only !== undefined && leaves.length === 1) {
    const which = only === last ? 'its last stage' : 'its only final stage';
    return {
      targets: [{ stage: only }],
      excludedStages: shadowed,
      reason: isOpaque ? `the frontend ${syntax} has one target` : `the Dockerfile has one final stage, ${which}`,
    };
  }
  if (named.length === 1 && last !== undefined && last.name === undefined && leaves.includes(last))
    return {
      targets: [{ stage: last }],
      excludedStages: named.map((stage) =>
        excludedStage(stage, 'with a single named final stage, only the last stage is built'),
      ),
      reason: "the unnamed last stage is the package's image, because only one other final stage has a name",
    };
  const unnamed = leaves.filter((stage) => stage.name === undefined);
  return {
    targets: named.map((stage) => ({ stage, service: stage.name ?? '' })),
    excludedStages: [
      ...shadowed,
      ...unnamed.map((stage) => excludedStage(stage, 'only a named stage can be a service')),
    ],
    reason: isOpaque
      ? `the frontend ${syntax} names these targets: each is a service`
      : 'the Dockerfile has several named final stages: each is a service',
  };
}

/** Whether another stage below has its name, so that it cannot be a target. */
function isShadowed(graph: DockerfileGraph, stage: Stage): boolean {
  return stage.name !== undefined && graph.find(stage.name) !== stage;
}

/**
 * Selects the targets of the services that a command names.
 *
 * @throws {ObjDockerError} SERVICE_UNKNOWN, with a suggestion and the list.
 */
export function narrowTargets(
  { targets }: TargetSelection,
  wanted: readonly string[],
  context: { graph: DockerfileGraph; package: string },
): readonly Target[] {
  if (wanted.length === 0) return targets;
  const names = targets.map(nameOf).filter((name) => name !== undefined);
  const unknown = wanted.filter((name) => !names.some((known) => sameName(known, name)));
  const [first] = unknown;
  if (first === undefined)
    return targets.filter((target) => wanted.some((name) => sameName(nameOf(target) ?? '', name)));
  const isStage = context.graph.find(first) !== undefined;
  throw new ObjDockerError(
    'SERVICE_UNKNOWN',
    `package "${context.package}" has no service ${unknown.map(show).join(', ')}${didYouMean(first, names)}`,
    {
      hint: isStage
        ? `"${first}" is a stage that is not built as an image: add it to \`deployment.image.services\`.`
        : listHint('service', names),
      details: { unknown, services: names },
    },
  );
}

function namedByConfig(graph: DockerfileGraph, services: readonly string[]): TargetSelection {
  const stageNames = graph.stages.flatMap(({ name }) => (name === undefined ? [] : [name]));
  const targets = services.map((service): Target => {
    const stage = graph.find(service);
    if (stage !== undefined) return { stage, service };
    throw new ObjDockerError(
      'SERVICE_UNKNOWN',
      `deployment.image.services names ${show(service)}, but ${graph.file} has no such stage${didYouMean(service, stageNames)}`,
      { hint: listHint('stage', stageNames), details: { unknown: [service], stages: stageNames } },
    );
  });
  const chosen = new Set(targets.map(({ stage }) => stage));
  return {
    targets,
    excludedStages: graph.leaves
      .filter((stage) => !chosen.has(stage))
      .map((stage) => excludedStage(stage, 'it is not in image.services')),
    reason: 'they are in image.services',
  };
}

function nameOf({ stage, service }: Target): string | undefined {
  return service ?? stage.name;
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function excludedStage(stage: Stage, reason: string): ExcludedStage {
  return { stage: stage.name ?? `stage ${stage.index}`, line: stage.line, reason };
}

function listHint(kind: 'service' | 'stage', names: readonly string[]): string {
  if (names.length === 0) return 'The Dockerfile has no named final stage: the package is a single image.';
  const shown = names.slice(0, 20);
  const more = names.length - shown.length;
  if (names.length === 1) return `The only ${kind} is ${shown.join()}.`;
  return `The ${kind}s are ${more > 0 ? `${shown.join(', ')} and ${more} more` : joinWords(shown)}.`;
}

function show(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
