import { readTarget } from '../../access/harbor-access.ts';
import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import type { HarborProject, HarborRepository } from '../../harbor/harbor.ts';
import { checkDigest, checkTag } from '../../harbor/refs.ts';
import type { Registry } from '../../registry/registry.ts';
import type { CallOptions } from '../../substrate/obj-substrate.ts';
import type { HarborConnection } from './connection.ts';

/** The result of setting a tag. */
export interface TagChange {
  /** With its project: `axion/services/api`. */
  readonly repository: string;
  readonly tag: string;
  /** The digest that the tag points to now. */
  readonly digest: string;
  /** False when it already pointed there. */
  readonly changed: boolean;
  /** The digest that a moved tag pointed to before; absent for a new tag. */
  readonly previous?: string;
}

/** Where a tag is moved. */
interface MoveTarget {
  readonly project: Pick<HarborProject, 'name'>;
  readonly repository: HarborRepository;
  /** The distribution API of the same Harbor. */
  readonly registry: Registry;
}

/** A tag, and the artifact that it is to point to. */
export interface TagToSet {
  readonly digest: string;
  readonly tag: string;
}

/** Makes a tag of a package's repository point to an artifact: {@link moveTag}. */
export async function setTag(
  { pkg, open }: HarborConnection,
  repo: string,
  { digest, tag }: TagToSet,
  options: CallOptions,
): Promise<TagChange> {
  const target = readTarget(pkg, repo);
  checkDigest(digest);
  checkTag(tag);
  const { project, registry } = await open(options.signal);
  return await moveTag(
    { project, registry, repository: project.repository(target.repository) },
    { digest, tag },
    options,
  );
}

/**
 * Makes a tag point to an artifact of the repository. Each way is the one that disturbs Harbor least: a tag that already
 * points to it is not touched, because every manifest that is put starts a new scan where the project scans what is pushed; a
 * new one is made through Harbor's API; and what that cannot do, move one, is done by putting the manifest's very bytes under
 * it over `/v2`, so that the tag is there all the while (FACTS, captures 901–917). That takes the permission to push, which is
 * all that many a robot has: for those a new tag is made in this way, too.
 *
 * @throws {ObjDockerError} ARTIFACT_NOT_FOUND, TAG_IMMUTABLE, REPOSITORY_NOT_FOUND; PULL_PREVENTED when the manifest is
 * to be put and a policy of the project keeps it from being read
 */
export async function moveTag(
  { project, repository, registry }: MoveTarget,
  wanted: TagToSet,
  options: CallOptions = {},
): Promise<TagChange> {
  const { digest, tag } = wanted;
  const path = `${project.name}/${repository.name}`;
  const change = { repository: path, tag, digest };
  let previous = await holderOf(repository, tag, options);
  if (previous === undefined) {
    const outcome = await make(repository, wanted, options);
    if (outcome === 'made') return { ...change, changed: true };
    if (outcome !== 'forbidden') previous = outcome.holder;
  }
  if (previous === digest) return { ...change, changed: false };
  await putUnder(registry, path, wanted, options);
  return { ...change, changed: true, ...(previous === undefined ? {} : { previous }) };
}

/** The digest that a tag points to; undefined when there is no such tag. */
async function holderOf(repository: HarborRepository, tag: string, options: CallOptions): Promise<string | undefined> {
  try {
    return (await repository.getArtifact(tag, options)).digest;
  } catch (error) {
    if (isObjDockerError(error) && error.code === 'TAG_NOT_FOUND') return undefined;
    throw error;
  }
}

/** Makes a tag through Harbor's API. @returns its holder, which may be the same, when somebody else has made it meanwhile */
async function make(
  repository: HarborRepository,
  { digest, tag }: TagToSet,
  options: CallOptions,
): Promise<'made' | 'forbidden' | { readonly holder: string }> {
  try {
    const { created } = await repository.createTag(digest, tag, options);
    return created ? 'made' : { holder: digest };
  } catch (error) {
    if (!isObjDockerError(error)) throw error;
    if (error.code === 'REGISTRY_FORBIDDEN') return 'forbidden';
    const { digest: holder } = error.details;
    if (error.code !== 'TAG_EXISTS' || typeof holder !== 'string') throw error;
    return { holder };
  }
}

/** Pushes the manifest of an artifact with a tag, which creates or moves the tag. */
async function putUnder(
  registry: Registry,
  repository: string,
  { digest, tag }: TagToSet,
  options: CallOptions,
): Promise<void> {
  const manifest = await registry.getManifest(repository, digest, options);
  if (manifest === undefined) {
    const name = repository.slice(repository.indexOf('/') + 1);
    throw new ObjDockerError(
      'ARTIFACT_NOT_FOUND',
      `the repository ${repository} at ${registry.host} has no artifact ${digest}`,
      { hint: `List its artifacts: objdocker harbor-artifacts ${name}`, details: { reference: digest } },
    );
  }
  await registry.putManifest(repository, tag, manifest, options);
}
