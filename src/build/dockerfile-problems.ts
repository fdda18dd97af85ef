import type { PlanWarning } from '../buildx/plan.ts';
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
  const broken = targets.find(({ stage }) => stage.problem !== undefined);
  if (broken?.stage.problem === undefined) return;
  throw dockerfileError(graph.file, broken.stage.problem, nameOf(broken));
}

function nameOf({ stage, service }: Target): string {
  if (service !== undefined) return `the service "${service}"`;
  return stage.name === undefined ? 'the last stage' : `the stage "${stage.name}"`;
}

/**
 * Rejects a file whose services are not known: another frontend reads it, and the config names none.
 *
 * @throws {ObjDockerError} DOCKERFILE_INVALID
 */
export function rejectUnknownServices(
  { file, syntax, isForeign, stages }: DockerfileGraph,
  services: readonly string[],
): void {
  if (!isForeign || stages.length > 0 || services.length > 0) return;
  throw new ObjDockerError(
    'DOCKERFILE_INVALID',
    `${file}:1: the frontend ${syntax} reads this file, and its services are not known`,
    {
      hint: 'Name what to build in config.yaml: deployment.image.services: [NAME].',
      details: { file, line: 1 },
    },
  );
}

/** Warns of a file that another frontend than Docker's reads. */
export function frontendWarnings({ file, syntax, isForeign, stages }: DockerfileGraph): PlanWarning[] {
  if (!isForeign) return [];
  const read = stages.length > 0 ? 'ObjDocker read it as a Dockerfile' : 'ObjDocker cannot check it';
  return [{ message: `${file}: the frontend ${syntax} reads this file; ${read}` }];
}

/** Warns of a file that BuildKit reads differently since 0.22. */
export function versionWarnings({ file, spacedHeredocs }: DockerfileGraph): PlanWarning[] {
  if (spacedHeredocs) return [];
  return [
    {
      message: `${file} has a "<<" with a space behind it: BuildKit 0.22 and newer take it for a heredoc and reject the file`,
      hint: 'Put it in quotes, or write $((1<<4)) without spaces.',
    },
  ];
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

/** Warns of secrets and SSH agents that the stages mount and the build does not get. */
export function missingSecretWarnings(
  graph: DockerfileGraph,
  stages: readonly Stage[],
  given: readonly string[],
): PlanWarning[] {
  const warnings = new Map<string, PlanWarning>();
  for (const { type, id, line, required } of stages.flatMap((stage) => stage.secrets)) {
    if (type === 'secret' && given.includes(id)) continue;
    const what = type === 'ssh' ? `the SSH agent "${id}"` : `the secret "${id}"`;
    const effect = required ? 'the build fails at that step' : 'the step runs without it';
    warnings.set(`${type} ${id} ${required}`, {
      message: `${graph.file}:${line}: RUN mounts ${what}, which the build does not get: ${effect}`,
      hint:
        type === 'ssh'
          ? 'ObjDocker hands over no SSH agent. Use a secret with a token instead.'
          : `Name it in config.yaml: image.secrets: {${id}: {env: VARIABLE}}, or {file: PATH}.`,
    });
  }
  return [...warnings.values()];
}
