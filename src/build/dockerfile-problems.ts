import type { PlanWarning } from '../buildx/plan.ts';
import type { DockerfileGraph, Stage } from '../dockerfile/graph.ts';
import { dockerfileError } from '../dockerfile/read-dockerfile.ts';
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
