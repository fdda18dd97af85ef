import type { PackageHarbor } from '../substrate/harbor-access.ts';
import type { TagStore } from './tag-store.ts';

/** The tags of a Harbor's project. */
export function harborTagStore(_harbor: Pick<PackageHarbor, 'project' | 'registry'>): TagStore {
  throw new Error('not yet');
}
