import { type Harbor, timestamp } from './harbor.ts';
import { accessoriesOf, indexesOf } from './lookup.ts';
import type { Artifact, Repository } from './state.ts';

/** Deletes an artifact with its accessories, and with the children that no tag and no other index references. */
export function discard(harbor: Harbor, repository: Repository, artifact: Artifact): void {
  repository.artifacts = repository.artifacts.filter((each) => each !== artifact);
  harbor.store.state.trash.push({
    repository: repository.name,
    digest: artifact.digest,
    mediaType: artifact.manifestMediaType,
    trashed: timestamp(harbor),
  });
  for (const accessory of accessoriesOf(repository, artifact.digest)) discard(harbor, repository, accessory);
  for (const { digest } of artifact.references) {
    const child = repository.artifacts.find((each) => each.digest === digest);
    if (child !== undefined && child.tags.length === 0 && indexesOf(repository, child).length === 0) {
      discard(harbor, repository, child);
    }
  }
}
