import { pMapIterable } from 'p-map';
import {
  type HarborAccess,
  type HarborCallOptions,
  openPackageHarbor,
  openPackageTarget,
  readTarget,
} from '../../access/harbor-access.ts';
import type { Package } from '../../config/package.ts';
import { isObjDockerError } from '../../errors.ts';
import type { Artifact } from '../../harbor/artifacts/artifacts.ts';
import type { HarborProject, HarborRepository } from '../../harbor/harbor.ts';
import type { Repository } from '../../harbor/repositories.ts';
import { createScanReader, type ScanReader, type ScanSummary } from './scan-summary.ts';

export interface HarborListOptions extends HarborCallOptions {
  /** Told at most once, when the list kept changing so that it is open whether all of it was seen. */
  readonly onIncomplete?: ((reason: string) => void) | undefined;
}

export interface ListReposOptions extends HarborListOptions {
  /** Reads the newest artifact of each repository, too: a request each. @default false */
  readonly newest?: boolean | undefined;
  /** Reads the newest artifact and what its scan says. @default false */
  readonly scan?: boolean | undefined;
}

/** A repository of a package's Harbor project. */
export interface HarborRepo extends Repository {
  /** When asked for, and when there is one that we may see. */
  readonly newest?: HarborArtifact;
}

/** An artifact, and what its scan says when that was asked for. */
export interface HarborArtifact extends Omit<Artifact, 'scanOverview'> {
  readonly scan?: ScanSummary;
}

/** Harbor gets no more than 8 requests at once, however many repositories wait for theirs. */
const AT_ONCE = 16;

/** All repositories of the package's project, oldest first, each exactly once. */
export async function* listRepos(
  pkg: Package,
  { newest = false, scan = false, onIncomplete, ...options }: ListReposOptions,
  access: HarborAccess,
): AsyncGenerator<HarborRepo, void, void> {
  using leaving = createLeaving(options.signal);
  const { signal } = leaving;
  await using opened = await openPackageHarbor(pkg, { ...access, ...options, signal });
  const { project } = opened;
  const list = project.listRepositories({ signal, onIncomplete });
  const reader = scan ? createScanReader(project, signal) : undefined;
  let isWarned = false;
  // Who may not see the artifacts of one repository may see those of none, mostly: a line for each would say no more.
  const warnOnce = (message: string): void => {
    if (!isWarned) options.onWarning?.(message);
    isWarned = true;
  };
  const withNewest = async (repository: Repository): Promise<HarborRepo> => {
    const artifact = await newestOf(project, repository, warnOnce, signal);
    return artifact === undefined
      ? repository
      : { ...repository, newest: await toHarborArtifact(artifact, project.repository(repository.name), reader) };
  };
  yield* leaving.endedWith(newest || scan ? pMapIterable(list, withNewest, { concurrency: AT_ONCE }) : list);
}

/**
 * All artifacts of a repository with what their scans say, oldest first, each exactly once; the one artifact when `repo` names a
 * tag or a digest.
 */
export async function* listArtifactsOf(
  pkg: Package,
  repo: string,
  { onIncomplete, ...options }: HarborListOptions,
  access: HarborAccess,
): AsyncGenerator<HarborArtifact, void, void> {
  using leaving = createLeaving(options.signal);
  const { signal } = leaving;
  await using opened = await openPackageTarget(pkg, repo, undefined, { ...access, ...options, signal });
  const { project, repository } = opened;
  const reader = createScanReader(project, signal);
  const { reference } = readTarget(pkg, repo);
  const list =
    reference === undefined
      ? repository.listArtifacts({ signal, onIncomplete })
      : [await repository.getArtifact(reference, { signal })];
  const withScan = (artifact: Artifact): Promise<HarborArtifact> => toHarborArtifact(artifact, repository, reader);
  yield* leaving.endedWith(pMapIterable(list, withScan, { concurrency: AT_ONCE }));
}

/** What ends the requests of a list when its caller leaves early. */
interface Leaving extends Disposable {
  readonly signal: AbortSignal;
  /** The same items; a caller that leaves aborts the signal before the items' own end is waited for. */
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

/** Undefined also for those whose artifacts we may not see: a robot may be allowed to list repositories only. */
async function newestOf(
  project: HarborProject,
  { name, artifactCount }: Repository,
  warn: (message: string) => void,
  signal: AbortSignal,
): Promise<Artifact | undefined> {
  if (artifactCount === 0) return undefined;
  try {
    return await project.repository(name).newestArtifact({ signal });
  } catch (error) {
    if (!isObjDockerError(error) || error.code !== 'REGISTRY_FORBIDDEN') throw error;
    warn(error.message);
    return undefined;
  }
}

async function toHarborArtifact(
  { scanOverview, ...artifact }: Artifact,
  repository: HarborRepository,
  reader: ScanReader | undefined,
): Promise<HarborArtifact> {
  if (reader === undefined) return artifact;
  return { ...artifact, scan: await reader({ ...artifact, ...(scanOverview ? { scanOverview } : {}) }, repository) };
}
