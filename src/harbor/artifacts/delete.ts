import { hasErrorCode, isObjDockerError, ObjDockerError } from '../../errors.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import type { HarborApi } from '../client/harbor-api.ts';
import { explainNotFound } from '../not-found.ts';
import { artifactPath, checkDigest, formatRef, type RepositoryRef } from '../refs.ts';
import { readAccessoryTypes } from './accessories.ts';
import { type Artifact, getArtifact, listArtifacts } from './artifacts.ts';

/** What deleting an artifact deletes. */
export interface DeletePreview {
  /** With its project: `axion/services/api`. */
  readonly repository: string;
  /** The artifact. Its accessories, such as signatures and SBOMs, are deleted with it. */
  readonly artifact: Artifact;
  /** Its tags, which are deleted with it. When one is immutable, Harbor refuses. */
  readonly tags: Artifact['tags'];
  /** The images of an index that are deleted with it: untagged, and in no other index of the repository. */
  readonly children: readonly Artifact[];
  /** The images of an index that stay. */
  readonly remainingChildren: readonly Artifact[];
  /** Digests of the indexes that contain it. While there is one, Harbor refuses. */
  readonly indexes: readonly string[];
  /** Why Harbor would refuse the deletion; absent when it would not. */
  readonly refusal?: 'immutable' | 'in-index';
}

/**
 * Finds out what deleting an artifact would delete, and whether Harbor would refuse it. Reads all artifacts of the repository,
 * and the children of an index. Changes nothing.
 *
 * @throws {ObjDockerError} ARTIFACT_NOT_FOUND, REPOSITORY_NOT_FOUND
 */
export async function previewDelete(
  api: HarborApi,
  ref: RepositoryRef,
  digest: string,
  options: RequestOptions = {},
): Promise<DeletePreview> {
  checkDigest(digest);
  const [artifact, indexes] = await Promise.all([
    getArtifact(api, { ...ref, reference: digest }, options),
    indexesOf(api, ref, options),
  ]);
  const elsewhere = new Set(indexes.filter((index) => index.digest !== digest).flatMap(childDigests));
  const children = await Promise.all(childDigests(artifact).map((child) => findChild(api, ref, child, options)));
  const there = children.filter((child) => child !== undefined);
  const goes = (child: Artifact): boolean => child.tags.length === 0 && !elsewhere.has(child.digest);
  const holding = indexes.filter((index) => childDigests(index).includes(digest)).map((index) => index.digest);
  const immutable = artifact.tags.some((tag) => tag.immutable);
  return {
    repository: formatRef(ref),
    artifact: { ...artifact, accessories: await readAccessoryTypes(api, ref, artifact.accessories, options) },
    tags: artifact.tags,
    children: there.filter(goes),
    remainingChildren: there.filter((child) => !goes(child)),
    indexes: holding,
    ...(immutable ? { refusal: 'immutable' } : holding.length > 0 ? { refusal: 'in-index' } : {}),
  };
}

/**
 * Deletes an artifact with all its tags, by digest only: Harbor would delete the whole artifact for any of its tags.
 *
 * @throws {ObjDockerError} ARTIFACT_NOT_FOUND, REPOSITORY_NOT_FOUND, TAG_IMMUTABLE, ARTIFACT_IN_INDEX, REGISTRY_READ_ONLY,
 * REGISTRY_FORBIDDEN
 */
export async function deleteArtifact(
  api: HarborApi,
  ref: RepositoryRef,
  digest: string,
  options: RequestOptions = {},
): Promise<void> {
  checkDigest(digest);
  const at = { ...ref, reference: digest };
  try {
    await explainNotFound(api, at, options, () =>
      api.request(
        {
          method: 'DELETE',
          path: artifactPath(at),
          doing: `delete ${formatRef(at)}`,
          permission: 'artifact:delete',
          project: ref.project,
        },
        options,
      ),
    );
  } catch (error) {
    if (hasErrorCode(error, 'ARTIFACT_IN_INDEX')) throw await nameReferrer(api, ref, { digest, error }, options);
    throw error;
  }
}

/** Harbor does not say which artifact contains or belongs to the one that it refuses to delete. */
async function nameReferrer(
  api: HarborApi,
  ref: RepositoryRef,
  { digest, error }: { readonly digest: string; readonly error: ObjDockerError },
  options: RequestOptions,
): Promise<ObjDockerError> {
  const { message, details } = error;
  const repository = ref.repository;
  try {
    for await (const artifact of listArtifacts(api, ref, options)) {
      const isChild = childDigests(artifact).includes(digest);
      const isAccessory = artifact.accessories.some((each) => each.digest === digest);
      if (!isChild && !isAccessory) continue;
      const tags = artifact.tags.map(({ name }) => name).join(', ');
      const named = `${artifact.digest}${tags === '' ? '' : ` (${tags})`}`;
      return new ObjDockerError(
        'ARTIFACT_IN_INDEX',
        `${message}. ${isChild ? 'It is a platform of the index' : 'It belongs to the artifact'} ${named}`,
        {
          hint: `Delete ${isChild ? 'the index' : 'that artifact'}, which deletes it, too: objdocker harbor-delete ${repository}@${artifact.digest}`,
          details: { ...details, [isChild ? 'index' : 'subject']: artifact.digest },
          cause: error,
        },
      );
    }
  } catch (failure) {
    if (!isObjDockerError(failure) || failure.code === 'CANCELLED') throw failure;
  }
  return error;
}

async function indexesOf(api: HarborApi, ref: RepositoryRef, options: RequestOptions): Promise<Artifact[]> {
  const indexes: Artifact[] = [];
  for await (const artifact of listArtifacts(api, ref, options)) {
    if (artifact.children !== undefined) indexes.push(artifact);
  }
  return indexes;
}

function childDigests({ children = [] }: Artifact): string[] {
  return children.map((child) => child.digest);
}

/** Undefined for an artifact that was deleted meanwhile. */
async function findChild(
  api: HarborApi,
  ref: RepositoryRef,
  digest: string,
  options: RequestOptions,
): Promise<Artifact | undefined> {
  try {
    return await getArtifact(api, { ...ref, reference: digest }, options);
  } catch (error) {
    if (isObjDockerError(error) && error.code === 'ARTIFACT_NOT_FOUND') return undefined;
    throw error;
  }
}
