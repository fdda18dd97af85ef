import { posix } from 'node:path';
import type { ServiceAnswer } from './answers.ts';
import type { PythonSources } from './python-sources.ts';
import type { RequirementFile } from './requirements.ts';

/** A service as the Dockerfile has it. */
export interface TierService extends ServiceAnswer {
  /** What only this service's image holds, relative to the source folder: its package, or its `__main__.py` alone. */
  readonly own: string;
}

/** Services with the same requirements, which share a virtual environment. */
export interface Tier {
  readonly name: string;
  /** Undefined for services that need nothing but Python. */
  readonly requirements: RequirementFile | undefined;
  readonly services: readonly TierService[];
}

export interface ServiceWithRequirements extends ServiceAnswer {
  readonly requirements: RequirementFile | undefined;
}

/** Services by their requirements, in the order in which these are first named. */
export function tiersOf(services: readonly ServiceWithRequirements[], sources: PythonSources): readonly Tier[] {
  const byFile = new Map<string | undefined, ServiceWithRequirements[]>();
  for (const service of services) {
    const path = service.requirements?.path;
    byFile.set(path, [...(byFile.get(path) ?? []), service]);
  }
  const taken = new Set<string>();
  return [...byFile].map(([path, members]) => ({
    name: unused(tierName(path), taken),
    requirements: members[0]?.requirements,
    services: members.map(({ name, module }) => ({ name, module, own: ownPart(module, services, sources) })),
  }));
}

/** A package that others import, or that another service lies in, is there for all but its entry point. */
function ownPart(module: string, services: readonly ServiceAnswer[], sources: PythonSources): string {
  const folder = module.replaceAll('.', '/');
  const holdsAnother = services.some((other) => other.module.startsWith(`${module}.`));
  return holdsAnother || sources.isImported(module) ? `${folder}/__main__.py` : folder;
}

function tierName(path: string | undefined): string {
  if (path === undefined) return 'plain';
  const file = posix.basename(path, '.txt');
  const folder = posix.basename(posix.dirname(path));
  const name = file === 'requirements' ? (folder === '.' || folder === 'requirements' ? 'app' : folder) : file;
  return (
    name
      .toLowerCase()
      .replace(/^requirements[-_.]/, '')
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'app'
  );
}

function unused(name: string, taken: Set<string>): string {
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name}-${number}`;
  taken.add(free);
  return free;
}
