import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { discard } from '../store/discard.ts';
import type { Harbor } from '../store/harbor.ts';
import { indexesOf } from '../store/lookup.ts';
import type { Artifact, Repository, Trash } from '../store/state.ts';

export interface Sweep {
  /** Manifests that nothing references. */
  readonly manifests: readonly Trash[];
  /** Configs and layers that nothing references. */
  readonly blobs: readonly string[];
  readonly freedBytes: number;
}

/** Determines what a gc run would delete. Blobs younger than `windowHours` stay. */
export async function planSweep(
  harbor: Harbor,
  { deleteUntagged, windowHours }: { readonly deleteUntagged: boolean; readonly windowHours: number },
): Promise<Sweep> {
  const untagged = deleteUntagged ? untaggedArtifacts(harbor) : [];
  const dying = new Set(untagged.map(({ artifact }) => artifact));
  const needed = new Set<string>();
  for (const { artifacts } of harbor.store.state.repositories) {
    for (const artifact of artifacts) {
      if (dying.has(artifact)) continue;
      needed.add(artifact.digest);
      for (const blob of artifact.blobs) needed.add(blob);
    }
  }
  const trash: readonly Trash[] = [
    ...harbor.store.state.trash,
    ...untagged.map(({ repository, artifact }) => ({
      repository: repository.name,
      digest: artifact.digest,
      mediaType: artifact.manifestMediaType,
      trashed: '',
    })),
  ];
  const isManifest = new Set(trash.map(({ digest }) => digest));
  const youngest = Date.now() - windowHours * 3_600_000;
  const free = new Map<string, number>();
  for await (const { digest, size, written } of storedBlobs(harbor)) {
    if (!needed.has(digest) && written <= youngest) free.set(digest, size);
  }
  return {
    manifests: trash.filter(({ digest }) => free.has(digest)),
    blobs: [...free.keys()].filter((digest) => !isManifest.has(digest)),
    freedBytes: [...free.values()].reduce((total, size) => total + size, 0),
  };
}

/** Deletes the untagged artifacts of every project, except the children of an index. The next sweep removes their bytes. */
export function trashUntagged(harbor: Harbor): number {
  const untagged = untaggedArtifacts(harbor);
  for (const { repository, artifact } of untagged) discard(harbor, repository, artifact);
  harbor.store.save();
  return untagged.length;
}

function untaggedArtifacts(harbor: Harbor): readonly { repository: Repository; artifact: Artifact }[] {
  return harbor.store.state.repositories.flatMap((repository) =>
    repository.artifacts
      .filter(
        (artifact) =>
          artifact.tags.length === 0 &&
          artifact.accessory === undefined &&
          indexesOf(repository, artifact).length === 0,
      )
      .map((artifact) => ({ repository, artifact })),
  );
}

/** Deletes the planned manifests and blobs. */
export async function sweep(harbor: Harbor, { manifests, blobs }: Sweep): Promise<void> {
  for (const { repository, digest } of manifests) await harbor.registry.deleteManifest(repository, digest);
  for (const digest of [...blobs, ...manifests.map((each) => each.digest)]) {
    await rm(harbor.registry.blobFolder(digest), { recursive: true, force: true });
  }
  const gone = new Set(manifests);
  harbor.store.state.trash = harbor.store.state.trash.filter(
    (each) => ![...gone].some(({ repository, digest }) => repository === each.repository && digest === each.digest),
  );
  harbor.store.save();
}

async function* storedBlobs(harbor: Harbor): AsyncGenerator<{ digest: string; size: number; written: number }> {
  const root = join(harbor.registry.blobsFolder, 'sha256');
  for (const start of await folders(root)) {
    for (const hex of await folders(join(root, start))) {
      const digest = `sha256:${hex}`;
      const data = await stat(harbor.registry.blobFile(digest)).catch(() => undefined);
      if (data !== undefined) yield { digest, size: data.size, written: data.mtimeMs };
    }
  }
}

const folders = (path: string): Promise<string[]> => readdir(path).catch(() => []);
