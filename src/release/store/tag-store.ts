import type { NamedPackage } from '../../config/image-name.ts';
import type { Artifact } from '../../harbor/harbor.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import type { ManifestContent } from '../../registry/registry.ts';
import type { EncodedRecord } from '../record-manifest.ts';

/**
 * The operations on tags and records that releases need. One implementation uses Harbor's API, the other the distribution API
 * alone.
 *
 * `repository` is the whole path: `axion/meridian-api-homechoice`.
 */
export interface TagStore {
  /** `host[:port]` */
  readonly host: string;
  /** False where a tag cannot be deleted without its artifact: staging tags stay there. */
  readonly canRemove: boolean;
  /**
   * Whether {@link TagStore.claim} is decided by the registry. Where it is not, somebody may still take a claimed tag, so it is
   * read again before each move.
   */
  readonly claimsAreFinal: boolean;
  /** What a tag points to; undefined when the tag or the repository does not exist. */
  find(repository: string, tag: string, options?: RequestOptions): Promise<TaggedArtifact | undefined>;
  /** The staging tags of a repository; none when the repository does not exist. */
  listStagingTags(repository: string, options?: RequestOptions): Promise<readonly StoredTag[]>;
  /** The tags of the artifacts that were pushed last, in no order: only a hint. Undefined where the registry cannot tell. */
  latestTags(repository: string, options?: RequestOptions): Promise<readonly string[] | undefined>;
  /**
   * The manifest of a digest, its bytes checked against the digest.
   *
   * @throws {ObjDockerError} ARTIFACT_NOT_FOUND; PULL_PREVENTED when the registry's own policy refuses the image.
   */
  fetchManifest(repository: string, digest: string, options?: RequestOptions): Promise<ManifestContent>;
  /** The content of a blob, its bytes checked against the digest. @throws {ObjDockerError} ARTIFACT_NOT_FOUND */
  fetchBlob(repository: string, digest: string, options?: RequestOptions): Promise<Uint8Array>;
  /** Pushes a record or a note by its digest, without a tag. @throws {ObjDockerError} RECORD_REFUSED */
  pushRecord(repository: string, record: EncodedRecord, options?: RequestOptions): Promise<void>;
  /** Creates a new tag. @throws {ObjDockerError} TAG_EXISTS with `details.digest` when it points to another artifact. */
  create(repository: string, digest: string, tag: string, options?: RequestOptions): Promise<void>;
  /**
   * Creates a new tag; of several processes that do so at once, one succeeds. Repeats a request whose response was lost.
   *
   * @throws {ObjDockerError} TAG_EXISTS with `details.digest`; REGISTRY_FORBIDDEN without the permission to create a tag
   */
  claim(repository: string, digest: string, tag: string, options?: RequestOptions): Promise<void>;
  /** Makes a tag point to a manifest. There is no moment without the tag. @throws {ObjDockerError} TAG_IMMUTABLE, … */
  move(repository: string, manifest: ManifestContent, tag: string, options?: RequestOptions): Promise<void>;
  /** Deletes a tag and keeps its artifact. A missing tag is no error. @throws {ObjDockerError} TAG_IMMUTABLE, REGISTRY_FORBIDDEN */
  remove(repository: string, tag: string, options?: RequestOptions): Promise<void>;
  /** Repositories whose names `image.name` can make: of removed services, or of a package `my-<package>`. */
  repositoriesOf(pkg: NamedPackage, options?: RequestOptions): Promise<readonly string[]>;
}

export interface TaggedArtifact {
  readonly digest: string;
  /** All tags of the artifact; absent where the registry cannot tell. */
  readonly tags?: readonly ArtifactTag[];
  /** What Harbor says of it. */
  readonly artifact?: Artifact;
}

export interface ArtifactTag {
  readonly name: string;
  /** A rule of the registry forbids to move the tag. */
  readonly immutable: boolean;
}

export interface StoredTag {
  readonly name: string;
  /** Absent where the registry lists names only: use {@link TagStore.find}. */
  readonly digest?: string;
}

/** The digest that a tag points to. */
export async function readTag(
  store: TagStore,
  repository: string,
  tag: string,
  options?: RequestOptions,
): Promise<string | undefined> {
  return (await store.find(repository, tag, options))?.digest;
}
