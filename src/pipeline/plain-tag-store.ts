import type { Registry } from '../registry/registry.ts';
import type { TagStore } from './tag-store.ts';

/** The tags of a registry, over the distribution API alone, which takes no tag off. */
export function plainTagStore(_registry: Registry): TagStore {
  throw new Error('not yet');
}
