import { effectOf } from '../buildx/frontend/release.ts';
import { mistypedStage } from '../buildx/mistyped-stage.ts';
import type { PlannedFeature, PlanWarning } from '../buildx/plan.ts';
import type { DockerfileGraph, Stage } from '../dockerfile/graph.ts';
import { dockerfileError } from '../dockerfile/read-dockerfile.ts';
import { ObjDockerError } from '../errors.ts';
import type { Target } from './targets.ts';

/**
 * Rejects a Dockerfile in which a planned image cannot be built. A stage that no image needs may be wrong.
 *
 * @throws {ObjDockerError} DOCKERFILE_INVALID with the stage and the line
 */
export function rejectBrokenTargets(graph: DockerfileGraph, targets: readonly Target[]): void {
  // Another frontend may build what Docker's refuses.
  if (graph.isForeign) return;
  const broken = targets.find(
    (target) => laterProblem(target, graph) === undefined && target.stage.problem !== undefined,
  );
  if (broken?.stage.problem === undefined) return;
  throw dockerfileError(graph.file, broken.stage.problem, nameOf(broken));
}

/** What a build of these targets needs of the frontend, in the order of lines. */
export function plannedFeatures(
  graph: DockerfileGraph,
  targets: readonly Target[],
  stages: readonly Stage[],
): PlannedFeature[] {
  const indexes = new Set(stages.map(({ index }) => index));
  const own = graph.features.filter(({ stage }) => stage === undefined || indexes.has(stage));
  const later = targets.flatMap((target) => laterProblem(target, graph) ?? []);
  const features = [...own.map(({ stage, ...feature }): PlannedFeature => feature), ...later];
  return uniqueBy(features, ({ text }) => text).sort((a, b) => a.line - b.line);
}

/** The problem of a stage that the frontend of this file may be too old to have. */
function laterProblem(target: Target, { frontend }: DockerfileGraph): PlannedFeature | undefined {
  const { problem } = target.stage;
  if (problem?.since === undefined) return undefined;
  const { message, line, since, hint } = problem;
  const feature: PlannedFeature = {
    text: `${nameOf(target)} cannot be built: ${message}`,
    line,
    legacy: true,
    until: since,
    hint,
  };
  return frontend === undefined || effectOf(feature, frontend) === 'taken' ? feature : undefined;
}

function uniqueBy<T>(values: readonly T[], key: (value: T) => string): T[] {
  return [...new Map([...values].reverse().map((value) => [key(value), value])).values()].reverse();
}

/**
 * Rejects a Dockerfile that the release of the frontend that its `# syntax=` line names does not take.
 *
 * @throws {ObjDockerError} DOCKERFILE_INVALID with the line and the version that it needs
 */
export function rejectFeatures({ file, frontend, syntax }: DockerfileGraph, features: readonly PlannedFeature[]): void {
  if (frontend === undefined) return;
  const feature = features.find((each) => effectOf(each, frontend) === 'refused');
  if (feature === undefined) return;
  const { text, line, since, labs, hint } = feature;
  const offered = labs === undefined || frontend.labs ? '' : `, or docker/dockerfile:${labs}-labs`;
  throw new ObjDockerError(
    'DOCKERFILE_INVALID',
    since === undefined
      ? `${file}:${line}: ${text}, as the frontend ${syntax} reads it`
      : `${file}:${line}: ${text} needs Dockerfile ${since}, and the frontend ${syntax} is older`,
    {
      hint:
        since === undefined
          ? hint
          : `${hint === undefined ? 'Name' : `${hint} Or name`} docker/dockerfile:1 as the frontend${offered}.`,
      details: { file, line },
    },
  );
}

function nameOf({ stage, service }: Target): string {
  if (service !== undefined) return `the service "${service}"`;
  return stage.name === undefined ? 'the last stage' : `the stage "${stage.name}"`;
}

/**
 * Rejects a file whose services are not known: another frontend reads it, and neither the config nor that frontend names any.
 *
 * @param reason why the frontend names none
 * @throws {ObjDockerError} DOCKERFILE_INVALID
 */
export function rejectUnknownServices(
  { file, syntax, isOpaque, stages }: DockerfileGraph,
  services: readonly string[],
  reason?: string,
): void {
  if (!isOpaque || stages.length > 0 || services.length > 0) return;
  throw new ObjDockerError(
    'DOCKERFILE_INVALID',
    `${file}:1: the frontend ${syntax} reads this file, and its services are not known${reason === undefined ? '' : `: ${reason}`}`,
    {
      hint: 'Name the targets to build in config.yaml: deployment.image.services: [NAME].',
      details: { file, line: 1 },
    },
  );
}

