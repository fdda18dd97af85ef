import type { CallOptions } from '../../harbor/harbor.ts';
import type { ManifestContent } from '../../registry/registry.ts';

/**
 * What the pipeline needs of a registry's tags; `repository` is the whole path, `axion/meridian-api-homechoice`. One over Harbor's
 * API, one over the distribution API alone.
 */
export interface TagStore {
  /** `host[:port]` */
  readonly host: string;
  /** False where a tag cannot be taken off without its artifact: staging tags and notes stay there. */
  readonly canRemove: boolean;
  /** What a tag stands for; undefined when there is no such tag, or repository. */
  read(repository: string, tag: string, options?: CallOptions): Promise<string | undefined>;
  /** All tags of the pipeline's form; none for a repository that is not there. */
  listStaging(repository: string, options?: CallOptions): Promise<readonly StoredTag[]>;
  /**
   * The manifest of a digest, its bytes checked against it.
   *
   * @throws {ObjDockerError} ARTIFACT_NOT_FOUND; PULL_PREVENTED when the registry's own policy refuses the image.
   */
  fetch(repository: string, digest: string, options?: CallOptions): Promise<ManifestContent>;
  /** Makes a tag that is not there. @throws {ObjDockerError} TAG_EXISTS with `details.digest` when it stands for something else. */
  make(repository: string, digest: string, tag: string, options?: CallOptions): Promise<void>;
  /** Makes a tag stand for a manifest at once, without a layer. @throws {ObjDockerError} TAG_IMMUTABLE, … */
  move(repository: string, manifest: ManifestContent, tag: string, options?: CallOptions): Promise<void>;
  /** Takes a tag off; one that is not there is fine. @throws {ObjDockerError} TAG_IMMUTABLE, REGISTRY_FORBIDDEN */
  remove(repository: string, tag: string, options?: CallOptions): Promise<void>;
  /** Whether a rule of the registry keeps a tag where it is; false where it does not tell beforehand. */
  isImmutable(repository: string, tag: string, options?: CallOptions): Promise<boolean>;
  /** Repositories that may be the package's, by their names: of services that it no longer has; or of a package `my-<name>`. */
  repositoriesOf(packageName: string, options?: CallOptions): Promise<readonly string[]>;
}

export interface StoredTag {
  readonly name: string;
  /** Absent where the registry lists names alone: see {@link TagStore.read}. */
  readonly digest?: string;
}
