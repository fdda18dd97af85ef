import type { BuildPlan, PlannedStage } from '../plan.ts';

/** The parts of a step name: `[api linux/arm64 builder 2/5] RUN make`. */
export interface StepName {
  readonly instruction: string;
  /** The bake target; undefined unless a bake has several. */
  readonly target?: string;
  readonly platform?: string;
  readonly stage?: string;
  readonly ordinal?: number;
  readonly position?: string;
  readonly internal: boolean;
}

/** @param targets the bake target names. BuildKit puts one in front when there are several. */
export function parseStepName(name: string, targets: readonly string[]): StepName {
  const match = /^\[([^\]]*)\] (.*)$/s.exec(name);
  if (match === null) return { instruction: name, internal: !/^[A-Z]+ /.test(name) };
  const words = (match[1] ?? '').trim().split(/\s+/);
  const instruction = match[2] ?? '';
  const target = targets.length > 1 && targets.includes(words[0] ?? '') ? words.shift() : undefined;
  const position = /^\d+\/\d+$/.test(words.at(-1) ?? '') ? words.pop() : undefined;
  const platform = /^(linux|windows|darwin|freebsd)\//.test(words[0] ?? '') ? words.shift() : undefined;
  const internal = position === undefined;
  const stage = internal ? undefined : words[0];
  return {
    instruction,
    ...(target === undefined ? {} : { target }),
    ...(platform === undefined ? {} : { platform }),
    ...(stage === undefined ? {} : { stage }),
    ...(position === undefined ? {} : { position, ordinal: Number.parseInt(position, 10) }),
    internal,
  };
}

/** The line of a step in the Dockerfile, for clients that do not print it; undefined when the step is not an instruction. */
export function lineOfStep(plan: Pick<BuildPlan, 'stages'>, step: StepName): number | undefined {
  if (step.ordinal === undefined) return undefined;
  const stage = stageOf(plan.stages, step.stage);
  const candidates = (stage === undefined ? plan.stages : [stage]).flatMap(({ steps }) => steps);
  // Compare texts first: the legacy builder counts every instruction, BuildKit only those that make a layer.
  const alike = candidates.filter(({ text }) => sameText(text, step.instruction));
  const numbered = (stage === undefined ? [] : stage.steps).filter(({ ordinal }) => ordinal === step.ordinal);
  return (alike.find((each) => numbered.includes(each)) ?? alike[0] ?? numbered[0])?.line;
}

// With a single stage, step names do not contain it. An unnamed stage is `stage-3`.
function stageOf(stages: readonly PlannedStage[], name: string | undefined): PlannedStage | undefined {
  if (name === undefined) return stages.length === 1 ? stages[0] : undefined;
  const byName = stages.findLast((stage) => stage.name === name.toLowerCase());
  return byName ?? stages.find((stage) => stage.name === undefined && name === `stage-${stage.index}`);
}

function sameText(a: string, b: string): boolean {
  return a.replace(/\s+/g, ' ').trim() === b.replace(/\s+/g, ' ').trim();
}
