import type { Workspace } from './workspace.ts';

/** Why this Harbor cannot scan. Undefined when it can. */
export async function scannerProblem({ project, host }: Workspace): Promise<string | undefined> {
  const scanner = await project.scanner();
  if (scanner === undefined) return `${host} has no scanner`;
  if (scanner.disabled) return `the scanner of ${host} is disabled`;
  return scanner.healthy ? undefined : `the scanner of ${host} does not respond`;
}
