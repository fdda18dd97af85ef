import type { Environment } from '../../lib/environment.ts';
import type { EnvironmentVariables } from '../../lib/process/exec.ts';
import type { BuildCapabilities } from '../capabilities.ts';
import { type Invocation, nativePlatform } from '../invocation.ts';
import type { BuildPlan } from '../plan.ts';
import type { BuildEvent, BuildResult } from '../progress/events.ts';
import type { BuildProgress } from '../progress/progress.ts';
import type { Workspace } from './workspace.ts';

/** The context of a running build, for all methods. */
export interface BuildRun {
  readonly plan: BuildPlan;
  readonly capabilities: BuildCapabilities;
  readonly invocation: Invocation;
  readonly workspace: Workspace;
  readonly environment: Environment;
  readonly env: EnvironmentVariables;
  readonly redact: (text: string) => string;
  readonly emit: (event: BuildEvent) => void;
  readonly signal: AbortSignal;
}

/** The platforms of the images: those of the plan, or the engine's own. */
export function builtPlatforms({ plan, capabilities }: BuildRun): readonly string[] {
  const native = nativePlatform(capabilities);
  return plan.platforms.length > 0 || native === undefined ? plan.platforms : [native];
}

/**
 * Counts instructions and cached instructions. BuildKit lists a shared stage once per image although it runs once, so it counts
 * once here. FROM does not count: it is no work, and a local base image is not "cached".
 */
export function countSteps({ steps }: BuildProgress): BuildResult['steps'] {
  const cached = new Map<string, boolean>();
  for (const step of steps.values()) {
    const { internal, platform, stage, position, instruction } = step.name;
    if (internal || step.state === 'started' || instruction.startsWith('FROM ')) continue;
    const key = JSON.stringify([platform, stage, position, instruction]);
    cached.set(key, step.cached && (cached.get(key) ?? true));
  }
  return { total: cached.size, cached: [...cached.values()].filter(Boolean).length };
}
