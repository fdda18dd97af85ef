import { isObjDockerError } from '../../errors.ts';
import type { HarborRepository } from '../../harbor/harbor.ts';
import type { ReadyContext, RunImage } from './context.ts';
import { repositoryOf } from './open-registry.ts';

/** As much of a run as looking takes. */
interface LookContext extends Pick<ReadyContext, 'signal'> {
  readonly images: readonly Pick<RunImage, 'reference' | 'repository'>[];
  readonly registry: Pick<ReadyContext['registry'], 'project'>;
}

/** Which scan reports images had before they were pushed: none of these is the answer to the push. */
export class KnownReports {
  readonly #context: LookContext;
  readonly #known = new Map<string, ReadonlySet<string>>();

  constructor(context: LookContext) {
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
        const key = `${reference}@${digest}`;
        if (reports === undefined) this.#known.delete(key);
        else this.#known.set(key, reports);
      }),
    );
  }

  /** Undefined when nobody could look: there may have been any. */
  of(reference: string, digest: string): ReadonlySet<string> | undefined {
    return this.#known.get(`${reference}@${digest}`);
  }
}

/** Undefined where Harbor shows none of an image that it has: it hides them while it does not reach the scanner. */
async function reportsOf(
  repository: HarborRepository,
  digest: string,
  signal: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  try {
    const { scanOverview, children } = await repository.getArtifact(digest, { signal });
    if (children !== undefined) {
      const platforms = children.filter(({ platform }) => platform !== undefined);
      const reports = await Promise.all(platforms.map((child) => reportsOf(repository, child.digest, signal)));
      const told = reports.filter((ids) => ids !== undefined);
      return told.length < reports.length ? undefined : new Set(told.flatMap((ids) => [...ids]));
    }
    if (scanOverview === undefined) return undefined;
    const { status, reportId } = scanOverview;
    // A scan that runs just now is as good as one that the push starts.
    if (!['Success', 'Error', 'Stopped'].includes(status)) return new Set();
    return reportId === undefined ? undefined : new Set([reportId]);
  } catch (error) {
    if (isObjDockerError(error) && MISSING.has(error.code)) return new Set();
    throw error;
  }
}

const MISSING: ReadonlySet<string> = new Set(['ARTIFACT_NOT_FOUND', 'REPOSITORY_NOT_FOUND', 'TAG_NOT_FOUND']);
