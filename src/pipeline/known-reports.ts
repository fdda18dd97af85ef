import { isObjDockerError } from '../errors.ts';
import type { HarborRepository } from '../harbor/harbor.ts';
import { repositoryOf } from './open-registry.ts';
import type { ReadyContext } from './run-context.ts';

/** Which scan reports images had before they were pushed: none of these is the answer to the push. */
export class KnownReports {
  readonly #context: ReadyContext;
  readonly #known = new Map<string, ReadonlySet<string>>();

  constructor(context: ReadyContext) {
    this.#context = context;
  }

  /** Remembers what the registry has of images now. @param digests by public reference */
  async look(digests: ReadonlyMap<string, string>): Promise<void> {
    const { images, registry, signal } = this.#context;
    const { project } = registry;
    if (project === undefined) return;
    await Promise.all(
      images.map(async ({ reference, repository }) => {
        const digest = digests.get(reference);
        if (digest === undefined) return;
        const reports = await reportsOf(repositoryOf(project, repository), digest, signal);
        this.#known.set(`${reference}@${digest}`, reports);
      }),
    );
  }

  /** Undefined when nobody has looked: there may have been any. */
  of(reference: string, digest: string): ReadonlySet<string> | undefined {
    return this.#known.get(`${reference}@${digest}`);
  }
}

async function reportsOf(repository: HarborRepository, digest: string, signal: AbortSignal): Promise<Set<string>> {
  try {
    const { scanOverview, children } = await repository.getArtifact(digest, { signal });
    if (children !== undefined) {
      const platforms = children.filter(({ platform }) => platform !== undefined);
      const reports = await Promise.all(platforms.map((child) => reportsOf(repository, child.digest, signal)));
      return new Set(reports.flatMap((ids) => [...ids]));
    }
    // A scan that runs just now is as good as one that the push starts.
    const isOver = scanOverview !== undefined && ['Success', 'Error', 'Stopped'].includes(scanOverview.status);
    return new Set(isOver && scanOverview.reportId !== undefined ? [scanOverview.reportId] : []);
  } catch (error) {
    if (isObjDockerError(error) && MISSING.has(error.code)) return new Set();
    throw error;
  }
}

const MISSING: ReadonlySet<string> = new Set(['ARTIFACT_NOT_FOUND', 'REPOSITORY_NOT_FOUND', 'TAG_NOT_FOUND']);
