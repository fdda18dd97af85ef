import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import type { HarborProject, HarborRepository } from '../../harbor/harbor.ts';
import { checkDigest, checkTag } from '../../harbor/refs.ts';
import { parseDigestPrefix } from '../../image-ref.ts';
import type { Registry } from '../../registry/registry.ts';
import type { CallOptions } from '../../substrate/obj-substrate.ts';
import type { HarborConnection } from './connection.ts';
import { completeDigest, findTarget } from './find-target.ts';

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

/** A tag and the artifact to which it shall point. */
export interface TagToSet {
  readonly digest: string;
  readonly tag: string;
}

/** Makes a tag of a package's repository point to an artifact: {@link moveTag}. */
export async function setTag(
  connection: HarborConnection,
  repo: string,
  { digest, tag }: TagToSet,
  options: CallOptions,
): Promise<TagChange> {
  const prefix = parseDigestPrefix(digest);
  if (prefix === undefined) checkDigest(digest);
  checkTag(tag);
  const { project, opened, repository } = await findTarget(connection, repo, { ...options, forChange: true });
  const whole = await completeDigest(repository, prefix ?? digest, options.signal);
  return await moveTag({ project, registry: opened.registry, repository }, { digest: whole, tag }, options);
}

/**
 * Makes a tag point to an artifact of the repository, in the way that changes least in Harbor (captures 901–917):
 *
 * - A tag that already points to the artifact is not touched: with auto_scan, pushing its manifest again starts a scan.
 * - A new tag is created through Harbor's API, or by pushing the manifest where a robot may push and not create tags.
 * - A tag is moved by pushing the unchanged manifest over `/v2`. Harbor's API cannot move a tag, and this way it always exists.
 *
 * @throws {ObjDockerError} ARTIFACT_NOT_FOUND, TAG_IMMUTABLE, REPOSITORY_NOT_FOUND; PULL_PREVENTED when the manifest must be
 * pushed and a policy of the project prevents reading it
 */
export async function moveTag(
  { project, repository, registry }: MoveTarget,
  wanted: TagToSet,
  options: CallOptions = {},
): Promise<TagChange> {
  const { digest, tag } = wanted;
  const path = `${project.name}/${repository.name}`;
  const change = { repository: path, tag, digest };
  let previous = await digestOf(repository, tag, options);
  if (previous === undefined) {
    const outcome = await create(repository, wanted, options);
    if (outcome === 'created') return { ...change, changed: true };
    if (outcome !== 'forbidden') previous = outcome.digest;
  }
  if (previous === digest) return { ...change, changed: false };
  await pushWithTag(registry, path, wanted, options);
  return { ...change, changed: true, ...(previous === undefined ? {} : { previous }) };
}

/** The digest that a tag points to; undefined when there is no such tag. */
async function digestOf(repository: HarborRepository, tag: string, options: CallOptions): Promise<string | undefined> {
  try {
    return (await repository.getArtifact(tag, options)).digest;
  } catch (error) {
    if (isObjDockerError(error) && error.code === 'TAG_NOT_FOUND') return undefined;
    throw error;
  }
}

/** Creates a tag through Harbor's API. @returns what the tag points to when somebody else has created it in the meantime */
async function create(
  repository: HarborRepository,
  { digest, tag }: TagToSet,
  options: CallOptions,
): Promise<'created' | 'forbidden' | { readonly digest: string }> {
  try {
    const { created } = await repository.createTag(digest, tag, options);
    return created ? 'created' : { digest };
  } catch (error) {
    if (!isObjDockerError(error)) throw error;
    if (error.code === 'REGISTRY_FORBIDDEN') return 'forbidden';
    const { digest: current } = error.details;
    if (error.code !== 'TAG_EXISTS' || typeof current !== 'string') throw error;
    return { digest: current };
  }
}

/** Pushes the manifest of an artifact with a tag, which creates or moves the tag. */
async function pushWithTag(
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
