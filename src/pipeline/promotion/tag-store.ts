import type { NamedPackage } from '../../config/image-name.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import type { ManifestContent } from '../../registry/registry.ts';

/**
 * The tag operations that the pipeline needs. One implementation uses Harbor's API, the other the distribution API alone.
 *
 * `repository` is the whole path: `axion/meridian-api-homechoice`.
 */
export interface TagStore {
  /** `host[:port]` */
  readonly host: string;
  /** False where a tag cannot be deleted without its artifact: staging tags and journal tags stay there. */
  readonly canRemove: boolean;
  /** The digest that a tag points to; undefined when the tag or the repository does not exist. */
  read(repository: string, tag: string, options?: RequestOptions): Promise<string | undefined>;
  /** The staging tags and journal tags of a repository; none when the repository does not exist. */
  listPipelineTags(repository: string, options?: RequestOptions): Promise<readonly StoredTag[]>;
  /**
   * The manifest of a digest, its bytes checked against the digest.
   *
   * @throws {ObjDockerError} ARTIFACT_NOT_FOUND; PULL_PREVENTED when the registry's own policy refuses the image.
   */
  fetchManifest(repository: string, digest: string, options?: RequestOptions): Promise<ManifestContent>;
  /** Creates a new tag. @throws {ObjDockerError} TAG_EXISTS with `details.digest` when it points to another image. */
  create(repository: string, digest: string, tag: string, options?: RequestOptions): Promise<void>;
  /** Makes a tag point to a manifest. There is no moment without the tag. @throws {ObjDockerError} TAG_IMMUTABLE, … */
  move(repository: string, manifest: ManifestContent, tag: string, options?: RequestOptions): Promise<void>;
  /** Deletes a tag and keeps its artifact. A missing tag is no error. @throws {ObjDockerError} TAG_IMMUTABLE, REGISTRY_FORBIDDEN */
  remove(repository: string, tag: string, options?: RequestOptions): Promise<void>;
  /** Whether a rule of the registry forbids to move the tag; false where the registry cannot tell beforehand. */
  isImmutable(repository: string, tag: string, options?: RequestOptions): Promise<boolean>;
  /** Repositories whose names `image.name` can make: of removed services, or of a package `my-<package>`. */
  repositoriesOf(pkg: NamedPackage, options?: RequestOptions): Promise<readonly string[]>;
}

export interface StoredTag {
  readonly name: string;
  /** Absent where the registry lists names only: use {@link TagStore.read}. */
  readonly digest?: string;
}
