import { isObjDockerError } from '../../errors.ts';
import type { Artifact } from '../../harbor/artifacts/artifacts.ts';
import type { HarborProject, HarborRepository } from '../../harbor/harbor.ts';
import { IMAGE_TYPE } from '../../harbor/scan/images.ts';
import { summarize, worstState } from '../../harbor/scan/state.ts';
import { once } from '../../lib/shared-work.ts';
import { FINDING_SEVERITIES } from '../../model/enums.ts';
import type { ScanSummary } from '../../model/harbor.ts';
import { noCounts } from '../../model/severity-counts.ts';

/** Summarizes the scan of an artifact. */
export type ScanReader = (artifact: Artifact, repository: HarborRepository) => Promise<ScanSummary>;

/**
 * Makes a {@link ScanReader}. It reads every platform of an index: the overview of the index is Success when a single platform
 * was scanned (measured). When an overview is missing, it checks once whether the scanner is down: Harbor hides all overviews
 * then.
 */
export function createScanReader(project: HarborProject, signal: AbortSignal): ScanReader {
  const isScannerDown = once(async () => (await project.scannerProblem({ signal })) !== undefined);

  const summarizeImage = async ({ scanOverview, type }: Artifact): Promise<ScanSummary> => {
    const summary = summarize(scanOverview);
    if (type !== IMAGE_TYPE) return { ...summary, state: 'unsupported' };
    const state = summary.state === 'not-scanned' && (await isScannerDown()) ? 'scanner-down' : summary.state;
    return { ...summary, state, ...(scanOverview?.finished ? { finished: scanOverview.finished } : {}) };
  };

  const read: ScanReader = async (artifact, repository) => {
    const { children } = artifact;
    if (children === undefined) return summarizeImage(artifact);
    const named = children.filter(({ platform }) => platform !== undefined);
    // When the index names no platforms, its images name theirs. An attestation has none.
    const isUnnamed = named.length === 0;
    const found = await Promise.all(
      (isUnnamed ? children : named).map(({ digest }) => findImage(repository, digest, signal)),
    );
    const images = found.filter((child) => child !== undefined);
    const scannable = images.filter(
      (child) => !isUnnamed || child.platform !== undefined || child.children !== undefined,
    );
    return combine(await Promise.all(scannable.map((child) => read(child, repository))));
  };
  return read;
}

function combine(summaries: readonly ScanSummary[]): ScanSummary {
  const counts = noCounts();
  for (const summary of summaries) {
    for (const severity of FINDING_SEVERITIES) counts[severity] += summary.counts[severity];
  }
  const finished = summaries
    .flatMap((summary) => summary.finished ?? [])
    .sort()
    .at(-1);
  return {
    state: worstState(summaries.map(({ state }) => state)),
    counts,
    fixable: summaries.reduce((sum, { fixable }) => sum + fixable, 0),
    ...(finished === undefined ? {} : { finished }),
  };
}

/** Undefined for an artifact that was deleted meanwhile. */
async function findImage(
  repository: HarborRepository,
  digest: string,
  signal: AbortSignal,
): Promise<Artifact | undefined> {
  try {
    return await repository.getArtifact(digest, { signal });
  } catch (error) {
    if (isObjDockerError(error) && error.code === 'ARTIFACT_NOT_FOUND') return undefined;
    throw error;
  }
}
