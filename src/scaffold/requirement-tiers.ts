import { posix } from 'node:path';
import type { ServiceAnswer } from './answers.ts';
import type { EntryPoint } from './code/entry-points.ts';
import type { PythonSources } from './code/python-sources.ts';
import { PYPROJECT, type RequirementFile } from './requirements.ts';
import { type StartCommand, startCommand } from './start-command.ts';

/** A service in the Dockerfile. */
export interface TierService extends ServiceAnswer {
  /**
   * The code that only this service has, relative to the source folder: its package, or only the file that starts it. Undefined when
   * all its code is shared.
   */
  readonly own: string | undefined;
  readonly start: StartCommand;
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
    services: members.map(({ name, entry, requirements }) => ({
      name,
      entry,
      own: ownPart(entry, services, sources),
      start: startCommand(entry, requirements?.names ?? []),
    })),
  }));
}

/**
 * A package is shared, except the file that starts it, when other code imports it or another service is in it. A single service needs
 * no part of its own: all code is in its image.
 */
function ownPart(entry: EntryPoint, services: readonly ServiceAnswer[], sources: PythonSources): string | undefined {
  if (services.length === 1) return undefined;
  if (entry.kind === 'module') return entry.file;
  const folder = entry.kind === 'package' ? entry.module.replaceAll('.', '/') : posix.dirname(entry.file);
  if (folder === '.') return undefined;
  const module = folder.replaceAll('/', '.');
  const containsService = services.some(
    ({ entry: other }) => other !== entry && (other.module === module || other.module.startsWith(`${module}.`)),
  );
  const isShared = containsService || sources.isImported(module);
  if (!isShared) return folder;
  return entry.kind === 'package' ? entry.file : undefined;
}

function tierName(path: string | undefined): string {
  if (path === undefined) return 'plain';
  const file = path === PYPROJECT ? 'requirements' : posix.basename(path, '.txt');
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
