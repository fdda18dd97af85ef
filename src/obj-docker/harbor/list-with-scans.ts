import { pMapIterable } from 'p-map';
import { BUILD_CACHE_TAG } from '../../config/image-name.ts';
import { isObjDockerError } from '../../errors.ts';
import type { Artifact } from '../../harbor/artifacts/artifacts.ts';
import type { HarborProject, HarborRepository } from '../../harbor/harbor.ts';
import type { Repository } from '../../harbor/repositories.ts';
import { once } from '../../lib/shared-work.ts';
import type { HarborArtifact, HarborRepo } from '../../model/harbor.ts';
import type { CallOptions } from '../../substrate/obj-substrate.ts';
import type { HarborConnection } from './connection.ts';
import { findTarget } from './find-target.ts';
import { createScanReader, type ScanReader } from './scan-summary.ts';

export interface ListArtifactsOptions extends CallOptions {
  /** Called at most once, when the list kept changing and may therefore be incomplete. */
  readonly onIncomplete?: ((reason: string) => void) | undefined;
}

export interface ListReposOptions extends ListArtifactsOptions {
  /**
   * Reads the newest artifact of each repository, too: with a few requests for many repositories from Harbor 2.11 on, else with
   * one each.
   *
   * @default false
   */
  readonly newest?: boolean | undefined;
  /** Reads the newest artifact and what its scan says. @default false */
  readonly scan?: boolean | undefined;
}

/** How many items to read at once. The client limits the requests that are in flight. */
const AT_ONCE = 16;

/** All repositories of the package's project, oldest first, each exactly once. */
export async function* listRepos(
  { open, onWarning }: HarborConnection,
  { newest = false, scan = false, onIncomplete, ...options }: ListReposOptions,
): AsyncGenerator<HarborRepo, void, void> {
  using leaving = createLeaving(options.signal);
  const { signal } = leaving;
  const { project } = await open(signal);
  const list = project.listRepositories({ signal, onIncomplete });
  const reader = scan ? createScanReader(project, signal) : undefined;
  let isWarned = false;
  // A login without access to the artifacts of one repository usually has access to those of none: one warning is enough.
  const warnOnce = (message: string): void => {
    if (!isWarned) onWarning?.(message);
    isWarned = true;
  };
  const newestOfAll = once(() => project.newestArtifacts({ signal }));
  const withNewest = async ({ repository, isOneOfMany }: SizedRepository): Promise<HarborRepo> => {
    const known = isOneOfMany ? (await newestOfAll())?.get(repository.name) : undefined;
    const artifact = known ?? (await newestOf(project, repository, warnOnce, signal));
    return artifact === undefined
      ? repository
      : {
          ...repository,
          newest: await toHarborArtifact(artifact, project.repository(repository.name), reader, signal),
        };
  };
  yield* leaving.endedWith(newest || scan ? pMapIterable(withSize(list), withNewest, { concurrency: AT_ONCE }) : list);
}

interface SizedRepository {
  readonly repository: Repository;
  /** Whether there are more than {@link FEW} repositories. */
  readonly isOneOfMany: boolean;
}

/** Up to so many, a request for each repository is less than finding the newest artifacts of all. */
const FEW = 16;

/** Finds out whether a list is long before it yields the first repository. */
async function* withSize(list: AsyncIterable<Repository>): AsyncGenerator<SizedRepository, void, void> {
  const first: Repository[] = [];
  let isOneOfMany = false;
  for await (const repository of list) {
    if (isOneOfMany) yield { repository, isOneOfMany };
    else if (first.push(repository) > FEW) {
      isOneOfMany = true;
      for (const each of first) yield { repository: each, isOneOfMany };
    }
  }
  if (!isOneOfMany) for (const repository of first) yield { repository, isOneOfMany };
}

/** All artifacts of a repository with the results of their scans; only one when `repo` names a tag or a digest. */
export async function* listArtifacts(
  connection: HarborConnection,
  repo: string,
  { onIncomplete, ...options }: ListArtifactsOptions,
): AsyncGenerator<HarborArtifact, void, void> {
  using leaving = createLeaving(options.signal);
  const { signal } = leaving;
  const { project, repository, reference } = await findTarget(connection, repo, { signal });
  const reader = createScanReader(project, signal);
  const list =
    reference === undefined
      ? repository.listArtifacts({ signal, onIncomplete })
      : [await repository.getArtifact(reference, { signal })];
  const withScan = (artifact: Artifact): Promise<HarborArtifact> =>
    toHarborArtifact(artifact, repository, reader, signal);
  yield* leaving.endedWith(pMapIterable(list, withScan, { concurrency: AT_ONCE }));
}

/** Ends the requests of a list when its caller leaves early. */
interface Leaving extends Disposable {
  readonly signal: AbortSignal;
  /** Yields the items. When the caller leaves, the signal is aborted before `items` is closed, which may wait for requests. */
  endedWith<T>(items: AsyncIterable<T>): AsyncGenerator<T, void, void>;
}

function createLeaving(callerSignal: AbortSignal | undefined): Leaving {
  const controller = new AbortController();
  return {
    signal: callerSignal === undefined ? controller.signal : AbortSignal.any([callerSignal, controller.signal]),
    async *endedWith(items) {
      for await (const item of items) {
        let isTaken = false;
        try {
          yield item;
          isTaken = true;
        } finally {
          if (!isTaken) controller.abort();
        }
      }
    },
    [Symbol.dispose]: () => controller.abort(),
  };
}

/** How many artifacts are read to find an image that is older than a build cache. */
const BEHIND_CACHE = 20;

/** The newest artifact that is no build cache. Undefined also without the permission to read artifacts: a robot may be allowed to list repositories only. */
async function newestOf(
  project: HarborProject,
  { name, artifactCount }: Repository,
  warn: (message: string) => void,
  signal: AbortSignal,
): Promise<Artifact | undefined> {
  if (artifactCount === 0) return undefined;
  try {
    const newest = (count: number) => project.repository(name).newestArtifacts(count, { signal });
    const [first] = await newest(1);
    if (first?.tags.some((tag) => tag.name === BUILD_CACHE_TAG) !== true) return first;
    // Of earlier caches only the type is left: Harbor does not know it.
    return (await newest(BEHIND_CACHE)).find(({ type }) => type !== 'UNKNOWN');
  } catch (error) {
    if (!isObjDockerError(error) || error.code !== 'REGISTRY_FORBIDDEN') throw error;
    warn(error.message);
    return undefined;
  }
}

async function toHarborArtifact(
  { scanOverview, sbomOverview: _, ...artifact }: Artifact,
  repository: HarborRepository,
  reader: ScanReader | undefined,
  signal: AbortSignal,
): Promise<HarborArtifact> {
  const accessories = await repository.readAccessoryTypes(artifact.accessories, { signal });
  const named = { ...artifact, accessories };
  if (reader === undefined) return named;
  return { ...named, scan: await reader({ ...artifact, ...(scanOverview ? { scanOverview } : {}) }, repository) };
}
