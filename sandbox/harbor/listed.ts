import type { Artifact, Repository } from './state.ts';

/** What a listing shows: no untagged children of an index, and no signatures and SBOMs, which hang under their artifact. */
export function listedArtifacts(repository: Repository): readonly Artifact[] {
  const children = new Set(repository.artifacts.flatMap(({ references }) => references.map(({ digest }) => digest)));
  return repository.artifacts.filter(
    ({ digest, tags, accessory }) => accessory === undefined && (tags.length > 0 || !children.has(digest)),
  );
}

/** The indexes that name an artifact. */
export const indexesOf = (repository: Repository, { digest }: Artifact): readonly Artifact[] =>
  repository.artifacts.filter(({ references }) => references.some((reference) => reference.digest === digest));
