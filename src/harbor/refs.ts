import { ObjDockerError } from '../errors.ts';
import { problemOfPath, problemOfTag } from '../image-ref.ts';

/** A repository in Harbor. */
export interface RepositoryRef {
  readonly project: string;
  /** Without the project: `services/api`. */
  readonly repository: string;
}

/** An artifact in Harbor. */
export interface ArtifactRef extends RepositoryRef {
  /** A tag or a digest. */
  readonly reference: string;
}

/**
 * Harbor's path of a project, below the API's own.
 *
 * @throws {ObjDockerError} REFERENCE_INVALID for an invalid project name: it would be another path.
 */
export function projectPath(project: string): string {
  if (project.includes('/') || problemOfPath(project) !== undefined) {
    throw invalid('project', project, 'lower-case letters and digits, joined by ".", "_" or "-"');
  }
  return `/projects/${encodeURIComponent(project)}`;
}

/** Harbor's path of a repository. Its slashes are encoded twice: Harbor takes slashes that are encoded once for part of its own path. */
export function repositoryPath({ project, repository }: RepositoryRef): string {
  const problem = problemOfPath(repository);
  if (problem !== undefined) throw invalid('repository', repository, problem);
  return `${projectPath(project)}/repositories/${encodeURIComponent(encodeURIComponent(repository))}`;
}

/** Harbor's path of an artifact. */
export function artifactPath({ reference, ...ref }: ArtifactRef): string {
  if (!isDigest(reference)) checkTag(reference);
  return `${repositoryPath(ref)}/artifacts/${reference}`;
}

/** @throws {ObjDockerError} REFERENCE_INVALID */
export function checkTag(tag: string): void {
  const problem = problemOfTag(tag);
  if (problem !== undefined) throw invalid('tag', tag, problem);
}

/** @throws {ObjDockerError} REFERENCE_INVALID. Harbor takes a malformed digest for a tag. */
export function checkDigest(digest: string): void {
  if (!isDigest(digest)) throw invalid('digest', digest, 'sha256: and 64 lower-case hexadecimal digits');
}

export function isDigest(reference: string): boolean {
  return /^(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/.test(reference);
}

/** A repository or an artifact as users write it: `axion/services/api@sha256:…`. */
export function formatRef(ref: RepositoryRef & { readonly reference?: string | undefined }): string {
  const { project, repository, reference } = ref;
  if (reference === undefined) return `${project}/${repository}`;
  return `${project}/${repository}${isDigest(reference) ? '@' : ':'}${reference}`;
}

function invalid(kind: string, text: string, reason: string): ObjDockerError {
  const clipped = text.length > 80 ? `${text.slice(0, 77)}...` : text;
  return new ObjDockerError('REFERENCE_INVALID', `${JSON.stringify(clipped)} is not a ${kind}`, {
    hint: `Expected: ${reason}.`,
  });
}
