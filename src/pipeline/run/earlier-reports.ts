import { hasErrorCode } from '../../errors.ts';
import type { HarborRepository } from '../../harbor/harbor.ts';
import type { ReadyContext, RunImage } from './context.ts';
import { repositoryOf } from './open-registry.ts';

interface EarlierReportsContext extends Pick<ReadyContext, 'signal'> {
  readonly images: readonly Pick<RunImage, 'reference' | 'repository'>[];
  readonly registry: Pick<ReadyContext['registry'], 'project'>;
}

/** The ids of the scan reports that images had before the push: a scan with one of these ids is not the scan of this push. */
export class EarlierReports {
  readonly #context: EarlierReportsContext;
  readonly #reports = new Map<string, ReadonlySet<string>>();

  constructor(context: EarlierReportsContext) {
    this.#context = context;
  }

  /** Reads the reports that the registry has now. @param digests by public reference */
  async read(digests: ReadonlyMap<string, string>): Promise<void> {
    const { images, registry, signal } = this.#context;
    const { project } = registry;
    if (project === undefined) return;
    await Promise.all(
      images.map(async ({ reference, repository }) => {
        const digest = digests.get(reference);
        if (digest === undefined) return;
        const reports = await reportsOf(repositoryOf(project, repository), digest, signal);
        const key = `${reference}@${digest}`;
        if (reports === undefined) this.#reports.delete(key);
        else this.#reports.set(key, reports);
      }),
    );
  }

  /** Undefined when they are not known: there may have been any. */
  of(reference: string, digest: string): ReadonlySet<string> | undefined {
    return this.#reports.get(`${reference}@${digest}`);
  }
}

/** Undefined when Harbor lists no report of an image that it has: it hides them while the scanner is unreachable. */
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
      const known = reports.filter((ids) => ids !== undefined);
      return known.length < reports.length ? undefined : new Set(known.flatMap((ids) => [...ids]));
    }
    if (scanOverview === undefined) return undefined;
    const { status, reportId } = scanOverview;
    // A scan that is running now is as good as one that the push starts.
    if (!['Success', 'Error', 'Stopped'].includes(status)) return new Set();
    return reportId === undefined ? undefined : new Set([reportId]);
  } catch (error) {
    if (hasErrorCode(error, 'ARTIFACT_NOT_FOUND', 'REPOSITORY_NOT_FOUND', 'TAG_NOT_FOUND')) return new Set();
    throw error;
  }
}
