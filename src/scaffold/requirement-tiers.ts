import { posix } from 'node:path';
import type { ServiceAnswer } from './answers.ts';
import type { PythonSources } from './python-sources.ts';
import type { RequirementFile } from './requirements.ts';

/** A service in the Dockerfile. */
export interface TierService extends ServiceAnswer {
  /** The code that only this service has, relative to the source folder: its package, or only its `__main__.py`. */
  readonly own: string;
}

/** Services that share a virtual environment, because they have the same requirements. */
export interface Tier {
  readonly name: string;
  /** Undefined for services without requirements. */
  readonly requirements: RequirementFile | undefined;
  readonly services: readonly TierService[];
}

export interface ServiceWithRequirements extends ServiceAnswer {
  readonly requirements: RequirementFile | undefined;
}

/** Groups services by their requirements, in the order of the services. */
export function groupIntoTiers(services: readonly ServiceWithRequirements[], sources: PythonSources): readonly Tier[] {
  const byFile = new Map<string | undefined, ServiceWithRequirements[]>();
  for (const service of services) {
    const path = service.requirements?.path;
    byFile.set(path, [...(byFile.get(path) ?? []), service]);
  }
  const taken = new Set<string>();
  return [...byFile].map(([path, members]) => ({
    name: uniqueName(tierName(path), taken),
    requirements: members[0]?.requirements,
    services: members.map(({ name, module }) => ({ name, module, own: ownPart(module, services, sources) })),
  }));
}

/** A package is shared, except its entry point, when other code imports it or another service is in it. */
function ownPart(module: string, services: readonly ServiceAnswer[], sources: PythonSources): string {
  const folder = module.replaceAll('.', '/');
  const containsService = services.some((other) => other.module.startsWith(`${module}.`));
  return containsService || sources.isImported(module) ? `${folder}/__main__.py` : folder;
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

function uniqueName(name: string, taken: Set<string>): string {
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name}-${number}`;
  taken.add(free);
  return free;
}
