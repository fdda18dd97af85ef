import { type PackageHarbor, readTarget } from '../../access/harbor-access.ts';
import type { ServiceRepository } from '../../build/service-repositories.ts';
import type { Package } from '../../config/package.ts';
import { hasErrorCode, ObjDockerError } from '../../errors.ts';
import type { HarborProject, HarborRepository } from '../../harbor/harbor.ts';
import { isDigest } from '../../harbor/refs.ts';
import type { CallOptions } from '../../substrate/obj-substrate.ts';

/** Where the names of repositories and services are looked up. */
export interface TargetScope {
  readonly pkg: Package;
  /** The services of the package; none when its Dockerfile cannot be read. */
  services(): Promise<readonly ServiceRepository[]>;
  open(signal: AbortSignal | undefined): Promise<PackageHarbor>;
}

/** A repository or an artifact in Harbor. */
export interface FoundTarget {
  readonly opened: PackageHarbor;
  readonly project: HarborProject;
  readonly repository: HarborRepository;
  /** A digest, or else a tag. Undefined for a repository. */
  readonly reference: string | undefined;
}

export interface FindTargetOptions extends CallOptions {
  /** The caller changes what it finds: a name of both a service and a repository is refused. @default false */
  readonly forChange?: boolean;
}

/**
 * Finds what a user names: a service of the package, else a repository of its project, with a tag, a digest or the beginning of one.
 *
 * @throws {ObjDockerError} REFERENCE_INVALID before any request; ARTIFACT_AMBIGUOUS; USAGE for a name with two meanings
 */
export async function findTarget(
  scope: TargetScope,
  text: string,
  { signal, forChange = false }: FindTargetOptions = {},
): Promise<FoundTarget> {
  const { repository: named, reference, isOneName } = readTarget(scope.pkg, text);
  const ofService = isOneName ? await repositoryOfService(scope, named) : undefined;
  const opened = await scope.open(signal);
  const { project } = opened;
  if (forChange && ofService !== undefined && ofService !== named)
    await refuseTwoMeanings(project, named, ofService, signal);
  const repository = project.repository(ofService ?? named);
  return { opened, project, repository, reference: await completeDigest(repository, reference, signal) };
}

/** Completes the beginning of a digest; leaves a digest, a tag and nothing as they are. */
export async function completeDigest<Reference extends string | undefined>(
  repository: HarborRepository,
  reference: Reference,
  signal: AbortSignal | undefined,
): Promise<string | Reference> {
  if (reference === undefined || isDigest(reference) || !reference.includes(':')) return reference;
  return repository.findDigest(reference, { signal });
}

/**
 * The tag or digest of a command that takes it in REPO or as an argument of its own.
 *
 * @throws {ObjDockerError} USAGE for both
 */
export function oneReference(repo: string, inRepo: string | undefined, given: string | undefined): string | undefined {
  if (inRepo === undefined || given === undefined) return given ?? inRepo;
  throw new ObjDockerError('USAGE', `${JSON.stringify(given)} is given, and ${JSON.stringify(repo)} names another`, {
    hint: 'Give only one of them.',
  });
}

/** A name without its tag or digest. */
export function withoutReference(repo: string, reference: string | undefined): string {
  if (reference === undefined) return repo;
  const [name = ''] = repo.split('@');
  const slash = name.lastIndexOf('/');
  const colon = name.indexOf(':', slash + 1);
  return colon < 0 ? name : name.slice(0, colon);
}

/** The repository of a service, without the project; undefined when the package has no such service. */
async function repositoryOfService(scope: TargetScope, name: string): Promise<string | undefined> {
  const found = (await scope.services()).find(({ service }) => service === name)?.repository;
  return found?.slice(found.indexOf('/') + 1);
}

async function refuseTwoMeanings(
  project: HarborProject,
  name: string,
  ofService: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await project.repository(name).get({ signal });
  } catch (error) {
    // Without the permission to look, the service counts, as for a command that changes nothing.
    if (hasErrorCode(error, 'REPOSITORY_NOT_FOUND', 'REGISTRY_FORBIDDEN')) return;
    throw error;
  }
  throw new ObjDockerError(
    'USAGE',
    `"${name}" is a service of the package, whose repository is ${ofService}, and also a repository of ${project.name}`,
    { hint: `Write the full name: ${project.name}/${ofService} or ${project.name}/${name}` },
  );
}
