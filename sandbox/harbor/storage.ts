import type { Harbor } from './harbor.ts';
import type { Project } from './state.ts';

/** The bytes that a project takes: each artifact as it says itself, indexes not counted again. */
export function usedStorage(harbor: Harbor, project: Project): number {
  let used = 0;
  for (const repository of harbor.store.state.repositories) {
    if (repository.projectId !== project.id) continue;
    for (const { size, references } of repository.artifacts) if (references.length === 0) used += size;
  }
  return used;
}