/** Warns of a file that another frontend than Docker's reads. */
export function frontendWarnings({ file, syntax, isForeign, isOpaque, stages }: DockerfileGraph): PlanWarning[] {
  if (!isForeign) return [];
  const read = isOpaque ? 'ObjDocker cannot check it' : 'ObjDocker read it as a Dockerfile';
  const message = `${file}: the frontend ${syntax} reads this file; ${read}`;
  if (stages.length === 0 || !isOpaque) return [{ message }];
  return [{ message, hint: 'Name its services in config.yaml, too: commands without a builder do not know them.' }];
}

/** Warns of what an older frontend ignores, and of what newer ones refuse when it is not known which one reads the file. */
export function versionWarnings(
  { file, frontend, syntax, isForeign }: DockerfileGraph,
  features: readonly PlannedFeature[],
): PlanWarning[] {
  if (isForeign) return [];
  return features.flatMap((feature): PlanWarning[] => {
    const { text, line, since, until } = feature;
    const hint = feature.hint === undefined ? {} : { hint: feature.hint };
    if (frontend === undefined)
      return until === undefined
        ? []
        : [{ message: `${file}:${line}: ${text}, as Dockerfile ${until} and newer read it`, ...hint }];
    if (effectOf(feature, frontend) !== 'ignored') return [];
    const message = `${file}:${line}: ${text} needs Dockerfile ${since}; the frontend ${syntax} is older and ignores it`;
    return [{ message, hint: 'Name docker/dockerfile:1 as the frontend.' }];
  });
}

/** Warns of names that several stages have: BuildKit builds the last of them. */
export function duplicateNameWarnings(graph: DockerfileGraph): PlanWarning[] {
  const byName = new Map<string, Stage[]>();
  for (const stage of graph.stages)
    if (stage.name !== undefined) byName.set(stage.name, [...(byName.get(stage.name) ?? []), stage]);
  return [...byName].flatMap(([name, stages]): PlanWarning[] => {
    if (stages.length < 2) return [];
    const lines = stages.map(({ line }) => line).join(' and ');
    return [
      {
        message: `${graph.file}: ${stages.length} stages are named "${name}" (lines ${lines}); the last one is built`,
        hint: 'Give each stage a name of its own.',
      },
    ];
  });
}

/** Warns of images that look like the mistyped name of a stage. */
export function mistypedStageWarnings(graph: DockerfileGraph, stages: readonly Stage[]): PlanWarning[] {
  const names = graph.stages.flatMap(({ name }) => name ?? []);
  return stages.flatMap(({ from, externalImages, line }) => {
    const base = from.kind === 'image' ? [{ image: from.resolved, line }] : [];
    return [...base, ...externalImages].flatMap((external): PlanWarning[] => {
      const stage = mistypedStage(external.image, names);
      if (stage === undefined) return [];
      return [
        {
          message: `${graph.file}:${external.line}: no stage above is named "${external.image}", so the builder looks for an image of that name`,
          hint: `Did you mean the stage "${stage}"? For the image, write ${external.image}:latest.`,
        },
      ];
    });
  });
}

/** Warns of secrets and SSH agents that the stages mount and the build does not get. */
export function missingSecrets(
  graph: DockerfileGraph,
  stages: readonly Stage[],
  given: readonly string[],
): { readonly needed: PlanWarning[]; readonly optional: PlanWarning[] } {
  const needed = new Map<string, PlanWarning>();
  const optional = new Map<string, PlanWarning>();
  for (const { type, id, line, required } of stages.flatMap((stage) => stage.secrets)) {
    if (type === 'secret' && given.includes(id)) continue;
    const what = type === 'ssh' ? `the SSH agent "${id}"` : `the secret "${id}"`;
    const effect = required ? 'the build fails at that step' : 'the step runs without it';
    (required ? needed : optional).set(`${type} ${id}`, {
      message: `${graph.file}:${line}: RUN mounts ${what}, which the build does not get: ${effect}`,
      hint:
        type === 'ssh'
          ? 'ObjDocker passes no SSH agent to the build. Use a secret with a token instead.'
          : `Name it in config.yaml: image.secrets: {${id}: {env: VARIABLE}}, or {file: PATH}.`,
    });
  }
  return { needed: [...needed.values()], optional: [...optional.values()] };
}
